"""Inference over two sentences, step by step."""

import pytest
import spacy
import torch
from spacy.ml.models.tok2vec import MultiHashEmbed

from project.paper.components.esim import ESIM, build_esim
from project.paper.layers.lstm import build_bilstm
from project.paper.layers.parts import build_parts_tok2vec

WIDTH = 12


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


def test_a_doc_without_a_hypothesis_is_refused():
    embed = MultiHashEmbed(WIDTH, ["NORM"], [50], False)
    tok2vec = build_parts_tok2vec(embed, build_bilstm(WIDTH, depth=1, dropout=0.0), "hypothesis")
    with pytest.raises(ValueError, match=r"doc.spans\['hypothesis'\] has 0 spans in 'one sentence'"):
        build_esim(tok2vec).initialize(X=[spacy.blank("en")("one sentence")])
