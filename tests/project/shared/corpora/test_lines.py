"""Files that are no annotated text, whatever the task and the suffix."""

import bz2
import gzip
import lzma
import zlib

import pytest

from project.shared.corpora import CorpusError, read_docs
from tests.support.annotated import VOCAB, entities, fails, read

TEXT = "Anna\tB-PER\nsaw\tO\n"
TASKS = [("ner",), ("textcat",), ("tagger", "morphologizer"), ()]


@pytest.mark.parametrize("components", TASKS)
class TestRefused:
    @pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
    def test_empty(self, tmp_path, components, text):
        fails(tmp_path, text, None, "no sentences in it", *components)

    def test_missing(self, tmp_path, components):
        with pytest.raises(CorpusError, match="nowhere: no such file"):
            list(read_docs(tmp_path / "nowhere", VOCAB, components))

    def test_folder(self, tmp_path, components):
        with pytest.raises(CorpusError, match="a directory"):
            list(read_docs(tmp_path, VOCAB, components))

    def test_not_utf8(self, tmp_path, components):
        fails(tmp_path, "Anna\tO\ncaf\u00e9\tO\n".encode("latin-1"), 2, "not UTF-8 text (byte 0xe9)", *components)

    @pytest.mark.parametrize(
        "text",
        [
            '[{"text": "Fine .", "label": "pos"}]',
            '[\n  {\n "text": "Fine ."}]',
            '{"text": "Fine .", "label": "pos"}\n{"text": "Dull ."}\n',
            "{\n}",
            '["Fine .", "pos"]',
        ],
    )
    def test_json(self, tmp_path, components, text):
        fails(tmp_path, text, 1, "JSON, which is not read; give CoNLL-U", *components)

    @pytest.mark.parametrize("text", ['<?xml version="1.0"?>\n<corpus>', "<!DOCTYPE html>", "\n<corpus>\n<s>a</s>\n"])
    def test_xml(self, tmp_path, components, text):
        fails(tmp_path, text, 2 if text.startswith("\n") else 1, "XML or HTML, which is not read", *components)

    @pytest.mark.parametrize(
        "text",
        [
            "EU,B-ORG\nsaid,O\n",
            "EU,B-ORG\n,,O\nIBM,B-ORG\n\n;,O\n",
            "EU;B\nAG;I\n,;O\n\n;;O\n",
            "Sentence #,Word,POS,Tag\nSentence: 1,EU,NNP,B-org\n,said,VBD,O\n",
            'label,text\npos,"A fine, good film ."\nneg,"Dull\n\nfilm"\n',
            "pos;A fine film .\nneg;Dull\n",
        ],
    )
    def test_csv(self, tmp_path, components, text):
        fails(tmp_path, text, 1, "commas or semicolons between columns; save it with tabs", *components)

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
    def test_utf16(self, tmp_path, components, encoding):
        fails(tmp_path, TEXT.encode(encoding), 1, "UTF-16", *components)

    @pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zlib.compress])
    def test_compressed(self, tmp_path, components, pack):
        fails(tmp_path, pack(TEXT.encode()), 1, "not text but compressed by", *components)

    def test_binary(self, tmp_path, components):
        fails(tmp_path, b"PK\x03\x04 and so on", 1, "a zip archive", *components)
        fails(tmp_path, b"Anna\tO\nabc\0def\n", 2, "binary", *components)


def test_byte_order_mark_and_windows_line_ends(tmp_path):
    (doc,) = read(tmp_path, b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode(), "ner")
    assert entities(doc) == [("Anna", "PER")]


@pytest.mark.parametrize("word", ["[", "{", "<", "<br>", '"', ",", ";", "PAR1", "BZh", "%PDF"])
def test_words_that_look_like_other_formats(tmp_path, word):
    for gap in (" ", "\t"):
        assert read(tmp_path, f"{word}{gap}O\n", "ner")[0][0].text == word


def test_columns_of_conllu_are_fixed(tmp_path):
    with pytest.raises(CorpusError, match="for tagger, give CoNLL-U, which has its own columns; leave them out"):
        read(tmp_path, TEXT, "tagger", columns="word,tag")
