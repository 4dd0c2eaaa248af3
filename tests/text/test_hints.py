import textwrap
from pathlib import Path

import pytest

from spacy_elmo.text.hints import find_hint, guess_lines, is_small

SENTENCES = [
    "The central bank raised its rates because prices had been rising for months and nobody thought they would fall.",
    "Nobody was surprised.",
    "On the river, the boats lay still until the wind came up again, and the men who owned them drank in the harbor.",
] * 20
WRAPPED = textwrap.wrap(" ".join(SENTENCES), 72)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (SENTENCES, None),
        (WRAPPED, "wrapped"),
        ([line for pair in zip(WRAPPED, [""] * 99) for line in pair], None),
        ([sentence[:-1] + " ." for sentence in SENTENCES], "sentences"),
        ([f'" {sentence[:-1]} ? "' for sentence in SENTENCES], "sentences"),
        (WRAPPED[:5], None),
        ([], None),
    ],
    ids=["paragraphs", "wrapped", "apart", "tokenized", "quoted", "few", "none"],
)
def test_what_lines_are_is_seen(lines: list[str], kind: str | None):
    assert guess_lines(lines) == kind


def test_a_hint_names_the_file_and_what_to_do(tmp_path: Path):
    (tmp_path / "a.txt").write_text("\n".join(SENTENCES), encoding="utf8")
    (tmp_path / "b.txt").write_text("\n".join(WRAPPED), encoding="utf8")
    (tmp_path / "c.bin").write_bytes(b"\xff\xfe\xff")
    files = [tmp_path / name for name in ("a.txt", "c.bin", "nowhere", "b.txt")]
    assert find_hint(files, "--lines") == (
        f"{files[3]}: lines seem to be broken within sentences; --lines wrapped joins them up to a blank line"
    )
    assert find_hint(files[:3], "--lines") == ""


@pytest.mark.parametrize(
    ("letter", "is_lower"), [("a", True), ("é", True), ("ß", True), ("A", False), ("ა", False), ("क", False)]
)
def test_letters_that_sentences_do_not_begin_with(letter: str, is_lower: bool):
    assert is_small(letter) is is_lower
