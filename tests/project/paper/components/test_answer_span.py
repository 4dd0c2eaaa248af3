"""Answers as spans: what is scored, what is learned, and what a pipeline does with it."""

import numpy as np
import pytest
import spacy
import torch
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

from project.paper.components.answer_span import SpanReader, build_span_reader, find_best, find_right, pad
from project.paper.readers.corpus import copy_given
from tests.support.pipelines import listener, recipe

PEOPLE, PLACES = ["Anna", "Bob", "Carl", "Dora"], ["Rome", "Oslo", "New York"]


def make_doc(vocab, question, context, *answers):
    """A Doc of both, with answers by their first token in the context and the one behind."""
    words = question + context
    doc = Doc(vocab, words=words, sent_starts=[i in (0, len(question)) for i in range(len(words))])
    doc.spans["question"] = [doc[: len(question)]]
    doc.spans["answers"] = [doc[len(question) + start : len(question) + end] for start, end in answers]
    return doc


def make_examples(vocab):
    docs = []
    for i, person in enumerate(PEOPLE):
        place = PLACES[i % len(PLACES)].split()
        context = [person, "lives", "in", *place, "."]
        docs.append(make_doc(vocab, ["Who", "lives", "?"], context, (0, 1)))
        docs.append(make_doc(vocab, ["Where", "?"], context, (3, 3 + len(place)), (2, 3 + len(place))))
    return [Example(copy_given(doc, ["question"]), doc) for doc in docs]


def make_pipeline(tiny_model=None, **settings):
    fix_random_seed(0)
    nlp = spacy.blank("en")
    features = None if tiny_model is None else listener()
    if tiny_model is not None:
        nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    tok2vec = recipe(input=features, output=features)
    model = {"@architectures": "spacy-elmo-paper.SpanReader.v1", "width": 12, "dropout": 0.0, "tok2vec": tok2vec}
    nlp.add_pipe("answer_span", config={"model": model, **settings})
    return nlp


def train(nlp, examples, steps=40):
    nlp.initialize(lambda: examples)
    optimizer = Adam(0.02, L2=0.0)
    return [nlp.update(examples, sgd=optimizer)["answer_span"] for _ in range(steps)]


def copies(examples):
    return [copy_given(example.reference, ["question"]) for example in examples]


@pytest.fixture(scope="module")
def trained():
    nlp = make_pipeline()
    examples = make_examples(nlp.vocab)
    return nlp, examples, train(nlp, examples)


def test_it_learns_answers(trained):
    nlp, examples, losses = trained
    assert losses[-1] < 0.2 * losses[0]
    assert nlp.evaluate(examples)["answer_em"] == 1
    doc = nlp(copies(examples)[0])
    assert [span.text for span in doc.spans["answer"]] == ["Anna"]


def test_answers_have_at_most_the_length_of_the_setting(trained):
    nlp, examples, _ = trained
    pipe = nlp.get_pipe("answer_span")
    pipe.cfg["max_length"] = 1
    lengths = [len(doc.spans["answer"][0]) for doc in nlp.pipe(copies(examples))]
    pipe.cfg["max_length"] = 17
    assert set(lengths) == {1}


def test_docs_that_are_empty_short_or_have_white_space(trained):
    nlp, _, _ = trained
    docs = [
        Doc(nlp.vocab),
        make_doc(nlp.vocab, ["Who"], []),
        make_doc(nlp.vocab, ["Who"], ["Anna"]),
        make_doc(nlp.vocab, ["Who", "\n"], [" ", "Anna", "\n\n"]),
    ]
    assert [len(doc.spans["answer"]) for doc in nlp.pipe(docs)] == [0, 0, 1, 1]
    assert nlp(docs[2]).spans["answer"][0].text == "Anna"
    assert len(nlp(make_doc(nlp.vocab, ["Who"], [])).spans["answer"]) == 0


def test_predictions_do_not_depend_on_the_batch(trained):
    nlp, examples, _ = trained
    pipe = nlp.get_pipe("answer_span")
    docs = [*copies(examples), make_doc(nlp.vocab, ["Who"], ["Anna"]), make_doc(nlp.vocab, ["Who"], [])]
    for doc, scores in zip(docs, pipe.predict(docs)):
        np.testing.assert_allclose(pipe.predict([doc])[0], scores, atol=1e-5)  # sums in another order


def test_training_takes_empty_docs_along(trained):
    nlp, examples, _ = trained
    empty = Example(Doc(nlp.vocab), Doc(nlp.vocab))
    losses = nlp.update([empty, examples[0], empty], sgd=False)
    assert 0 <= losses["answer_span"] < 1
    assert nlp.update([empty], sgd=False) == {"answer_span": 0}


def test_saved_pipelines_predict_the_same(trained, tmp_path):
    nlp, examples, _ = trained
    nlp.to_disk(tmp_path)
    for loaded in (spacy.load(tmp_path), make_pipeline().from_bytes(nlp.to_bytes())):
        left, right = (pipe.get_pipe("answer_span").predict(copies(examples)) for pipe in (nlp, loaded))
        assert all(np.array_equal(a, b) for a, b in zip(left, right))


def test_training_is_the_same_for_the_same_seed(trained):
    nlp = make_pipeline()
    assert train(nlp, make_examples(nlp.vocab), steps=3) == trained[2][:3]


def test_elmo_and_vectors_of_words_are_trained_along(tiny_model):
    nlp = make_pipeline(tiny_model)
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    nlp.update(examples, sgd=False)  # so that gradients stay
    layers = [node for node in nlp.get_pipe("answer_span").model.walk() if node.grad_names]
    untrained = [node.name for node in layers for name in node.grad_names if not node.get_grad(name).any()]
    assert [node.name for node in layers].count("scalar_mix") == 2
    assert untrained == []


def test_batches_without_contexts_are_no_error(trained):
    nlp, _, _ = trained
    doc = make_doc(nlp.vocab, ["Who"], [])
    assert nlp.update([Example(copy_given(doc, ["question"]), doc)], sgd=False) == {"answer_span": 0}


@pytest.mark.parametrize("spans", [{}, {"question": []}, {"question": [(0, 1), (1, 2)]}, {"question": [(0, 0)]}])
def test_a_doc_without_a_question_is_named(trained, spans):
    nlp, _, _ = trained
    doc = nlp.make_doc("Who did ?")
    for key, group in spans.items():
        doc.spans[key] = [doc[start:end] for start, end in group]
    with pytest.raises(ValueError, match=r"doc.spans\['question'\] has . spans in 'Who did \?'"):
        nlp(doc)


def test_examples_without_answers_are_named():
    nlp = make_pipeline()
    with pytest.raises(ValueError, match=r'answer_span: no answers to learn from.*doc.spans\["answers"\]'):
        nlp.initialize()


def test_settings_out_of_range():
    with pytest.raises(ValueError, match="width = 5: must be an even number"):
        build_span_reader(None, width=5)
    with pytest.raises(ValueError, match="max_length = 0: must be at least 1"):
        make_pipeline(max_length=0)


def test_padding_changes_nothing():
    torch.manual_seed(0)
    reader = SpanReader(4, 0.0).eval()
    words = torch.randn(9, 4)
    alone = reader(words, torch.tensor([[0, 1]]), torch.tensor([[2, 3, 4]]))
    padded = reader(words, torch.tensor([[0, 1, -1], [5, 6, 7]]), torch.tensor([[2, 3, 4, -1], [5, 6, 7, 8]]))
    for one, two in zip(alone, padded):
        assert torch.allclose(one[0], two[0, :3], atol=1e-6)  # sums in another order
        assert two[0, 3] == -torch.inf


def test_the_best_span_is_in_order_and_not_too_long():
    scores = np.array([[0, 0, 5, 4], [9, 0, 0, 3]], dtype="float32")
    assert find_best(scores, 4) == (0, 1)
    assert find_best(scores - [[6, 0, 0, 0], [0, 0, 0, 0]], 4) == (2, 4)
    assert find_best(scores - [[6, 0, 0, 0], [0, 0, 0, 0]], 1) == (3, 4)


def test_gold_answers_are_found_in_other_tokens():
    vocab = spacy.blank("en").vocab
    gold = make_doc(vocab, ["Who", "?"], ["It", "cannot"], (0, 1), (1, 2))
    other = Doc(vocab, words=["Who", "?", "It", "can", "not"], spaces=[True, True, True, False, False])
    assert find_right(Example(other, gold), 3).astype(int).tolist() == [[1, 1, 0], [1, 0, 1]]


def test_rows_are_padded():
    assert pad([range(2), range(3, 6)]).tolist() == [[0, 1, -1], [3, 4, 5]]
