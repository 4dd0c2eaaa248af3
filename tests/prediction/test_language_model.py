from pathlib import Path

import numpy as np
import pytest
import torch

from spacy_elmo.bilm import BiLM
from spacy_elmo.formats import Head, Pretrained, WeightsError
from spacy_elmo.prediction import LanguageModel, language_model, softmax
from spacy_elmo.pretraining.loop.perplexity import text_perplexity
from spacy_elmo.text.readers import CorpusError
from tests.support.predictors import VOCABULARY, make_predictor
from tests.support.random_models import random_head, random_lexicon_model, random_model, random_table_model

SENTENCES = [["the", "bank", "of", "the", "river", "."], ["<S>"], ["A", "shore\ud800", "</S>", "bank"]]
ROUNDING = 1e-5  # float32 in another order


@pytest.mark.parametrize("make", [random_model, random_table_model, random_lexicon_model])
def test_the_mean_is_the_log_perplexity_of_each_direction(make):
    predictor = make_predictor(make())
    found = np.nanmean(predictor.log_likelihoods(SENTENCES), axis=1)
    perplexity = text_perplexity(predictor.model, predictor.head, [SENTENCES]).perplexity
    assert -found == pytest.approx(np.log(perplexity[:2]), abs=ROUNDING)
    assert perplexity.n_tokens == np.isfinite(predictor.log_likelihoods(SENTENCES)[0]).sum()


def test_what_a_direction_reads_first_is_not_predicted():
    found = make_predictor().log_likelihoods([["the", "bank"], ["river"]])
    assert np.isnan(found).tolist() == [[True, *[False] * 6], [False, False, False, True, False, False, False]]


@pytest.mark.parametrize("batch_words", [1, 20, 4096])
def test_documents_beside_each_other_make_no_difference(batch_words: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(language_model, "BATCH_WORDS", batch_words)
    documents = [SENTENCES, [], [["bank"]], SENTENCES * 20, [["the", "river"], ["A"] * 300]]
    predictor = make_predictor()
    for document, found in zip(documents, predictor.documents_log_likelihoods(documents), strict=True):
        assert np.array_equal(found, make_predictor().log_likelihoods(document), equal_nan=True)


def test_blocks_of_the_softmax_make_no_difference(monkeypatch: pytest.MonkeyPatch):
    whole = make_predictor().log_likelihoods(SENTENCES * 3)
    monkeypatch.setattr(softmax, "BLOCK_ROWS", 7)
    monkeypatch.setattr(softmax, "BLOCK_WORDS", 3)
    assert make_predictor().log_likelihoods(SENTENCES * 3) == pytest.approx(whole, abs=ROUNDING, nan_ok=True)


def test_large_numbers_have_likelihoods_and_none_is_above_1():
    head = random_head(random_model(), words=VOCABULARY)
    found = make_predictor(head=head._replace(weight=head.weight * 1e4)).log_likelihoods(SENTENCES)
    assert np.isnan(found).sum() == 2
    assert np.isfinite(np.nanmin(found))
    assert np.nanmax(found) == 0


@pytest.mark.parametrize(("sentence", "word"), [(0, 0), (0, 4), (2, 3)])
def test_probabilities_at_a_place_sum_to_1_and_are_the_likelihoods_of_words(sentence: int, word: int):
    predictor = make_predictor()
    found = predictor.log_probabilities(SENTENCES, sentence, word)
    assert np.exp(found).sum(axis=1) == pytest.approx([1, 1], abs=1e-12)
    place = sum(len(s) + 2 for s in SENTENCES[:sentence]) + 1 + word
    id = VOCABULARY.index(SENTENCES[sentence][word])
    assert found[:, id] == pytest.approx(predictor.log_likelihoods(SENTENCES)[:, place], abs=ROUNDING)


def test_the_word_at_a_place_is_not_read():
    predictor = make_predictor(random_table_model("error"))
    found = [predictor.log_probabilities([["the", word, "river"]], 0, 1) for word in ("bank", "never heard of")]
    assert np.array_equal(*found)


def test_a_marker_in_the_text_is_an_unknown_word():
    predictor = make_predictor()
    marker, unknown = (predictor.log_likelihoods([["the", word]]) for word in ("</S>", "<UNK>"))
    assert np.array_equal(marker, unknown, equal_nan=True)


def test_nothing_has_no_likelihoods():
    assert make_predictor().log_likelihoods([]).shape == (2, 0)


def test_inference_mode_makes_no_difference():
    whole = make_predictor().log_likelihoods(SENTENCES)
    with torch.inference_mode():
        assert np.array_equal(make_predictor().log_likelihoods(SENTENCES), whole, equal_nan=True)


def test_words_that_a_table_refuses_are_named():
    with pytest.raises(ValueError, match=r"tiny: words outside the vocabulary of this model: 'shore'"):
        make_predictor(random_table_model("error")).log_likelihoods([["the", "shore"]])


def test_a_model_without_a_softmax_says_how_to_get_one(tiny_model: Path):
    with pytest.raises(WeightsError, match=r"has no softmax, so it predicts no words; .*pretrain --init .*tiny"):
        LanguageModel.load(tiny_model)


@pytest.mark.parametrize("words", [("the", "bank"), ("<S>", "</S>", "<UNK>", "the", "the")])
def test_a_vocabulary_of_another_kind_is_refused(words: tuple[str, ...]):
    model = random_model()
    with pytest.raises(CorpusError, match="tiny: vocabulary of the softmax: "):
        make_predictor(model, random_head(model, words=words))


def test_numbers_that_are_too_large_are_refused():
    model: BiLM = random_model()
    for parameter in model.parameters():
        parameter.mul_(1e30)
    head: Head = random_head(model, words=VOCABULARY)
    with pytest.raises(WeightsError, match="tiny: its numbers are too large"):
        LanguageModel(Pretrained(model, {}, head), "tiny").log_likelihoods(SENTENCES)
