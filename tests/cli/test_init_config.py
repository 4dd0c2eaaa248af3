import warnings
from pathlib import Path
from typing import Any

import pytest
from thinc.api import Config
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app
from spacy_elmo.pipeline.recipes import make_config


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["init-config", *map(str, arguments)])


def make(path: Path, *arguments: object) -> Config:
    result = run(path, *arguments)
    assert result.exit_code == 0, result.output
    return Config().from_disk(path, interpolate=False)


def test_it_writes_what_the_library_makes_by_default(tmp_path: Path):
    expected = make_config(lang="en", pipeline=["tagger", "parser", "ner"], pretrained="en_elmo_sm")
    assert make(tmp_path / "c.cfg").to_str() == expected.to_str()


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (["--lang", "xx"], {"lang": "xx"}),
        (["--recipe", "paper"], {"recipe": "paper"}),
        (["--keep-vectors"], {"keep_vectors": True}),
        (["--baseline"], {"baseline": True}),
    ],
    ids=str,
)
def test_each_option_reaches_the_library(
    options: list[str], settings: dict[str, Any], tiny_model: Path, tmp_path: Path
):
    config = make(tmp_path / "c.cfg", "-p", "tagger, textcat", "--pretrained", tiny_model, *options)
    given = {"lang": "en", "pipeline": ["tagger", "textcat"], "pretrained": str(tiny_model), **settings}
    assert config.to_str() == make_config(**given).to_str()


def test_a_dash_prints_the_config_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = run("-", "-p", "ner")
    assert Config().from_str(result.output, interpolate=False)["nlp"]["pipeline"] == ["elmo", "ner", "doc_cleaner"]
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_kept_once_and_replaced_by_force(tmp_path: Path):
    path, kept = tmp_path / "c.cfg", tmp_path / "c.cfg.bak"
    path.write_text("mine", encoding="utf8")
    make(path, "-p", "tagger")
    assert kept.read_text(encoding="utf8") == "mine"
    written = path.read_bytes()
    result = run(path, "-p", "ner")
    assert result.exit_code == 1
    assert "--force" in result.output
    assert path.read_bytes() == written
    make(path, "-p", "ner", "--force")
    assert kept.read_bytes() == written


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--pipeline", "tagger,tok2vec"], ["'tok2vec'", "trainable_lemmatizer"]),
        (["--pipeline", ","], ["no component", "trainable_lemmatizer"]),
        (["--pipeline", "ner,ner"], ["twice", "ner"]),
        (["--recipe", "papers"], ["'papers'", "listener, paper"]),
        (["--pretrained", "en_elmo_xl"], ["en_elmo_xl"]),
        (["--pretrained", __file__], ["test_init_config.py", "neither a model directory nor HDF5 weights"]),
        (["--lang", "qq"], ["qq"]),
    ],
)
def test_a_mistake_is_one_message_and_no_file(arguments: list[str], expected: list[str], tmp_path: Path):
    result = run(tmp_path / "c.cfg", *arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert all(part in " ".join(result.output.split()) for part in expected)
    assert list(tmp_path.iterdir()) == []


def test_weights_of_another_language_are_said_in_the_terminal(tmp_path: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        result = run(tmp_path / "c.cfg", "--lang", "de", "--pipeline", "tagger")
    assert result.exit_code == 0
    assert "for language 'en', the pipeline is for 'de'" in " ".join(result.output.split())
