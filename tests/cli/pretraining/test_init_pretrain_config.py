from pathlib import Path

import pytest
from thinc.api import Config
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app
from spacy_elmo.pretraining.config import SIZES, read_config


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["init-pretrain-config", *map(str, arguments)])


@pytest.mark.parametrize("size", SIZES)
def test_a_config_has_the_dimensions_of_its_size(size: str, tmp_path: Path):
    result = run(tmp_path / "c.cfg", "--size", size, "--words", 1_000_000, "--lang", "de")
    assert result.exit_code == 0, result.output
    config = read_config(tmp_path / "c.cfg", {})
    assert config["model"]["hidden_size"] == SIZES[size].hidden_size
    assert config["nlp"]["lang"] == "de"


def test_more_text_takes_more_steps(tmp_path: Path):
    run(tmp_path / "less.cfg", "--words", 1_000_000)
    run(tmp_path / "more.cfg", "--words", 10_000_000)
    less, more = (read_config(tmp_path / f"{name}.cfg", {})["training"]["max_steps"] for name in ("less", "more"))
    assert more == pytest.approx(10 * less, abs=10)


def test_a_config_in_its_place_is_kept(tmp_path: Path):
    (tmp_path / "c.cfg").write_text("mine", encoding="utf8")
    assert run(tmp_path / "c.cfg").exit_code == 0
    assert (tmp_path / "c.cfg.bak").read_text(encoding="utf8") == "mine"


def test_it_can_be_printed():
    assert "[training.optimizer]" in run("-").output


def test_an_unknown_size_is_refused(tmp_path: Path):
    result = run(tmp_path / "c.cfg", "--size", "huge")
    assert result.exit_code == 1
    assert "tiny, small, medium, original" in result.output
    assert not (tmp_path / "c.cfg").exists()


@pytest.mark.parametrize("lang", ["zz", "", "e\nn", "english"])
def test_an_unknown_language_is_refused(tmp_path: Path, lang: str):
    result = run(tmp_path / "c.cfg", "--lang", lang)
    assert result.exit_code == 1
    assert "spaCy cannot make its tokenizer" in " ".join(result.output.split())
    assert list(tmp_path.iterdir()) == []


HOURS = ("--hours", 0.5, "--size", "small", "--tokens-per-second", 2500)


def test_hours_decide_on_the_schedule_and_it_is_said_why(tmp_path: Path):
    result = run(tmp_path / "c.cfg", *HOURS, "--words", 14_000_000, "--lang", "fr", "--threads", 1)
    assert result.exit_code == 0, result.output
    config = read_config(tmp_path / "c.cfg", {})
    assert config["system"]["threads"] == 1
    assert 3000 < config["training"]["max_steps"] < 3400
    output = " ".join(result.output.split())
    assert "speed: 2,500 tokens a second of training" in output
    assert "--paths.train text" in output


def test_the_config_names_the_text_that_was_given(tmp_path: Path):
    (tmp_path / "text.txt").write_text("Some words of text. " * 200, encoding="utf8")
    result = run("-", *HOURS, "--text", tmp_path / "text.txt")
    assert result.exit_code == 0, result.output
    assert Config().from_str(result.stdout)["paths"]["train"] == str(tmp_path / "text.txt")
    assert "text: about 1,000 words" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--hours", 0, "--words", 1000), "hours = 0.0: must be a number above 0"),
        (("--hours", 1), "the plan needs the amount of text"),
        (("--hours", 1, "--words", 1000, "--epochs", 3), "--epochs: the hours decide"),
        (("--text", "a.txt"), "--text: is for --hours"),
        (("--tokens-per-second", 1000), "--tokens-per-second: is for --hours"),
    ],
)
def test_options_that_do_not_go_together_are_named(arguments: tuple, message: str, tmp_path: Path):
    result = run(tmp_path / "c.cfg", *arguments)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert list(tmp_path.iterdir()) == []
