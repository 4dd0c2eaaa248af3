"""Inference over two sentences, step by step, and where the sentences of a Doc are."""

import numpy as np
import pytest
import spacy
import torch
from spacy.ml.models.tok2vec import MultiHashEmbed
from spacy.tokens import Doc

from project.paper.components.esim import ESIM, build_esim, build_pair_tok2vec, find_hypothesis
from project.paper.layers.lstm import build_bilstm
from project.paper.readers.entailment import make_pair

WIDTH = 12


def make_embed():
    return MultiHashEmbed(WIDTH, ["NORM"], [50], False)


@pytest.fixture
def nlp():
    return spacy.blank("en")


def test_it_is_what_the_paper_describes():
    torch.manual_seed(0)
    module = ESIM(width=4, hidden_size=3, dropout=0.5).eval()
    premise, hypothesis = torch.randn(5, 4), torch.randn(3, 4)
    pooled = []
    for one, two in ((premise, hypothesis), (hypothesis, premise)):
        aligned = torch.softmax(one @ two.T, 1) @ two
        local = module.project(torch.cat([one, aligned, one - aligned, one * aligned], 1))
        words = module.composition(local[None])[0][0]
        pooled += [words.mean(0), words.max(0)[0]]
    found = module(torch.cat([premise, hypothesis]), torch.tensor([5, 3]))
    assert torch.allclose(found[0], module.hidden(torch.cat(pooled)), atol=1e-6)


def test_each_sentence_is_encoded_by_itself(nlp):
    tok2vec = build_pair_tok2vec(make_embed(), build_bilstm(WIDTH, depth=1, dropout=0.0))
    pairs = [make_pair(nlp, "a man sleeps", other) for other in ("he rests", "two dogs run fast")]
    tok2vec.initialize(X=pairs)
    one, two = tok2vec.predict(pairs)
    assert (one.shape, two.shape) == ((5, WIDTH), (7, WIDTH))
    assert np.allclose(one[:3], two[:3], atol=1e-6)


def test_a_doc_without_a_hypothesis_is_refused(nlp):
    tok2vec = build_pair_tok2vec(make_embed(), build_bilstm(WIDTH, depth=1, dropout=0.0))
    with pytest.raises(ValueError, match=r"doc.spans\['hypothesis'\] has 0 spans in 'one sentence'"):
        build_esim(tok2vec).initialize(X=[nlp("one sentence")])


def test_several_hypotheses_are_refused(nlp):
    doc = nlp("one two")
    doc.spans["hypothesis"] = [doc[:1], doc[1:]]
    with pytest.raises(ValueError, match="has 2 spans"):
        find_hypothesis(doc)


def test_a_doc_of_nothing_has_no_hypothesis(nlp):
    assert find_hypothesis(Doc(nlp.vocab)) == 0
