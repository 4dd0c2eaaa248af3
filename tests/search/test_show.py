import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from spacy.language import Language
from typer.testing import CliRunner, Result

from spacy_elmo.search.show import app, find_uses, groups, in_context
from tests.support.uses import read_page

TEXT = """A play about a king. She will play the queen, and I will play
the fool.

No word of it here.

They play chess; he plays too. Play on!
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)])


def test_the_printed_score_is_that_of_the_printed_neighbours():
    output = run("--word", "right").stdout
    senses = dict(re.findall(r"^ ?(\d+) (side|law)", output, re.MULTILINE))
    nearest = dict(re.findall(r"^ ?(\d+) .*nearest +(\d+)", output, re.MULTILINE))
    assert len(senses) == len(nearest) == 10
    assert f"{sum(senses[i] == senses[j] for i, j in nearest.items())}/10 uses" in output


def test_a_text_of_ones_own(tiny_model: Path, tmp_path: Path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf8")
    result = run("--word", "play", "--text", tmp_path / "text.txt", "--pretrained", tiny_model)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("nearest ") >= 4
    assert "I will play the fool" in result.stdout


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_text_may_be_compressed_and_have_a_byte_order_mark(tiny_model: Path, tmp_path: Path, pack: Callable):
    (tmp_path / "text").write_bytes(pack(b"\xef\xbb\xbfbank is here. My bank too. The bank.\n"))
    result = run("--word", "bank", "--text", tmp_path / "text", "--pretrained", tiny_model)
    assert '3 uses of "bank"' in result.stdout


def test_uses_are_whole_words_in_this_spelling(nlp: Language):
    uses = find_uses(nlp, TEXT.split("\n\n"), "play", limit=10)
    assert [token.nbor().text for token in uses] == ["about", "the", "the", "chess"]
    assert all(token._.elmo.any() for token in uses)


def test_uses_are_spread_over_the_text(nlp: Language):
    text = [f"the word {i}" for i in range(100)]
    assert [token.nbor().text for token in find_uses(nlp, text, "word", limit=4)] == ["0", "33", "66", "99"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--word", "zyzzyva"], "choose one of bank"),
        (["--word", "king", "--text", "text.txt"], "is 1 times"),
        (["--pretrained", "en_elmo_xl"], "no model named"),
        (["--text", "nowhere.txt"], "nowhere.txt: no such file"),
    ],
)
def test_what_cannot_be_shown_is_said(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(TEXT, encoding="utf8")
    result = run(*arguments)
    assert result.exit_code == 1
    assert message in result.output


@pytest.mark.parametrize("arguments", [[], ["--word", "play", "--text", "text.txt"]], ids=["examples", "text"])
def test_a_page_has_the_uses_that_are_printed(
    arguments: list[str], tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(TEXT, encoding="utf8")
    result = run(*arguments, "--pretrained", tiny_model, "--html", "page.html")
    assert result.exit_code == 0, result.output
    (entry,) = read_page(Path("page.html"))
    assert f'{len(entry["uses"])} uses of "{entry["name"]}"' in result.stdout
    assert entry["known"] == (not arguments)


def test_a_page_that_cannot_be_written_is_said(tiny_model: Path, tmp_path: Path):
    result = run("--pretrained", tiny_model, "--html", tmp_path)
    assert result.exit_code == 1
    assert "not a file" in result.stderr


def test_groups_are_chains_of_nearest_neighbours():
    assert groups([1, 0, 1, 4, 3, 2]) == [[0, 1, 2, 5], [3, 4]]
    assert groups([3, 2, 1, 0]) == [[0, 3], [1, 2]]


def test_words_of_any_length_are_in_one_column_of_lines_as_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = [
        in_context(text, start, length, used=10, widest=9).replace("\x1b[1m", "").replace("\x1b[0m", "")
        for text, start, length in (("A play about a king and his three daughters", 2, 4), ("It is beautiful.", 6, 9))
    ]
    assert [line.index(word) for line, word in zip(lines, ("play", "beautiful"))] == [20, 20]
    assert [len(line) for line in lines] == [49, 49]


def test_a_line_has_no_other_lines_or_commands_in_it(monkeypatch: pytest.MonkeyPatch):
    line = in_context("a\tb\n\x1b[2J play\x9b", 9, 4, used=0, widest=4)
    assert line.replace("\x1b[1mplay\x1b[0m", "play").isprintable()
