import json
from pathlib import Path

from typer.testing import CliRunner, Result

from spacy_elmo.cli import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["package", *map(str, arguments)])


def test_a_wheel_is_written_and_what_is_missing_is_said(tiny_model: Path, tmp_path: Path):
    (tmp_path / "facts.json").write_text(json.dumps({"lang": "de", "license": "MIT"}))
    result = run(tiny_model, tmp_path / "wheels", "--name", "elmo_sm", "--meta", tmp_path / "facts.json")
    assert result.exit_code == 0, result.output
    output = " ".join(result.output.split())
    assert "the model's facts lack" in output
    assert "the model is 'de_elmo_sm'" in output
    assert [file.name for file in (tmp_path / "wheels").iterdir()] == ["de_elmo_sm-1.0-py3-none-any.whl"]


def test_an_error_is_one_message(tmp_path: Path):
    result = run(tmp_path / "nowhere", tmp_path / "wheels")
    assert result.exit_code == 1
    assert "no such file or directory" in " ".join(result.output.split())
    assert list(tmp_path.iterdir()) == []
