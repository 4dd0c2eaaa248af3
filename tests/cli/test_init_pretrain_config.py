from pathlib import Path

import pytest
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
