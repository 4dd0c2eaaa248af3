from pathlib import Path

import pytest
import spacy
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["static", *map(str, arguments)])


def words(result: Result) -> str:
    """Return what was printed, on one line: the terminal's width breaks it anywhere."""
    return "".join(result.output.split())


@pytest.fixture
def text(tmp_path: Path) -> Path:
    lines = (f'{{"body": "The bank raised rate {i}. We sat on the bank."}}\n' for i in range(9))
    (tmp_path / "a.jsonl").write_text("".join(lines), encoding="utf8")
    return tmp_path / "a.jsonl"


def test_a_corpus_becomes_vectors_for_spacy(text: Path, tmp_path: Path, tiny_model: Path):
    options = ("--key", "body", "--words", 4, "--lower", "--min-count", 2, "--prune", 3, "--name", "mine")
    result = run(text, tmp_path / "out", "--model", tiny_model, *options)
    assert result.exit_code == 0, result.output
    assert "4words,8dimensions,meansof63uses" in words(result)
    nlp = spacy.load(tmp_path / "out")
    assert nlp.vocab.vectors.shape == (3, 8)
    assert nlp.vocab.vectors.name == "mine"
    assert nlp.vocab.has_vector("The")


def test_what_exists_is_left_and_told(text: Path, tmp_path: Path, tiny_model: Path):
    (tmp_path / "out.txt").write_text("mine", encoding="utf8")
    result = run(text, tmp_path / "out.txt", "--model", tiny_model, "--key", "body")
    assert result.exit_code == 1
    assert "exists;chooseanothername" in words(result)
    assert (tmp_path / "out.txt").read_text(encoding="utf8") == "mine"


def test_a_format_that_is_none_is_told(text: Path, tmp_path: Path, tiny_model: Path):
    result = run(text, tmp_path / "out", "--format", "glove", "--model", tiny_model)
    assert result.exit_code == 1
    assert "format='glove':mustbeoneof'spacy','word2vec','safetensors'" in words(result)
