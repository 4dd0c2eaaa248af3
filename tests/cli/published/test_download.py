from pathlib import Path

import pytest
from typer.testing import CliRunner

from spacy_elmo.cli import app
from spacy_elmo.models import download as module
from spacy_elmo.models import fetch
from spacy_elmo.models.catalogue import find_published


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["download", *arguments])
    assert result.exit_code == status, result.output
    return " ".join(result.output.split())


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPACY_ELMO_CACHE", str(tmp_path))
    return tmp_path


def test_it_says_where_the_model_is(cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "download", lambda name: find_published(name).path)
    assert "en_allennlp_small is downloaded:" in run("en_allennlp_small")
    (cache / "en_allennlp_small").mkdir()
    assert "en_allennlp_small was there already, and its files are those" in run("en_allennlp_small")


def test_an_unknown_name_is_one_message():
    assert "no published model is named 'nonsense'; `python -m spacy elmo models`" in run("nonsense", status=1)


def test_a_network_that_fails_is_one_message(cache: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*args: object, **kwargs: object) -> None:
        raise fetch.requests.ConnectionError

    monkeypatch.setattr(fetch, "PAUSE", 0.0)
    monkeypatch.setattr(fetch.requests, "get", refuse)
    assert "eu-elmo/options.json: no connection to the server; is there a network?" in run("eu_schweter", status=1)
    assert not (cache / "eu_schweter").exists()
