"""The paper's recipe, and ELMo beside spaCy's and Thinc's own layers."""

import numpy as np
import pytest
import spacy
from spacy.ml.featureextractor import FeatureExtractor
from spacy.ml.models.tok2vec import MaxoutWindowEncoder, MultiHashEmbed
from thinc.api import HashEmbed, Linear, Model, chain, with_array

from spacy_elmo.layers.listener import build_listener
from spacy_elmo.layers.scalar_mix import build_scalar_mix
from spacy_elmo.layers.tok2vec import build_elmo_tok2vec
from tests.support.pipelines import (
    EMBED,
    ENCODE,
    LISTENER,
    LSTM,
    annotations,
    find_listeners,
    make_examples,
    make_pipeline,
    recipe,
    train,
    unannotated,
)

WIDTH, ELMO_WIDTH = 12, 8


BOTH = {"input": LISTENER, "output": LISTENER}


@pytest.mark.filterwarnings("ignore:no component listens")  # at no place
@pytest.mark.parametrize(
    ("places", "encode"),
    [((), ENCODE), (("input",), ENCODE), (("output",), LSTM), (("input", "output"), ENCODE), (BOTH, LSTM)],
)
def test_it_trains_at_either_place_with_any_encoder(tiny_model, tmp_path, places, encode):
    tok2vec = recipe(encode, **dict.fromkeys(places, LISTENER))
    nlp = make_pipeline(tiny_model, "tagger", tok2vec=tok2vec)
    examples = make_examples(nlp, 6)
    nlp.initialize(lambda: examples)
    first, last = train(nlp, examples, steps=10)
    assert last["tagger"] < first["tagger"]
    assert len(find_listeners(nlp, "tagger")) == len(places)
    width = WIDTH + ELMO_WIDTH * ("output" in places)
    doc = unannotated(examples)[0]
    assert nlp.get_pipe("tagger").model.get_ref("tok2vec").predict([nlp(doc)])[0].shape == (len(doc), width)

    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    for one, two in zip(nlp.pipe(unannotated(examples)), again.pipe(unannotated(examples))):
        assert annotations(one) == annotations(two)


@pytest.mark.parametrize("pipe", ["parser", "ner", "spancat", "textcat"])
def test_pipes_with_models_of_other_kinds(tiny_model, pipe):
    nlp = make_pipeline(tiny_model, pipe, tok2vec=recipe(**BOTH))
    examples = make_examples(nlp, 6)
    nlp.initialize(lambda: examples)
    first, last = train(nlp, examples, steps=10)
    assert last[pipe] < first[pipe]


def test_input_and_output_learn_a_mix_each(tiny_model):
    nlp = make_pipeline(tiny_model, "tagger", tok2vec=recipe(**BOTH))
    examples = make_examples(nlp, 6)
    nlp.initialize(lambda: examples)
    train(nlp, examples, steps=5)
    one, two = (node.layers[0].get_param("w") for node in find_listeners(nlp, "tagger"))
    assert not np.allclose(one, two)


def test_the_encoder_may_train_with_a_trained_bilm(tiny_model):
    nlp = make_pipeline(tiny_model, "tagger", tok2vec=recipe(**BOTH), frozen=False)
    examples = make_examples(nlp, 6)
    nlp.initialize(lambda: examples)
    before = nlp.get_pipe("elmo").to_bytes()
    first, last = train(nlp, examples, steps=10)
    assert last["tagger"] < first["tagger"]
    assert nlp.get_pipe("elmo").to_bytes() != before


def test_concatenate_needs_no_code_of_ours(tiny_model):
    tok2vec = {"@layers": "concatenate.v1", "*": {"elmo": LISTENER, "hash": EMBED}}
    nlp = make_pipeline(tiny_model, "tagger", tok2vec=tok2vec)
    examples = make_examples(nlp, 6)
    nlp.initialize(lambda: examples)
    first, last = train(nlp, examples, steps=10)
    assert last["tagger"] < first["tagger"]
    before = [annotations(doc) for doc in nlp.pipe(unannotated(examples))]
    nlp.replace_listeners("elmo", "tagger", ["model.tok2vec.*.elmo"])
    nlp.remove_pipe("elmo")
    assert [annotations(doc) for doc in nlp.pipe(unannotated(examples))] == before


# By itself


@pytest.fixture
def elmo(nlp):
    """A pipe that is loaded."""
    pipe = nlp.get_pipe("elmo")
    pipe.load()
    return pipe


@pytest.fixture
def docs(nlp):
    return list(nlp.pipe(["Anna saw cats.", "", "Bob met"]))


def make_listener(elmo, mix="average"):
    model = build_listener("elmo", build_scalar_mix(mix, dropout=0.0))
    elmo.add_listener(model, "test")
    return model


def make_embed():
    return MultiHashEmbed(WIDTH, ["NORM"], [50], False)


def test_neither_place_is_embed_and_encode(docs):
    model = build_elmo_tok2vec(make_embed(), MaxoutWindowEncoder(WIDTH, 1, 2, 1))
    model.initialize(X=docs)
    embed, encode = model.layers
    for one, two in zip(model.predict(docs), encode.predict(embed.predict(docs))):
        assert np.array_equal(one, two)


def test_the_output_is_encoded_words_beside_elmo(elmo, docs):
    listener = make_listener(elmo, mix="top")
    model = build_elmo_tok2vec(make_embed(), MaxoutWindowEncoder(WIDTH, 1, 2, 1), output=listener)
    model.initialize(X=docs)
    for doc, output in zip(docs, model.predict(docs)):
        assert np.array_equal(output[:, WIDTH:], doc._.elmo_layers[2])


def make_encoder_of_nothing():
    """An encoder that leaves vectors as they are, so that what is in front of it is seen."""
    return Model("same", lambda model, X, is_train: (X, lambda dY: dY))


def test_the_input_is_a_linear_layer_over_words_and_elmo(elmo, docs):
    embed = make_embed()
    model = build_elmo_tok2vec(embed, make_encoder_of_nothing(), input=make_listener(elmo, mix="top"))
    model.initialize(X=docs)
    linear = next(node for node in model.walk() if node.name == "linear")
    W, b = linear.get_param("W"), linear.get_param("b")
    for doc, x, output in zip(docs, embed.predict(docs), model.predict(docs)):
        joined = np.hstack([x, doc._.elmo_layers[2]])
        assert np.allclose(output, joined @ W.T + b, atol=1e-5)  # order of float32 sums


def test_gradients_of_the_input_agree_with_finite_differences(elmo, docs):
    embed = chain(FeatureExtractor(["NORM"]), with_array(HashEmbed(WIDTH, 50, column=0)))  # smooth, without maxout
    model = build_elmo_tok2vec(embed, with_array(Linear(WIDTH, WIDTH)), input=make_listener(elmo, "learned"))
    model.initialize(X=docs)
    rng = np.random.default_rng(0)
    d_outputs = [rng.normal(size=(len(doc), WIDTH)).astype("float32") for doc in docs]
    _, backprop = model.begin_update(docs)
    backprop(d_outputs)
    for node in model.walk():
        for name in node.param_names:
            check_gradient(model, docs, d_outputs, node, name, rng)


def check_gradient(model, docs, d_outputs, node, name, rng):
    """One direction for all numbers of a parameter."""

    def loss(step):
        node.set_param(name, values + step * direction)
        return sum(float((output.astype("float64") * d).sum()) for output, d in zip(model.predict(docs), d_outputs))

    values, gradient = node.get_param(name).copy(), node.get_grad(name)
    direction = rng.normal(size=values.shape).astype("float32")
    numeric = (loss(0.05) - loss(-0.05)) / 0.1
    node.set_param(name, values)
    expected = float((gradient * direction).sum())
    # float32 sums, and the third derivative of softmax and layer norm
    assert numeric == pytest.approx(expected, rel=2e-2, abs=2e-2), f"{node.name}.{name}"
