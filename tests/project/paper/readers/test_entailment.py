"""Pairs as Docs of two sentences."""

from pathlib import Path

import pytest
import spacy
import srsly

from project.paper.readers.entailment import make_pair, read_pairs
from project.shared.assets import CorpusError


def write_pairs(path: Path, *pairs: tuple[str, str, str]) -> Path:
    srsly.write_jsonl(path, [dict(zip(("sentence1", "sentence2", "gold_label"), pair)) for pair in pairs])
    return path


def test_a_pair_has_two_sentences_and_a_label(tmp_path: Path):
    pairs = [("A man sleeps", "He doesn't run.", "neutral"), ("B.", "C", "-"), ("D", "E", "entailment")]
    docs = list(read_pairs(write_pairs(tmp_path / "a.jsonl", *pairs), spacy.blank("en")))
    assert [doc.text for doc in docs] == ["A man sleeps He doesn't run.", "D E"]
    assert [sentence.text for sentence in docs[0].sents] == ["A man sleeps", "He doesn't run."]
    assert [span.text for span in docs[0].spans["hypothesis"]] == ["He doesn't run."]
    assert docs[0].cats == {"entailment": 0, "neutral": 1}


def test_a_sentence_without_words_is_named(tmp_path: Path):
    path = write_pairs(tmp_path / "a.jsonl", ("A", "b", "x"), ("A", " ", "x"))
    with pytest.raises(CorpusError, match=r"a.jsonl:2: a sentence without words"):
        list(read_pairs(path, spacy.blank("en")))


def test_a_file_without_labels_is_refused(tmp_path: Path):
    path = write_pairs(tmp_path / "a.jsonl", ("A", "b", "-"))
    with pytest.raises(CorpusError, match="no pair has a label"):
        list(read_pairs(path, spacy.blank("en")))


def test_the_words_are_those_of_the_tokenizer():
    assert [token.text for token in make_pair(spacy.blank("en"), "a dog.", "it isn't")] == [
        *("a", "dog", "."),
        *("it", "is", "n't"),
    ]
