from pathlib import Path

from typer.testing import CliRunner, Result

from spacy_elmo.cli import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["index", *map(str, arguments)])


def words(result: Result) -> str:
    """Return what was printed, on one line: the terminal's width breaks it anywhere."""
    return "".join(result.output.split())


def test_texts_become_an_index_that_is_finished_then_and_grows(tmp_path: Path, tiny_model: Path):
    (tmp_path / "a.txt").write_text("One. Two.", encoding="utf8")
    (tmp_path / "b.txt").write_text("Three.", encoding="utf8")
    first = run(tmp_path / "a.txt", tmp_path / "index", "--model", tiny_model)
    assert first.exit_code == 0, first.output
    assert "4words,2sentences;4wordsarenew" in words(first)
    assert "Finishedalready" in words(run(tmp_path / "a.txt", tmp_path / "index"))
    assert "6words,3sentences;2wordsarenew" in words(run(tmp_path / "b.txt", tmp_path / "index"))


def test_an_empty_text_is_one_message(tmp_path: Path, tiny_model: Path):
    (tmp_path / "a.txt").write_text("", encoding="utf8")
    result = run(tmp_path / "a.txt", tmp_path / "index", "--model", tiny_model)
    assert result.exit_code == 1
    assert "theinputsholdnotext" in words(result)
