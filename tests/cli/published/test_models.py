import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from spacy_elmo.cli import app
from spacy_elmo.models.catalogue import read_catalogue


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPACY_ELMO_CACHE", str(tmp_path))
    return tmp_path


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["models", *arguments])
    assert result.exit_code == status, result.output
    return result.output


def names(output: str) -> list[str]:
    return [line.split()[0] for line in output.splitlines() if line and line.split()[0] in read_catalogue()]


def test_all_models_are_listed():
    output = run()
    assert names(output) == list(read_catalogue())
    assert "Installed: en_elmo_sm" in output


def test_models_of_a_language_are_listed():
    found = names(run("--lang", "pt"))
    assert found == ["pt_allennlp_wiki", "pt_allennlp_brwac", "pt_manylangs", "pt_crosslingual"]


def test_a_language_without_models_is_refused():
    assert "no published model; there are models of ar, bg" in run("--lang", "xx", status=1)


def test_what_is_downloaded_is_marked(cache: Path):
    (cache / "pt_allennlp_wiki").mkdir()
    marked = {line.split()[0] for line in run("--lang", "pt").splitlines() if line.rstrip().endswith(" yes")}
    assert marked == {"pt_allennlp_wiki"}


def test_json_has_the_addresses(cache: Path):
    (cache / "eu_schweter").mkdir()
    first, second = json.loads(run("--lang", "eu", "--json"))
    assert first["files"][0] == {
        "name": "options.json",
        "urls": ["https://schweter.eu/cloud/eu-elmo/options.json"],
        "checksum": None,
    }
    assert (first["name"], first["downloaded"]) == ("eu_schweter", True)
    assert (second["name"], second["downloaded"]) == ("eu_manylangs", False)
