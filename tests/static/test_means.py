from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_elmo.embedding import run
from spacy_elmo.static import StaticVectors, static_vectors
from spacy_elmo.static.means import choose_words
from spacy_elmo.text.readers import CorpusError

TEXT = "\n".join(f"The bank raised rate {i}. We sat on the bank." for i in range(30))


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf8")
    return tmp_path / "a.txt"


def compute(text: Path, model: Path, **changes) -> StaticVectors:
    return static_vectors([text], **{"model": str(model), "n_process": 1, **changes})


def test_a_word_has_the_mean_of_its_uses(text: Path, tiny_model: Path, nlp):
    found = compute(text, tiny_model)
    doc = nlp(TEXT)
    assert found.vectors.dtype == np.float32
    assert found.vectors.shape == (9, 8)
    for word, vector, count in zip(found.words, found.vectors, found.counts):
        uses = doc._.elmo[[token.i for token in doc if token.text == word]]
        assert len(uses) == count
        assert np.allclose(vector, uses.mean(axis=0), atol=1e-6)  # float32 of sums in another order


def test_the_most_frequent_come_first_and_ties_in_the_order_of_their_characters(text: Path, tiny_model: Path):
    found = compute(text, tiny_model)
    assert found.words == [".", "bank", "The", "We", "on", "raised", "rate", "sat", "the"]
    assert found.counts.tolist() == [60, 60, *[30] * 7]
    assert compute(text, tiny_model, words=3).words == [".", "bank", "The"]


def test_case_is_folded(text: Path, tiny_model: Path):
    plain, folded = compute(text, tiny_model), compute(text, tiny_model, lower=True)
    assert folded.words[:3] == [".", "bank", "the"]
    assert folded.row_of["The"] == folded.row_of["the"] == 2
    assert "The" not in folded.words
    both = plain.vectors[plain.words.index("The")] + plain.vectors[plain.words.index("the")]
    assert np.allclose(folded.vectors[2], both / 2, atol=1e-6)


def test_layer_0_is_the_word_itself(text: Path, tiny_model: Path, nlp):
    found = compute(text, tiny_model, layers="0")
    assert np.allclose(found.vectors[found.words.index("sat")], nlp("They sat")[1]._.elmo_layers[0], atol=1e-6)


def test_shards_and_processes_do_not_matter(text: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch):
    whole = compute(text, tiny_model)
    monkeypatch.setattr(run, "MEBIBYTE", 100)
    told: list[str] = []
    alone, several = compute(text, tiny_model), compute(text, tiny_model, n_process=2, notify=told.append)
    assert np.allclose(alone.vectors, whole.vectors, atol=1e-6)
    assert np.array_equal(alone.vectors, several.vectors)
    assert alone.words == several.words
    assert len(told) == 1


def test_whitespace_is_no_word(tmp_path: Path, tiny_model: Path):
    doc = Doc(spacy.blank("en").vocab, ["One", "\n\n", "two", "\n\n"], sent_starts=[True, False, False, False])
    DocBin(docs=[doc] * 3).to_disk(tmp_path / "a.spacy")
    assert compute(tmp_path / "a.spacy", tiny_model, min_count=1).words == ["One", "two"]


def test_words_are_refused_before_anything_is_computed(text: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(words):
        raise ValueError(f"{len(words)} words")

    monkeypatch.setattr("spacy_elmo.static.means.Summer", None)
    with pytest.raises(ValueError, match="9 words"):
        compute(text, tiny_model, check=refuse)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"min_count": 0}, "min_count = 0"),
        ({"words": 0}, "words = 0"),
        ({"layers": "all"}, "a word has one vector here"),
        ({"layers": "7"}, "layers of these weights are 0 to 2"),
        ({"lang": "xyz"}, "lang = 'xyz'"),
        ({"n_process": 0}, "n_process = 0"),
        ({"speed": 1}, "unexpected keyword argument 'speed'"),
    ],
)
def test_settings_are_checked(text: Path, tiny_model: Path, changes: dict, problem: str):
    with pytest.raises(ValueError, match=problem):
        compute(text, tiny_model, **changes)


def test_a_text_without_frequent_words_is_refused(text: Path, tiny_model: Path):
    problem = r"min_count = 61: the text has no word so often \('\.', the most frequent, 60\)"
    with pytest.raises(CorpusError, match=problem):
        compute(text, tiny_model, min_count=61)


def test_an_empty_text_is_refused(text: Path, tiny_model: Path):
    text.write_text("\n\n", encoding="utf8")
    with pytest.raises(CorpusError, match="the inputs hold no text"):
        compute(text, tiny_model)


def test_each_spelling_has_the_row_of_its_word():
    counts = {"the": 2, "The": 1, "a": 3, "\n": 9, "rare": 1}
    assert choose_words(counts, lower=True, min_count=2, most=9) == (["a", "the"], {"the": 1, "The": 1, "a": 0})
