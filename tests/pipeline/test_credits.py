"""Licence and sources of weights in the meta of a pipeline."""

from pathlib import Path

import pytest
import spacy
from spacy.cli.package import generate_readme
from spacy.language import Language

from spacy_elmo.formats import allennlp, model_directory
from spacy_elmo.pipeline.credits import Credits
from tests.support.random_models import TINY, random_model

FACTS = {
    "name": "xx_tiny",
    "version": "1.0",
    "author": "us",
    "license": "CC BY 4.0",
    "training_data": [{"name": "A corpus", "url": "https://a.org", "size": 3}, "Another", {"size": 1}, 5],
}
SOURCES = [
    {"name": "xx_tiny 1.0", "author": "us", "license": "CC BY 4.0"},
    {"name": "A corpus", "url": "https://a.org"},
    {"name": "Another"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model_directory.write(tmp_path / "model", random_model(TINY), FACTS)
    return tmp_path / "model"


def make(pretrained: Path | str, **meta: str) -> Language:
    nlp = spacy.blank("en", meta=meta)
    nlp.add_pipe("elmo", config={"pretrained": str(pretrained)})
    return nlp


def test_a_pipeline_that_is_saved_at_once_has_them(folder: Path, tmp_path: Path):
    make(folder).to_disk(tmp_path / "pipeline")
    meta = spacy.load(tmp_path / "pipeline").meta
    assert (meta["license"], meta["sources"]) == ("CC BY 4.0", SOURCES)


def test_what_a_user_said_stays(folder: Path):
    nlp = make(folder, license="MIT")
    nlp("a")
    assert (nlp.meta["license"], nlp.meta["sources"]) == ("MIT", SOURCES)


def test_other_weights_bring_their_own(folder: Path, tmp_path: Path):
    nlp = make("en_elmo_sm")
    assert nlp.meta["license"] == "CC BY-SA 4.0"
    nlp.get_pipe("elmo").initialize(lambda: [], pretrained=str(folder))
    assert (nlp.meta["license"], nlp.meta["sources"]) == ("CC BY 4.0", SOURCES)


def test_weights_that_say_nothing_take_what_others_said(tmp_path: Path):
    allennlp.write(tmp_path / "published", random_model(TINY), {})
    nlp = make("en_elmo_sm")
    nlp.get_pipe("elmo").initialize(lambda: [], pretrained=str(tmp_path / "published"))
    assert (nlp.meta["license"], nlp.meta["sources"]) == ("", [])


def test_weights_that_are_not_there_are_no_matter_yet(tmp_path: Path):
    assert not make(tmp_path / "nowhere").meta.get("sources")


def test_a_package_shows_them(folder: Path):
    readme = generate_readme(make(folder).meta)
    assert "[A corpus](https://a.org)" in readme
    assert "`CC BY 4.0`" in readme


def test_a_pipeline_that_is_gone_is_no_error():
    credits = Credits(spacy.blank("en"))
    credits.update(FACTS)
