"""Columns with clusters into Docs."""

import pytest
from spacy.vocab import Vocab

from project.paper.readers.litbank import read_litbank
from project.shared.assets import CorpusError

ROWS = [("Anna", "(1)"), ("saw", ""), ("her", "(2|(1)"), ("dog", "2)"), (".", "_"), None, ("It", "(2)"), ("ran", "-")]


def write(path, rows=ROWS, begin="#begin document (one); part 0", end="#end document"):
    lines = ["" if row is None else "\t".join(["one", "0", str(i), row[0], "_", row[1]]) for i, row in enumerate(rows)]
    path.write_text("\n".join([begin, *lines, end, ""]), encoding="utf8")
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "coref.conll"


def read(path):
    return list(read_litbank(path, Vocab()))


def clusters(doc):
    return {key: [span.text for span in group] for key, group in doc.spans.items()}


def test_words_sentences_and_clusters(path):
    (doc,) = read(write(path))
    assert [token.text for token in doc] == [row[0] for row in ROWS if row]
    assert [sentence.start for sentence in doc.sents] == [0, 5]
    assert clusters(doc) == {"coref_clusters_1": ["Anna", "her"], "coref_clusters_2": ["her dog", "It"]}


def test_mentions_of_a_cluster_may_lie_in_each_other(path):
    (doc,) = read(write(path, [("a", "(1"), ("b", "(1"), ("c", "1)"), ("d", "1)")]))
    assert clusters(doc) == {"coref_clusters_1": ["a b c d", "b c"]}


def test_documents_come_in_order(path):
    text = write(path).read_text(encoding="utf8")
    path.write_text(text + "\n" + text.replace("Anna", "Bob"), encoding="utf8")
    assert [doc[0].text for doc in read(path)] == ["Anna", "Bob"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "1)")], r":2: a mention of cluster 1 ends that has not begun"),
        ([("a", ""), ("b", "(1")], r":1: a mention of cluster 1 does not end"),
        ([("a", "(x)")], r":2: '\(x\)' in the last column"),
        ([("a", "1")], r":2: '1' in the last column"),
        ([("", "(1)")], r":2: no word in column 4"),
        ([], r":1: a document without words"),
    ],
)
def test_errors_name_the_line(path, rows, message):
    with pytest.raises(CorpusError, match=message):
        read(write(path, rows))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no documents in it"),
        ("a b c\n", ":1: a word before any `#begin document`"),
        ("#begin document (one)\na b c\n", ":2: 1 columns; give at least 5"),
        ("#begin document (one)\n", ":1: a document without `#end document`"),
        ("#begin document (one)\n#begin document (two)\n", ":2: a document begins before"),
        ("#end document\n", ":1: a document ends that has not begun"),
        ("a\0b\n", ":1: binary"),
    ],
)
def test_files_that_are_not_well_formed(path, text, message):
    path.write_text(text, encoding="utf8")
    with pytest.raises(CorpusError, match=message):
        read(path)


def test_a_missing_file(path):
    with pytest.raises(CorpusError, match="no such file"):
        read(path)
