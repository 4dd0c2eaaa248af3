import bz2
import codecs
import gzip
import json
import lzma
import os
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.text import readers as text
from spacy_elmo.text.readers import CorpusError, describe_files, find_files, read_documents
from spacy_elmo.util.text_files import opened


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


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, bytes], ids=["gz", "bz2", "xz", "plain"])
@pytest.mark.parametrize("name", ["a.txt", "a.gz", "a"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["", "mark"])
def test_files_are_what_they_hold_whatever_their_names(tmp_path, pack, name, mark):
    (tmp_path / name).write_bytes(pack(mark + b"One.\n\nTwo.\n"))
    assert list(read_documents(tmp_path / name)) == [["One."], ["Two."]]
    (tmp_path / name).write_bytes(pack(mark + b'\n{"id": 1, "text": "One."}\n'))
    assert list(read_documents(tmp_path / name)) == [["One."]]


def test_files_of_zstd_are_read_where_there_is_a_package(tmp_path):
    zstd = pytest.importorskip("backports.zstd")
    data = zstd.compress(b"One.\n" * 1000)
    (tmp_path / "a.zst").write_bytes(data)
    assert list(read_documents(tmp_path)) == [["One."] * 1000]
    for damaged in (data[:-4], data[:9] + b"xxx" + data[12:]):
        (tmp_path / "a.zst").write_bytes(damaged)
        with pytest.raises(CorpusError, match=r"a\.zst: not a whole compressed file"):
            list(read_documents(tmp_path))


def test_files_of_zstd_say_what_package_they_need(tmp_path, monkeypatch):
    monkeypatch.setattr(opened, "zstd", None)
    (tmp_path / "a.txt").write_bytes(b"\x28\xb5\x2f\xfd")
    with pytest.raises(CorpusError, match=r'a\.txt: compressed by zstd.*install "spacy-elmo\[zstd\]", or unpack it'):
        list(read_documents(tmp_path))


OTHERS = {
    "UTF-16": ("One.\n".encode("utf-16"), "is UTF-16 text.*iconv -f UTF-16 -t UTF-8"),
    "UTF-16 without a mark": ("One.\n".encode("utf-16-le"), "is UTF-16 text.*iconv -f UTF-16LE"),
    "UTF-16 in gzip": (gzip.compress("One.\n".encode("utf-16-be")), "is UTF-16 text.*iconv -f UTF-16BE"),
    "UTF-32": ("One.\n".encode("utf-32"), "is UTF-32 text"),
    "zip": (b"PK\x03\x04rest", "is a zip archive"),
    "PDF": (b"%PDF-1.7", "is a PDF.*pdftotext"),
    "Word": (b"\xd0\xcf\x11\xe0rest", "is an old document of an office program"),
    "RTF": (b"{\\rtf1 One.}", "is an RTF document"),
    "DocBin": (b"x\x9crest", "is a DocBin"),
    "XML": (b'\xef\xbb\xbf<?xml version="1.0"?><a/>', "is XML or HTML"),
    "HTML": (b"\n<!DOCTYPE html>", "is XML or HTML"),
    "array": (b'[\n {"text": "One."}]', "an array of JSON.*jq -c"),
}


@pytest.mark.parametrize(("content", "message"), OTHERS.values(), ids=OTHERS)
def test_what_is_no_text_is_said_with_what_to_do(tmp_path, content, message):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(CorpusError, match=rf"a\.txt:[1 :]*{message}"):
        list(read_documents(tmp_path))


def test_an_archive_is_said_to_be_one(tmp_path):
    write(tmp_path / "b" / "a.txt", "One.")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "b")
    with pytest.raises(CorpusError, match=r"a\.tar\.gz: is a tar archive; unpack it"):
        list(read_documents(tmp_path / "a.tar.gz"))


def test_text_of_another_encoding_is_named_with_its_line(tmp_path):
    (tmp_path / "a.txt").write_bytes("One.\nTwo.\nCaf\u00e9.\n".encode("latin-1"))
    with pytest.raises(CorpusError, match=r"a\.txt:3: not UTF-8 text.*iconv -f WINDOWS-1252"):
        list(read_documents(tmp_path))


def test_a_pattern_is_its_files_in_order(tmp_path):
    for name in ("b-2.tok", "b-1.tok", "c.tok", "b/d.tok"):
        write(tmp_path / name, name)
    assert list(read_documents(tmp_path / "b-*")) == [["b-1.tok"], ["b-2.tok"]]
    assert list(read_documents(tmp_path / "**" / "[bd]*.tok")) == [["b/d.tok"], ["b-1.tok"], ["b-2.tok"]]
    with pytest.raises(CorpusError, match=r"x\*: no file has such a name"):
        find_files(tmp_path / "x*")
    assert find_files(write(tmp_path / "a[1]*.txt", "One.")) == [tmp_path / "a[1]*.txt"]


def test_the_home_of_the_user_has_a_short_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    path = write(tmp_path / "a.txt", "One.")
    assert find_files("~/*.txt") == find_files("~/a.txt") == [path]


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_wrapped_lines_are_joined_up_to_a_blank_one(tmp_path, name):
    content = "One\ntwo.\n\n\nThree\nfour.\n"
    path = write(tmp_path / name, json.dumps({"text": content}) if name.endswith("jsonl") else content)
    expected = [["One two.", "Three four."]] if name.endswith("jsonl") else [["One two."], ["Three four."]]
    assert list(read_documents(path, "wrapped")) == expected


def test_wrapped_lines_that_never_end_come_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_PARAGRAPH", 12)
    (document,) = read_documents(write(tmp_path / "a.txt", "one two\n" * 9), "wrapped")
    assert document == ["one two"] * 9


def test_sentences_are_lines_and_are_not_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_PARAGRAPH", 5)
    path = write(tmp_path / "a.txt", "One , two .\nThree .\n\nFour .\n")
    assert list(read_documents(path, "sentences")) == [["One , two .", "Three ."], ["Four ."]]


def test_it_tells_how_much_has_been_read(tmp_path):
    files = [write(tmp_path / name, "One.\n\n" * 9000) for name in ("a.txt", "b.txt")]
    told = []
    list(read_documents(tmp_path, on_read=told.append))
    assert sum(told) == sum(file.stat().st_size for file in files)
    assert len([n for n in told if n]) > 2


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
    with pytest.raises(CorpusError, match=r"no file in it ends in \.txt, \.gz, .*\.jsonl.*a pattern"):
        find_files(tmp_path)


@pytest.mark.parametrize("content", [b"\x89PNG\xff\xfe\x00", b"plain\x00text"], ids=["not UTF-8", "NUL"])
def test_a_binary_file_is_named(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(CorpusError, match=r"a\.txt:1: not UTF-8 text"):
        list(read_documents(tmp_path))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gz", "bz2", "xz"])
def test_a_compressed_file_that_is_cut_is_named(tmp_path, pack):
    (tmp_path / "a.txt").write_bytes(pack(b"One.\n" * 1000)[:-20])
    with pytest.raises(CorpusError, match=r"a\.txt: not a whole compressed file"):
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


PACKS = {"jsonl": bytes, "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255), cut=st.booleans(), name=st.sampled_from(list(PACKS)))
def test_damaged_text_is_read_or_named(tmp_path_factory, place, byte, cut, name):
    path = tmp_path_factory.mktemp("fuzz") / f"a.{name}"
    whole = b'{"text": "One.\\n\\nTwo."}\n{"text": "Three."}\n' * 3
    whole = PACKS[name](whole)
    place %= len(whole)
    path.write_bytes(whole[:place] if cut else whole[:place] + bytes([byte]) + whole[place + 1 :])
    try:
        list(read_documents(path))
    except CorpusError as error:
        assert path.name in str(error)  # noqa: PT017
