import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app
from spacy_elmo.formats import model_directory
from spacy_elmo.util.files import write_words
from tests.support.random_models import random_head, random_model


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """Two files in a folder."""
    (tmp_path / "texts").mkdir()
    paths = [tmp_path / "texts" / name for name in ("a.txt", "b.txt")]
    paths[0].write_text("the bank . the river", encoding="utf8")
    paths[1].write_text("the river bank\n\nriver river", encoding="utf8")
    return paths


@pytest.fixture
def model(tmp_path: Path) -> Path:
    bilm = random_model()
    model_directory.write(tmp_path / "model", bilm, {}, head=random_head(bilm))
    return tmp_path / "model"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["perplexity", *map(str, arguments)])


def rows(*arguments: object) -> list[dict]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_each_file_has_its_perplexities(model: Path, texts: list[Path]):
    found = rows(model, *texts)
    assert [row["text"] for row in found] == list(map(str, texts))
    assert [row["words"] for row in found] == [5, 5]
    assert [row["unknown"] for row in found] == [0.2, 0]
    assert all(row["forward"] > 1 and row["backward"] > 1 for row in found)


def test_a_folder_is_its_files(model: Path, texts: list[Path]):
    assert rows(model, texts[0].parent) == rows(model, *texts)


def test_other_words_can_be_predicted(model: Path, texts: list[Path], tmp_path: Path):
    write_words(tmp_path / "words.txt", ["river"])
    assert [row["unknown"] for row in rows(model, *texts, "--vocab", tmp_path / "words.txt")] == [0.8, 0.4]


def test_the_table_has_a_line_for_each_file(model: Path, texts: list[Path]):
    output = run(model, texts[0].parent).output
    assert "a.txt" in output
    assert "Backward" in output


@pytest.mark.parametrize("text", ["nowhere.txt", "empty.txt", "binary.txt"])
def test_texts_that_cannot_be_read_are_named(text: str, model: Path, tmp_path: Path):
    (tmp_path / "empty.txt").touch()
    (tmp_path / "binary.txt").write_bytes(b"\x7fELF\x00\xff")
    result = run(model, tmp_path / text)
    assert result.exit_code == 1
    assert text in result.output


def test_the_language_is_that_of_the_model_and_is_said(tmp_path: Path):
    bilm = random_model()
    model_directory.write(tmp_path / "fr", bilm, {"lang": "fr"}, head=random_head(bilm))
    (tmp_path / "a.txt").write_text("l'homme d'ici", encoding="utf8")
    result = run(tmp_path / "fr", tmp_path / "a.txt")
    printed = " ".join(result.output.split())  # messages are wrapped
    assert "words are those of spaCy's tokenizer for 'fr', the language of the model; --lang" in printed
    assert [row["words"] for row in rows(tmp_path / "fr", tmp_path / "a.txt")] == [4]
    assert [row["words"] for row in rows(tmp_path / "fr", tmp_path / "a.txt", "--lang", "xx")] == [2]


def test_tokenized_lines_stay_as_they_are(model: Path, tmp_path: Path):
    (tmp_path / "a.txt").write_text("do n't ( e.g. this ) .\nYes .\n", encoding="utf8")
    assert [row["words"] for row in rows(model, tmp_path / "a.txt", "--lines", "sentences")] == [9]


def test_a_model_without_a_softmax_is_refused(tiny_model: Path, texts: list[Path]):
    result = run(tiny_model, *texts)
    assert result.exit_code == 1
    output = " ".join(result.output.split())
    assert "has no softmax" in output
    assert "--init" in output
