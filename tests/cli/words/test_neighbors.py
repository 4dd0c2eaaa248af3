import json
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app
from spacy_elmo.search.index import build_index
from tests.support.uses import read_page

TEXT = "He wrote a play about it.\n\nThey play chess; an extraordinarily\tlong game. Play on!\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["neighbors", *map(str, arguments)])


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf8")
    return tmp_path / "a.txt"


@pytest.fixture
def index(text: Path, tmp_path: Path, tiny_model: Path) -> Path:
    build_index([text], tmp_path / "index", model=str(tiny_model), n_process=1)
    return tmp_path / "index"


def test_uses_are_printed_with_the_words_in_one_column(index: Path, text: Path):
    result = run("He wrote a [play] about it.", "--index", index)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert len(lines) == 10
    assert lines[0].split() == ["1.000", "He", "wrote", "a", "play", "about", "it.", f"{text}:1#0"]
    assert len({line.rindex(str(text)) for line in lines}) == 1
    assert "\t" not in result.output


def test_options_reach_the_search(index: Path):
    result = run("a [play]", "--index", index, "--layer", "0", "--top", 2, "--lower", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert [use["word"] for use in found] == ["play", "play"]
    assert [use["cosine"] for use in found] == pytest.approx([1, 1], abs=1e-6)
    assert found[0].keys() == {"cosine", "place", "word", "start", "text", "row"}


def test_a_small_text_is_searched_without_an_index(
    text: Path, tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    result = run("They [play] .", "--corpus", text, "--model", tiny_model, "--layer", "1", "--json")
    assert result.exit_code == 0, result.output
    assert len(json.loads(result.stdout)) == 10
    assert list((tmp_path / "temporary").iterdir()) == []


def test_only_what_is_annotated_so(text: Path, tmp_path: Path, tiny_model: Path):
    rows = ["1\tPlays\tplay\tNOUN\tNNS", "2\tplayed\tplay\tVERB\tVBD"]
    (tmp_path / "b.conllu").write_text("".join(row + "\t_" * 5 + "\n" for row in rows), encoding="utf8")
    build_index([text, tmp_path / "b.conllu"], tmp_path / "index", model=str(tiny_model), n_process=1)
    found = run("a [play]", "--index", tmp_path / "index", "--lemma", "play", "--pos", "VERB", "--tag", "VBD", "--json")
    assert found.exit_code == 0, found.output
    assert [use["word"] for use in json.loads(found.stdout)] == ["played"]
    said = "2 of 21 words have one; the others are left out"
    assert found.stderr.splitlines() == [f"--{name}: {said}" for name in ("lemma", "pos", "tag")]


def test_a_page_has_what_is_printed(index: Path, tmp_path: Path):
    result = run("a [play]", "--index", index, "--top", 3, "--html", tmp_path / "page.html", "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == f"Wrote {tmp_path / 'page.html'}: 3 uses and the query\n"
    (entry,) = read_page(tmp_path / "page.html")
    assert [use[3] for use in entry["uses"][1:]] == [use["place"] for use in json.loads(result.stdout)]


def test_a_page_of_a_small_text_has_all_layers(text: Path, tmp_path: Path, tiny_model: Path):
    result = run("a [play]", "--corpus", text, "--model", tiny_model, "--html", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    assert len(read_page(tmp_path / "page.html")[0]["layers"]) == 3


def test_a_word_without_uses_is_said(index: Path, tmp_path: Path):
    result = run("A [zebra].", "--index", index, "--same-word", "--html", tmp_path / "page.html")
    assert result.exit_code == 0
    assert not (tmp_path / "page.html").exists()
    assert "no use that fits" in " ".join(result.output.split())
    assert json.loads(run("A [zebra].", "--index", index, "--same-word", "--json").output) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a play", "--index", "nowhere"], "no word in brackets"),
        (["a [play]", "--index", "nowhere"], "no index"),
        (["a [play]"], "name an --index"),
        (["a [play]", "--index", "nowhere", "--corpus", "nowhere"], "one of both"),
        (["a [play] by a [king]", "--index", "nowhere"], "several brackets"),
        (["a [ ] play", "--index", "nowhere"], "only blanks between the brackets"),
        (["a [play]", "--corpus", "empty.txt"], "the inputs hold no text"),
        (["a [play]", "--index", "unfinished"], "not finished"),
        (["a [play]", "--index", "a.txt"], "no index"),
        (["a [play]", "--corpus", "nowhere.txt"], "nowhere.txt: no such file"),
        (["a [play]", "--corpus", "a.txt", "--lemma", "play"], "lemma = 'play': "),
        (["a [play]", "--index", "nowhere", "--layer", "all"], "a search needs one vector"),
        (["a [play]", "--index", "nowhere", "--layer", "upper"], "layers = 'upper'"),
    ],
)
def test_what_cannot_be_searched_is_one_message(
    arguments: list[str], message: str, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("empty.txt").touch()
    Path("unfinished", "texts-000000").mkdir(parents=True)
    result = run(*arguments)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output
