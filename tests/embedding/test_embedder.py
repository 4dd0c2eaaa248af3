from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from spacy_elmo.embedding import embedder as module
from spacy_elmo.embedding.embedder import Counts, Embedder, Row, sif_weights
from spacy_elmo.embedding.settings import Layers, Settings
from spacy_elmo.formats import model_directory
from spacy_elmo.text.readers import CorpusError
from tests.support.random_models import random_table_model

TEXT = "The bank raised its rates. He said: \u201cNo!\u201d  And left\nThe river  bank"
RECORDS = [{"id": "a", "text": TEXT}, {"id": "b", "sentences": [["One", ".", "still", "one"], ["two"]]}]


def embed(model: Path, records=RECORDS, *, weigh=None, **changes) -> list[Row]:
    settings = Settings(**{"model": str(model), "digest": "", "lang": "en", "format": "npy", **changes})
    return list(Embedder(settings, weigh=weigh).rows(records))


def test_rows_are_sentences_with_the_vectors_of_the_pipe(nlp, tiny_model: Path):
    doc = nlp(TEXT)
    rows = embed(tiny_model, RECORDS[:1], layers=Layers(all=True))
    places = [token.i for token in doc if not token.is_space]
    assert [row.id for row in rows] == ["a#0", "a#1", "a#2", "a#3"]
    assert [word for row in rows for word in row.words] == [doc[i].text for i in places]
    assert np.array_equal(np.concatenate([row.layers for row in rows], axis=1), doc._.elmo_layers[:, places])
    assert np.array_equal(np.concatenate([row.vectors for row in rows]), doc._.elmo[places])


def test_texts_are_as_they_stand_in_the_input(tiny_model: Path):
    texts = [row.text for row in embed(tiny_model)]
    assert texts[0] == "The bank raised its rates."
    assert texts[2:] == ["And left", "The river  bank", "One . still one", "two"]


def test_given_sentences_are_not_cut(nlp, tiny_model: Path):
    words = ["One", "."] * 150
    (row,) = embed(tiny_model, [{"id": "b", "sentences": [words]}])
    assert (row.id, row.words) == ("b", words)
    pipe = nlp.get_pipe("elmo")
    pipe.load()
    assert np.allclose(row.vectors, pipe.shim.encode([words]).mean(axis=0), atol=1e-6)


def test_docs_keep_their_sentences_and_lose_whitespace(nlp, tiny_model: Path):
    words, spaces = ["a", ".", "\n", "b", "c"], [False, True, False, True, False]
    starts = [True, False, False, False, True]
    rows = embed(tiny_model, [{"id": "d", "words": words, "spaces": spaces, "starts": starts}])
    doc = Doc(nlp.vocab, words, spaces, sent_starts=starts)
    nlp.get_pipe("elmo")(doc)
    assert [row.words for row in rows] == [["a", ".", "b"], ["c"]]
    assert [row.text for row in rows] == ["a. \nb", "c"]
    assert np.array_equal(rows[0].vectors, doc._.elmo[[0, 1, 3]])


@pytest.mark.parametrize("layers", [Layers("top"), Layers(0), Layers([0.2, 0.5, 0.3], gamma=1.5)])
def test_mixes_are_those_of_the_pipe(tiny_model: Path, layers: Layers):
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model), "mix": layers.mix, "gamma": layers.gamma})
    rows = embed(tiny_model, [{"id": "a", "text": "The bank."}], layers=layers)
    assert np.array_equal(rows[0].vectors, nlp("The bank.")._.elmo)


def test_half_precision_is_rounded_from_single(tiny_model: Path):
    full, half = (embed(tiny_model, dtype=dtype)[0].vectors for dtype in ("float32", "float16"))
    assert half.dtype == np.float16
    assert np.array_equal(half, full.astype("float16"))


def test_a_sentence_or_document_has_the_mean_of_its_words(tiny_model: Path):
    words, sentences = embed(tiny_model), embed(tiny_model, unit="sentences")
    assert [row.id for row in words] == [row.id for row in sentences]
    for row, pooled in zip(words, sentences):
        assert np.allclose(pooled.vectors, row.vectors.mean(axis=0), atol=1e-6)
    first, second = embed(tiny_model, unit="documents")
    assert (first.id, first.text, second.id) == ("a", TEXT, "b")
    assert np.allclose(second.vectors, np.concatenate([row.vectors for row in words[-2:]]).mean(axis=0), atol=1e-6)


def test_frequent_words_weigh_less(tiny_model: Path):
    weigh = sif_weights({"the": 999, "bank": 1}, 1000)
    assert np.allclose(weigh(["the", "bank", "new"]), [1e-3 / (1e-3 + 0.999), 0.5, 1.0])
    records = [{"id": "a", "sentences": [["the", "bank"]]}]
    (words,), (pooled,) = embed(tiny_model, records), embed(tiny_model, records, unit="sentences", weigh=weigh)
    assert np.allclose(pooled.vectors, (words.vectors * weigh(words.words)[:, None]).sum(axis=0) / 2, atol=1e-6)


def test_other_weights_than_planned_are_refused(tiny_model: Path):
    with pytest.raises(CorpusError, match="not the weights that the job was planned with"):
        embed(tiny_model, digest="0" * 64)


def test_words_of_records_are_counted(monkeypatch: pytest.MonkeyPatch):
    counts = Counts("en")
    assert list(counts.counted(RECORDS)) == RECORDS
    assert (counts.total, counts.words["."], counts.words["bank"]) == (sum(counts.words.values()), 2, 2)
    monkeypatch.setattr(module, "MOST_COUNTED", 3)
    list(counts.counted(RECORDS[1:]))
    assert (counts.words["."], counts.words["And"]) == (3, 0)


def test_words_that_a_table_refuses_are_named_with_their_place(tmp_path: Path):
    model_directory.write(tmp_path / "table", random_table_model("error"), {"lang": "en"})
    with pytest.raises(CorpusError, match="^b#0 to b#1: .*One"):
        embed(tmp_path / "table", RECORDS[1:])
