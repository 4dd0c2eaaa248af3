import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_elmo.search.index import Index, build_index, open_index
from spacy_elmo.text.readers import CorpusError

QUERY = "We saw the [cell]."
ROWS = [
    ("Plays", "play", "NOUN", "NNS"),
    ("playing", "play", "VERB", "VBG"),
    ("cells", "cell", "NOUN", "NNS"),
    (".", ".", "PUNCT", "."),
]


@pytest.fixture
def conllu(tmp_path: Path) -> Path:
    lines = ["\t".join((str(i), *row, *"_____")) for i, row in enumerate(ROWS, 1)]
    (tmp_path / "c.conllu").write_text("\n".join([*lines, "", *lines[2:]]) + "\n", encoding="utf8")
    return tmp_path / "c.conllu"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """One Doc of several sentences with blanks between, which are no words, and one without annotation."""
    words = ["They", "played", ".", "\n", "A", " ", "cell", "."] + ["long"] * 110
    lemmas = ["they", "play", ".", "", "a", "", "cell", "."] + ["long"] * 110
    pos = ["PRON", "VERB", "PUNCT", "SPACE", "DET", "SPACE", "NOUN", "PUNCT"] + ["ADJ"] * 110
    vocab = spacy.blank("en").vocab
    starts = [i in (0, 4, 8) for i in range(len(words))]
    given = [Doc(vocab, words, lemmas=lemmas, pos=pos, sent_starts=starts), Doc(vocab, ["cell", "played"])]
    DocBin(docs=given).to_disk(tmp_path / "d.spacy")
    return tmp_path / "d.spacy"


def words(index: Index, **filters: str) -> list[str]:
    return sorted(use.word for use in index.nearest(QUERY, top=500, **filters))


def test_uses_are_filtered_by_what_is_annotated(conllu: Path, tmp_path: Path, build: Callable):
    build(conllu)
    index = open_index(tmp_path / "index")
    assert words(index, lemma="play") == ["Plays", "playing"]
    assert words(index, pos="NOUN") == ["Plays", "cells", "cells"]
    assert words(index, lemma="play", pos="VERB") == words(index, tag="VBG") == ["playing"]
    assert words(index, lemma="play", tag=".") == words(index, lemma="nothing") == []
    assert [use.word for use in index.nearest("[cells]", same_word=True, lemma="cell")] == ["cells", "cells"]
    assert index.nearest("[cells]", lower=True, lemma="play") == []
    everything = index.nearest(QUERY, top=500)
    assert index.nearest(QUERY, top=500, pos="NOUN") == [use for use in everything if use.word in ("Plays", "cells")]
    assert index.annotated("lemma") == len(index) == 6


def test_the_words_of_docs_keep_what_is_theirs(docs: Path, tmp_path: Path, build: Callable):
    build(docs)
    index = open_index(tmp_path / "index")
    assert len(index) == 118
    assert words(index, pos="PRON") == ["They"]
    assert words(index, lemma="play") == ["played"]
    assert words(index, lemma="cell", pos="NOUN") == ["cell"]
    assert words(index, pos="ADJ") == ["long"] * 110
    assert words(index, pos="SPACE") == []
    assert index.annotated("lemma") == 116
    with pytest.raises(ValueError, match="tag = 'NN': .*index has none, as its texts are not annotated with it"):
        index.nearest(QUERY, tag="NN")


def test_parts_with_and_without_annotations_are_as_one_index(
    text: Path, more: Path, conllu: Path, docs: Path, tmp_path: Path, build: Callable
):
    build(text, conllu, more, docs, output="whole")
    for file in (text, conllu, more, docs):
        build(file)
    whole, parts = open_index(tmp_path / "whole"), open_index(tmp_path / "index")
    assert len(parts.manifest.texts) == 4
    for filters in ({"lemma": "cell"}, {"pos": "NOUN"}, {"tag": "NNS"}, {"lemma": "play", "pos": "VERB"}, {}):
        assert parts.nearest(QUERY, top=300, **filters) == whole.nearest(QUERY, top=300, **filters)
    assert parts.annotated("pos") == whole.annotated("pos") == 6 + 116


def test_plain_text_has_nothing_to_filter_by(text: Path, tmp_path: Path, build: Callable):
    build(text)
    index = open_index(tmp_path / "index")
    assert not any((tmp_path / "index" / "texts-000000" / f"{name}.npy").exists() for name in ("lemma", "pos", "tag"))
    remedy = r"leave it out, or index CoNLL-U files, or Docs \(.spacy\)"
    with pytest.raises(ValueError, match=f"lemma = 'play': .*index has none, as its texts are not annotated.*{remedy}"):
        index.nearest(QUERY, lemma="play")
    with pytest.raises(ValueError, match="pos = '': has nothing to look for"):
        index.nearest(QUERY, pos="")


def test_a_column_has_a_value_once(conllu: Path, tmp_path: Path, build: Callable):
    build(conllu)
    folder = tmp_path / "index" / "texts-000000"
    assert np.load(folder / "pos.npy").tolist() == [0, 1, 0, 2, 0, 2]
    assert json.loads((folder / "pos.json").read_text(encoding="utf8")) == {"values": ["NOUN", "VERB", "PUNCT"]}


@pytest.mark.parametrize("name", ["lemma.npy", "lemma.json", "tag.npy"])
def test_a_column_that_is_truncated_or_missing_is_named(conllu: Path, tmp_path: Path, build: Callable, name: str):
    build(conllu)
    path = tmp_path / "index" / "texts-000000" / name
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    with pytest.raises(CorpusError, match=rf"{name}: has {len(data) - 1} bytes, and had {len(data)} when"):
        open_index(tmp_path / "index")
    path.unlink()
    with pytest.raises(CorpusError, match=f"{name}: cannot be read"):
        open_index(tmp_path / "index")


@pytest.mark.parametrize("content", ['{"values": [1]}', '{"values": "a"}', "{}"])
def test_values_of_something_else_are_refused(conllu: Path, tmp_path: Path, build: Callable, content: str):
    build(conllu)
    index = open_index(tmp_path / "index")
    (tmp_path / "index" / "texts-000000" / "lemma.json").write_text(content, encoding="utf8")  # once it is open
    with pytest.raises(CorpusError, match=r"lemma\.json: not a list of values"):
        index.nearest(QUERY, lemma="play")


def test_an_index_of_another_layout_is_named(text: Path, tmp_path: Path, build: Callable):
    build(text)
    path = tmp_path / "index" / "index.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf8")), "schema": 1}), encoding="utf8")
    problem = r"index\.json: an index of layout 1, and this version of spacy-elmo has 2; remove the index and"
    with pytest.raises(CorpusError, match=problem):
        open_index(tmp_path / "index")
    with pytest.raises(CorpusError, match=problem):
        build_index([text], tmp_path / "index")
