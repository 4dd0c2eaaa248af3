import gzip
from pathlib import Path

import pytest
import spacy

from spacy_elmo.senses.labeled import (
    LabeledUse,
    find_use,
    format_labeled,
    group_by_sense,
    parse_labeled,
    read_labeled,
)

TEXT = """\
# two senses of one word
word\tsense\tsentence

bank\tmoney\tThe bank lent us  money.
bank\triver\tWe sat on the bank.
"""
TOKENIZER = spacy.blank("en")


def parse(*lines: str) -> list[LabeledUse]:
    return list(parse_labeled(lines, "uses.tsv"))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_lines_become_uses_without_comments_and_header(tmp_path: Path, pack):
    path = tmp_path / "uses.tsv"
    path.write_bytes(pack(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()))
    assert read_labeled(path) == [
        LabeledUse("bank", "money", "The bank lent us money.", f"{path}:4"),
        LabeledUse("bank", "river", "We sat on the bank.", f"{path}:5"),
    ]


def test_uses_come_back_from_their_text():
    uses = parse("bank\tmoney\tA bank .", "#\tsign\tA # here", "word\tsense\tA word", "# word\ta\tb")
    assert [use[:3] for use in parse(*format_labeled(uses).splitlines())] == [use[:3] for use in uses]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("bank money The bank.", "uses.tsv:2: 1 columns; give a word, its sense and a sentence"),
        ("bank\tThe bank.", "uses.tsv:2: 2 columns"),
        ("bank\tmoney\tThe\tbank.", "uses.tsv:2: 4 columns"),
        ("bank\t \tThe bank.", "uses.tsv:2: an empty column"),
    ],
)
def test_a_line_without_three_columns_is_named(line: str, message: str):
    with pytest.raises(ValueError, match=message):
        parse("", line)


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match=r"none.tsv: no such file"):
        read_labeled(tmp_path / "none.tsv")
    (tmp_path / "bytes.tsv").write_bytes(b"bank\tmoney\tA \xff bank\n")
    with pytest.raises(ValueError, match=r"bytes.tsv:1: not UTF-8"):
        read_labeled(tmp_path / "bytes.tsv")


def test_uses_are_grouped_in_their_order():
    uses = parse("b\tx\t1 b", "a\tx\t1 a", "b\ty\t2 b", "a\ty\t2 a", "b\tx\t3 b")
    found = group_by_sense(uses, "uses.tsv")
    assert {word: {sense: len(group) for sense, group in groups.items()} for word, groups in found.items()} == {
        "b": {"x": 2, "y": 1},
        "a": {"x": 1, "y": 1},
    }
    assert list(found) == ["b", "a"]


@pytest.mark.parametrize(
    ("lines", "smallest", "message"),
    [
        ([], 1, "^uses.tsv: no examples"),
        (["a\tx\t1 a", "a\tx\t2 a"], 1, "uses.tsv:1: 'a' has no other sense than 'x'"),
        (["a\tx\t1 a", "a\tx\t2 a", "a\ty\t3 a"], 2, "uses.tsv:3: 'a' has 1 use in the sense 'y'"),
        (["a\tx\t1 a", "a\ty\t1 a"], 1, "uses.tsv:2: the same word and sentence as in uses.tsv:1"),
    ],
)
def test_what_cannot_be_compared_is_named(lines: list[str], smallest: int, message: str):
    with pytest.raises(ValueError, match=message):
        group_by_sense(parse(*lines), "uses.tsv", smallest=smallest)


def test_the_use_is_the_token_in_this_spelling():
    (use,) = parse("bank\tmoney\tBank on the bank.")
    assert find_use(TOKENIZER(use.sentence), use).i == 3


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("The banks.", r"uses.tsv:1: 'bank' is none of the words of the sentence \(The \| banks \| \.\)"),
        ("A bank is a bank.", "uses.tsv:1: 'bank' is 2 times in the sentence"),
    ],
)
def test_a_sentence_without_the_word_once_is_named(sentence: str, message: str):
    (use,) = parse(f"bank\tmoney\t{sentence}")
    with pytest.raises(ValueError, match=message):
        find_use(TOKENIZER(sentence), use)
