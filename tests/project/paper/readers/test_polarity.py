"""Sentences with categories, and trees of SST."""

from pathlib import Path

import pytest
import spacy

from project.paper.readers.polarity import read_polarity, read_trees
from project.shared.assets import CorpusError

VOCAB = spacy.blank("en").vocab
TREES = "(3 (2 It) (4 (3 (2 's) (4 lovely)) (2 -LRB-)))\n\n(1 (2 It) (0 bored))\n(2 Hm)\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf8")
    return path


def test_a_line_is_a_category_and_words(tmp_path: Path):
    docs = list(read_polarity(write(tmp_path / "a.tsv", "neg\tbad , really\npos\tso good !\n"), VOCAB))
    assert [[token.text for token in doc] for doc in docs] == [["bad", ",", "really"], ["so", "good", "!"]]
    assert [doc.cats for doc in docs] == [{"neg": 1, "pos": 0}, {"neg": 0, "pos": 1}]


def labels(docs):
    return [(" ".join(token.text for token in doc), max(doc.cats, key=doc.cats.get)) for doc in docs]


def test_a_tree_is_a_sentence_and_its_label(tmp_path: Path):
    docs = list(read_trees(write(tmp_path / "a.txt", TREES), VOCAB))
    assert labels(docs) == [("It 's lovely (", "3"), ("It bored", "1"), ("Hm", "2")]
    assert list(docs[0].cats) == ["0", "1", "2", "3", "4"]


def test_phrases_of_trees_come_once(tmp_path: Path):
    found = labels(read_trees(write(tmp_path / "a.txt", TREES), VOCAB, phrases=True))
    assert found[:4] == [("It 's lovely (", "3"), ("'s lovely (", "4"), ("(", "2"), ("'s lovely", "3")]
    assert len(found) == len(set(found)) == 10


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("(3 (2 It)", "a tree that does not end"),
        ("(3 It))", "outside of a tree"),
        ("It", "outside of a tree"),
        ("(5 It)", "the label '5'"),
        ("((2 It))", r"the label '\('"),
        ("(3 )", "without words"),
        ("(3 a) (2 b)", "outside of a tree"),
        ("(" * 10_000, "the label"),
    ],
)
def test_broken_trees_are_named(tmp_path: Path, line: str, problem: str):
    with pytest.raises(CorpusError, match=f"a.txt:2: .*{problem}"):
        list(read_trees(write(tmp_path / "a.txt", f"(2 Hm)\n{line}\n"), VOCAB))


def test_an_empty_file_is_named(tmp_path: Path):
    with pytest.raises(CorpusError, match="empty"):
        list(read_trees(write(tmp_path / "a.txt", ""), VOCAB))
