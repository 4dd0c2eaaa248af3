"""Coreference: what is ranked, what is learned, and what a pipeline does with it."""

import numpy as np
import pytest
import spacy
import torch
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

from project.paper.components.coref import (
    Ranking,
    SpanRanker,
    find_antecedents,
    find_clusters,
    number_clusters,
    prune,
)
from project.paper.readers.corpus import copy_given
from tests.support.pipelines import listener, recipe

WOMEN, MEN, PLACES = ["Anna", "Dora", "Eve"], ["Bob", "Carl", "Fred"], ["Rome", "Oslo"]
SIZES = {"width": 12, "hidden": 16, "max_span_width": 3, "spans_per_word": 0.5, "max_antecedents": 10, "dropout": 0.0}


def make_gold(vocab, woman, man, place):
    """The words, sentences and clusters of two sentences; the place is alone."""
    words = [woman, "met", man, "in", place, ".", "She", "liked", "him", "."]
    doc = Doc(vocab, words=words, sent_starts=[i in (0, 6) for i in range(10)])
    for i, cluster in enumerate([(0, 6), (2, 8), (4,)], start=1):
        doc.spans[f"coref_clusters_{i}"] = [doc[at : at + 1] for at in cluster]
    return doc


def make_examples(vocab):
    docs = [make_gold(vocab, woman, man, place) for woman in WOMEN for man in MEN for place in PLACES]
    return [Example(copy_given(doc, []), doc) for doc in docs[::3]]


def make_pipeline(tiny_model=None, **settings):
    fix_random_seed(0)
    nlp = spacy.blank("en")
    features = None if tiny_model is None else listener()
    if tiny_model is not None:
        nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    model = {"@architectures": "spacy-elmo-paper.SpanRanking.v1", **SIZES, "tok2vec": recipe(input=features)}
    nlp.add_pipe("coref", config={"model": model, **settings})
    return nlp


def train(nlp, examples, steps=30):
    nlp.initialize(lambda: examples)
    optimizer = Adam(0.01, L2=0.0)
    return [nlp.update(examples, sgd=optimizer)["coref"] for _ in range(steps)]


def clusters(doc):
    return {tuple((span.start, span.end) for span in group) for group in doc.spans.values()}


@pytest.fixture(scope="module")
def trained():
    nlp = make_pipeline()
    examples = make_examples(nlp.vocab)
    return nlp, examples, train(nlp, examples)


def test_it_learns_clusters_and_mentions_that_are_alone(trained):
    nlp, examples, losses = trained
    assert losses[-1] < 0.2 * losses[0]
    assert nlp.evaluate(examples)["coref_conll_f"] == 1
    assert clusters(nlp(copy_given(examples[0].reference, []))) == {((0, 1), (6, 7)), ((2, 3), (8, 9)), ((4, 5),)}


def test_mentions_that_are_alone_are_left_out_where_the_setting_says_so(trained):
    nlp, examples, _ = trained
    coref = nlp.get_pipe("coref")
    coref.cfg["with_single"] = False
    found = clusters(nlp(copy_given(examples[0].reference, [])))
    coref.cfg["with_single"] = True
    assert found == {((0, 1), (6, 7)), ((2, 3), (8, 9))}


def test_a_second_run_replaces_clusters_and_leaves_other_spans(trained):
    nlp, examples, _ = trained
    doc = nlp(copy_given(examples[0].reference, []))
    once = clusters(doc)
    doc.spans["sc"] = []
    doc.spans["coref_clusters_9"] = [doc[0:1]]
    assert clusters(nlp.get_pipe("coref")(doc)) - {()} == once
    assert "sc" in doc.spans


def test_docs_that_are_empty_short_or_have_white_space(trained):
    nlp, _, _ = trained
    texts = ["", "She", "   ", "Anna \n met  him.\n\n", ""]
    assert [doc.text for doc in nlp.pipe(texts)] == texts
    assert nlp("").spans == {}


def test_predictions_do_not_depend_on_the_batch(trained):
    nlp, examples, _ = trained
    coref = nlp.get_pipe("coref")
    docs = [example.predicted for example in examples[:3]] + [nlp.make_doc("She met Bob.")]
    together = coref.predict(docs)
    for doc, ranking in zip(docs, together):
        for left, right in zip(coref.predict([doc])[0], ranking):
            np.testing.assert_allclose(left, right, atol=1e-5)  # sums in another order


def test_training_takes_empty_docs_along(trained):
    nlp, examples, _ = trained
    empty = Example(Doc(nlp.vocab), Doc(nlp.vocab))
    losses = nlp.update([empty, examples[0], empty], sgd=False)
    assert 0 <= losses["coref"] < 1
    assert nlp.update([empty], sgd=False) == {"coref": 0}


def test_saved_pipelines_predict_the_same(trained, tmp_path):
    nlp, examples, _ = trained
    nlp.to_disk(tmp_path)
    fresh = make_pipeline()
    for loaded in (spacy.load(tmp_path), fresh.from_bytes(nlp.to_bytes())):
        doc = copy_given(examples[0].reference, [])
        left, right = (pipe.get_pipe("coref").predict([doc])[0] for pipe in (nlp, loaded))
        assert all(np.array_equal(a, b) for a, b in zip(left, right))


def test_training_is_the_same_for_the_same_seed(trained):
    nlp = make_pipeline()
    assert train(nlp, make_examples(nlp.vocab), steps=3) == trained[2][:3]


def test_elmo_and_vectors_of_words_are_trained_along(tiny_model):
    nlp = make_pipeline(tiny_model)
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    nlp.update(examples, sgd=False)  # so that gradients stay
    layers = [node for node in nlp.get_pipe("coref").model.walk() if node.grad_names]
    untrained = [node.name for node in layers for name in node.grad_names if not node.get_grad(name).any()]
    assert {"hashembed", "scalar_mix"} <= {node.name for node in layers}
    assert untrained == []


def test_examples_without_clusters_are_named():
    nlp = make_pipeline()
    with pytest.raises(ValueError, match=r'coref: no clusters to learn from.*doc.spans\["coref_clusters_1"\]'):
        nlp.initialize()


def test_spans_do_not_cross_sentences():
    torch.manual_seed(0)
    ranker = SpanRanker(4, 5, 3, 0.5, 10, 0.0)
    _, _, spans, _ = ranker(torch.randn(5, 4), torch.tensor([0, 0, 0, 1, 1]))
    expected = [(i, i + 1) for i in range(5)] + [(0, 2), (1, 3), (3, 5), (0, 3)]
    assert [tuple(span) for span in spans.tolist()] == expected


def test_heads_are_means_by_attention():
    torch.manual_seed(0)
    ranker = SpanRanker(4, 5, 3, 0.5, 10, 0.0).eval()
    words = torch.randn(6, 4)
    spans, heads = ranker._find_spans(words, torch.zeros(6, dtype=torch.int64))
    start, end = spans[-1].tolist()
    expected = ranker.attention(words[start:end]).softmax(0).T @ words[start:end]
    assert torch.allclose(heads[-1], expected[0], atol=1e-6)  # the same sum by another kernel


def test_pairs_are_of_no_antecedent_and_of_those_before():
    torch.manual_seed(0)
    ranker = SpanRanker(4, 5, 3, 1.0, 3, 0.0).eval()
    _, pairs, _, _ = ranker(torch.randn(6, 4), torch.zeros(6, dtype=torch.int64))
    assert pairs.shape == (6, 4)
    assert (pairs[:, 0] == 0).all()
    assert (pairs[0, 1:] == -torch.inf).all()
    assert pairs[3].isfinite().all()


@pytest.mark.parametrize(
    ("spans", "scores", "limit", "kept"),
    [
        ([(0, 2), (1, 3)], [1, 2], 2, [1]),  # they cross
        ([(0, 3), (1, 2), (1, 3), (3, 4)], [1, 2, 3, 4], 4, [0, 2, 1, 3]),  # they do not; shorter ones come first
        ([(0, 1), (1, 2), (2, 3)], [3, 1, 2], 2, [0, 2]),
        ([(0, 2), (2, 4), (1, 3)], [1, 2, 3], 3, [2]),
    ],
)
def test_pruning_keeps_the_best_that_do_not_cross(spans, scores, limit, kept):
    found = prune(spans, scores, limit)
    assert sorted(found) == sorted(kept)
    assert [spans[i] for i in found] == sorted(spans[i] for i in found)


def test_clusters_follow_antecedents():
    spans = np.array([(i, i + 1) for i in range(5)])
    pairs = np.full((5, 5), -1.0)
    pairs[:, 0] = 0
    pairs[2, 2], pairs[4, 2], pairs[3, 0] = 1, 1, 1
    ranking = Ranking(np.array([1, -1, 1, 1, 1]), pairs, spans, np.arange(5))
    assert find_clusters(ranking, with_single=True) == [[(0, 1), (2, 3), (4, 5)], [(3, 4)]]
    assert find_clusters(ranking, with_single=False) == [[(0, 1), (2, 3), (4, 5)]]


def test_right_antecedents_are_those_of_the_cluster_or_none():
    found = find_antecedents(np.array([0, -1, 0, 1, 0, -1]), 4)
    expected = [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]]
    assert found.astype(int).tolist() == expected


def test_gold_mentions_are_found_in_other_tokens():
    vocab = spacy.blank("en").vocab
    gold = Doc(vocab, words=["Mary", "saw", "herself"])
    gold.spans["coref_clusters_1"] = [gold[0:1], gold[2:3]]
    other = Doc(vocab, words=["Mary", "saw", "her", "self"], spaces=[True, True, False, True])
    spans = np.array([(0, 1), (1, 2), (2, 3), (2, 4)])
    assert number_clusters(Example(other, gold), spans).tolist() == [0, -1, -1, 0]
