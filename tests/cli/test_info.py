import json
from pathlib import Path

import pytest
from spacy.language import Language
from typer.testing import CliRunner

from spacy_elmo.cli import app
from tests.support.reference import make_options, random_weights, write_files


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["info", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_bundled_model_is_described_by_its_name():
    output = run("en_elmo_sm")
    for expected in ("en_elmo_sm", "CC BY-SA 4.0", "Wikipedia contributors, CC BY-SA 3.0", "float16", "3 layers of"):
        assert expected in output


def test_json_has_what_the_files_say(tiny_model: Path):
    facts = json.loads(run(tiny_model, "--json"))
    expected = {"name": "tiny", "lang": "en", "width": 8, "dtype": "float32", "vocabulary": None}
    assert {key: facts[key] for key in expected} == expected
    assert facts["config"]["hidden_size"] == 8
    assert facts["bytes"] == sum(file.stat().st_size for file in tiny_model.iterdir())


def test_parameters_are_counted(tmp_path: Path):
    options = make_options()
    weights = random_weights(options)
    facts = json.loads(run(write_files(tmp_path, weights, options), "--json"))
    assert facts["parameters"] == sum(values.size for values in weights.values())


def test_published_weights_are_described(tmp_path: Path):
    options = make_options(layers=3)
    path = write_files(tmp_path, random_weights(options), options)
    output = run(path)
    assert "4 layers of 12" in output
    assert "not stated" in output


def test_the_folder_of_a_saved_pipeline_is_described(nlp: Language, tmp_path: Path):
    nlp.to_disk(tmp_path)
    assert json.loads(run(tmp_path / "elmo", "--json"))["name"] == "tiny"


@pytest.mark.parametrize("data", ["1B Word Benchmark", ["1B Word Benchmark", {"name": None}]], ids=["text", "list"])
def test_facts_of_any_shape_are_printed(data: object, tiny_model: Path, tmp_path: Path):
    for file in tiny_model.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    facts = {"perplexity": 39.7, "license": 1, "training_data": data}
    (tmp_path / "meta.json").write_text(json.dumps(facts), encoding="utf8")
    output = run(tmp_path)
    assert "39.7" in output
    assert "1B Word Benchmark" in output


@pytest.mark.parametrize("given", ["en_elmo_xl", "./nothing_here"])
def test_what_is_not_there_fails_in_one_message(given: str):
    result = CliRunner().invoke(app, ["info", given])
    assert result.exit_code == 1
    assert Path(given).name in result.output
    assert isinstance(result.exception, SystemExit)


def _copy(model: Path, folder: Path, **facts: object) -> Path:
    for file in model.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "meta.json").write_text(json.dumps(facts), encoding="utf8")
    return folder


def test_facts_have_nothing_that_a_terminal_obeys(tiny_model: Path, tmp_path: Path):
    evil = "\x1b[2J\x9b\x7f"
    _copy(tiny_model, tmp_path, name=evil, license=evil, perplexity={evil: evil}, training_data=[{evil: evil}, evil])
    for arguments in ([], ["--json"]):
        output = run(tmp_path, *arguments)
        assert not set("\x9b\x7f") & set(output)
        assert "[2J" in output
        assert "\x1b[2J" not in output
    assert json.loads(run(tmp_path, "--json"))["name"] == evil


def test_checking_says_whether_all_files_are_as_they_were_written(tiny_model: Path, tmp_path: Path):
    assert "All files are as they were written" in run(tiny_model, "--check")
    _copy(tiny_model, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    del config["files"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    result = CliRunner().invoke(app, ["info", str(tmp_path), "--check"])
    assert result.exit_code == 1
    assert "has no digests of its files to check" in " ".join(result.output.split())


def test_a_card_is_written_and_one_that_was_there_is_kept(tiny_model: Path, tmp_path: Path):
    card = tmp_path / "README.md"
    card.write_text("mine")
    run(tiny_model, "--card", card)
    assert card.read_text(encoding="utf8").startswith("---\n")
    assert (tmp_path / "README.md.bak").read_text() == "mine"
