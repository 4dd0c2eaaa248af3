import gzip
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.text import readers as text
from spacy_elmo.text.readers import CorpusError, describe_files, find_files, read_documents


def write(path, content: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf8")
    return path


def test_lines_are_paragraphs_and_blank_lines_part_documents(tmp_path):
    path = write(tmp_path / "a.txt", "\n One.\nTwo. \n\n \nThree.\n")
    assert list(read_documents(path)) == [["One.", "Two."], ["Three."]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_and_a_byte_order_mark_are_understood(tmp_path, end):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf" + f"One.{end}Two.{end}{end}Three.".encode())
    assert list(read_documents(path)) == [["One.", "Two."], ["Three."]]


def test_a_json_line_is_a_document_and_its_lines_are_paragraphs(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"text": "One.\\n\\nTwo."}\n\n{"text": "Three.", "id": 3}\n{"text": " "}\n')
    assert list(read_documents(path)) == [["One.", "Two."], ["Three."]]


def test_lone_surrogates_in_json_are_replaced(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"text": "a \\ud800 b \\ud83d\\ude00"}')
    assert list(read_documents(path)) == [["a \ufffd b \U0001f600"]]


def test_compressed_files_are_read_as_what_they_hold(tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"One.\n"))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(json.dumps({"text": "Two."}).encode()))
    (tmp_path / "c.gz").write_bytes(gzip.compress(b"Three.\n"))
    assert list(read_documents(tmp_path)) == [["One."], ["Two."], ["Three."]]


def test_directories_are_read_in_order_with_those_below_and_without_other_and_hidden_files(tmp_path):
    for name in ("b.txt", "a/z.txt", "c.md", ".d.txt", ".e/f.txt"):
        write(tmp_path / name, name)
    assert list(read_documents(tmp_path)) == [["a/z.txt"], ["b.txt"]]


def test_a_file_named_by_itself_is_read_as_text_whatever_its_suffix(tmp_path):
    assert list(read_documents(write(tmp_path / "news-00001-of-00100", "One."))) == [["One."]]


def test_long_paragraphs_are_cut_between_words(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_PARAGRAPH", 12)
    words = [f"word{i}" for i in range(20)]
    (document,) = read_documents(write(tmp_path / "a.txt", " ".join(words)))
    assert " ".join(document).split() == words
    assert max(map(len, document)) <= 12


def test_long_paragraphs_without_spaces_lose_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_PARAGRAPH", 12)
    (document,) = read_documents(write(tmp_path / "a.txt", "abcdefg" * 9 + "\nend"))
    assert "".join(document) == "abcdefg" * 9 + "end"


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_long_documents_come_in_pieces(tmp_path, monkeypatch, name):
    monkeypatch.setattr(text, "LONGEST_DOCUMENT", 10)
    content = "One two.\nThree.\nFour.\nFive."
    path = write(tmp_path / name, json.dumps({"text": content}) if name.endswith("jsonl") else content)
    assert list(read_documents(path)) == [["One two."], ["Three."], ["Four.", "Five."]]


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(CorpusError, match="nowhere.txt: no such file or directory"):
        list(read_documents(tmp_path / "nowhere.txt"))


def test_a_directory_without_text_is_named_with_the_suffixes_known(tmp_path):
    write(tmp_path / "a.md", "One.")
    with pytest.raises(CorpusError, match=r"no file in it ends in \.txt, \.gz, \.jsonl"):
        find_files(tmp_path)


@pytest.mark.parametrize("content", [b"\x89PNG\xff\xfe\x00", b"plain\x00text"], ids=["not UTF-8", "NUL"])
def test_a_binary_file_is_named(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(CorpusError, match=r"a\.txt: not UTF-8 text"):
        list(read_documents(tmp_path))


@pytest.mark.parametrize("content", [gzip.compress(b"One.\n" * 1000)[:-20], b"plain text"], ids=["cut", "not gzip"])
def test_a_broken_gzip_file_is_named(tmp_path, content):
    (tmp_path / "a.txt.gz").write_bytes(content)
    with pytest.raises(CorpusError, match=r"a\.txt\.gz: not a whole gzip file"):
        list(read_documents(tmp_path))


def test_a_gzip_file_with_changed_bytes_is_named(tmp_path):
    data = bytearray(gzip.compress(bytes(range(32, 127)) * 50))
    data[30] ^= 0xFF
    (tmp_path / "a.txt.gz").write_bytes(bytes(data))
    with pytest.raises(CorpusError, match=r"a\.txt\.gz: not"):
        list(read_documents(tmp_path))


@pytest.mark.parametrize("line", ["{", "[1]", '{"body": "a"}', '{"text": 1}', "[" * 100_000], ids=lambda line: line[:9])
def test_a_bad_json_line_is_named_with_its_number(tmp_path, line):
    path = write(tmp_path / "a.jsonl", '{"text": "One."}\n\n' + line)
    with pytest.raises(CorpusError, match=r"a\.jsonl:3: no"):
        list(read_documents(path))


def test_descriptions_of_files_change_with_their_bytes_alone(tmp_path):
    a, b = write(tmp_path / "x" / "a.txt", "One."), write(tmp_path / "y" / "a.txt", "One.")
    assert describe_files([a]) == describe_files([b])
    write(b, "Two.")
    assert describe_files([a]) != describe_files([b])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes")
def test_a_pipe_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="pipe: is a pipe, which is read once; name a file"):
        find_files(tmp_path / "pipe")


def test_the_whole_disk_is_not_read(tmp_path):
    with pytest.raises(CorpusError, match="is the whole disk; name a directory of texts"):
        find_files(tmp_path.anchor)


def test_a_json_line_that_memory_should_not_hold_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_LINE", 30)
    write(tmp_path / "good.jsonl", '{"text": "One two."}\n')
    assert list(read_documents(tmp_path / "good.jsonl")) == [["One two."]]
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"text": "One."}\n{"text": "' + b"a" * 1_000_000))
    with pytest.raises(CorpusError, match=r"a\.jsonl\.gz:2: longer than 30 characters; split the document"):
        list(read_documents(tmp_path / "a.jsonl.gz"))


def test_a_number_of_too_many_digits_is_named_with_its_line(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"text": "One.", "id": ' + "1" * 5000 + "}")
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: not JSON .*digits"):
        list(read_documents(path))


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255), cut=st.booleans(), name=st.sampled_from(["jsonl", "gz"]))
def test_damaged_text_is_read_or_named(tmp_path_factory, place, byte, cut, name):
    path = tmp_path_factory.mktemp("fuzz") / f"a.{name}"
    whole = b'{"text": "One.\\n\\nTwo."}\n{"text": "Three."}\n' * 3
    whole = gzip.compress(whole) if name == "gz" else whole
    place %= len(whole)
    path.write_bytes(whole[:place] if cut else whole[:place] + bytes([byte]) + whole[place + 1 :])
    try:
        list(read_documents(path))
    except CorpusError as error:
        assert path.name in str(error)  # noqa: PT017
