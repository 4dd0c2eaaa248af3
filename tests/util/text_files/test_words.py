import gzip
from pathlib import Path

import pytest

from spacy_elmo.util.files import WeightsError
from spacy_elmo.util.text_files.words import read_word_list

COLUMNS = {
    "words": "the\nbank\n1990\n",
    "counts": "the\t1000\nbank\t20\n1990\t3\n",
    "counts after spaces": "the 1000\nbank  20\n1990 3\n",
    "counts in front": "   1000 the\n     20 bank\n      3 1990\n",
    "scores": "the\t-2.5\nbank\t-1e-3\n1990\t-4.0\n",
    "markers without counts": "<S>\n<UNK>\nthe\t1000\nbank\t20\n1990\t3\n",
    "blank lines": "\nthe\n\nbank\n \n1990\n\n",
    "lines of Windows": "the\t1000\r\nbank\t20\r\n1990\t3\r\n",
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("text", COLUMNS.values(), ids=COLUMNS)
def test_the_words_are_what_is_not_counted(tmp_path: Path, text: str, mark: bytes, pack: type):
    (tmp_path / "vocab").write_bytes(pack(mark + text.encode()))
    markers = ("<S>", "</S>", "<UNK>")
    found = read_word_list(tmp_path / "vocab", markers=markers)
    assert [word for word in found if word not in markers] == ["the", "bank", "1990"]


def test_words_with_spaces_are_words(tmp_path: Path):
    (tmp_path / "vocab").write_text("New York\nof course\n1 000\n")
    assert read_word_list(tmp_path / "vocab") == ["New York", "of course", "1 000"]


@pytest.mark.parametrize("text", ["word\tcount\nthe\t5\n", "the\tDT\t5\nbank\tNN\t4\n", "\nthe\tDT\nbank\n"])
def test_other_columns_are_refused_with_their_line(tmp_path: Path, text: str):
    (tmp_path / "vocab").write_text(text)
    with pytest.raises(ValueError, match=r"vocab:[12]: has several columns.*a word a line, or a word and its count"):
        read_word_list(tmp_path / "vocab")


@pytest.mark.parametrize(
    ("data", "message"), [("a\n".encode("utf-16"), "is UTF-16 text"), (b"a\0b", "vocab:1: not UTF-8 text.*NUL")]
)
def test_what_is_no_text_is_said(tmp_path: Path, data: bytes, message: str):
    (tmp_path / "vocab").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        read_word_list(tmp_path / "vocab")
    with pytest.raises(WeightsError, match="nowhere: no such file"):
        read_word_list(tmp_path / "nowhere")
