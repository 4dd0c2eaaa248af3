"""The systems that are compared train in the same head."""

import numpy as np
import pytest
import spacy
from spacy.vectors import Vectors
from thinc.api import fix_random_seed

from project.paper.components.systems import make_tok2vec
from tests.support.pipelines import find_listeners, train
from tests.support.reviews import make_reviews


def make_pipeline(tiny_model, system, place="input"):
    fix_random_seed(0)
    nlp = spacy.blank("en")
    if system == "floret":
        data = np.random.default_rng(0).normal(size=(50, 7)).astype("float32")
        nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, mode="floret", minn=4, maxn=5, hash_count=2)
    if system == "elmo":
        nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    tok2vec = make_tok2vec(system, width=8, place=place)
    model = {"@architectures": "spacy-elmo-paper.BCN.v1", "tok2vec": tok2vec, "hidden_size": 8}
    nlp.add_pipe("textcat", config={"model": model})
    return nlp


@pytest.mark.parametrize("system", ["tok2vec", "floret", "elmo"])
def test_each_trains(tiny_model, system):
    nlp = make_pipeline(tiny_model, system)
    examples = make_reviews(nlp)[:4]
    nlp.initialize(lambda: examples)
    first, last = train(nlp, examples, steps=5)
    assert last["textcat"] < first["textcat"]


def test_static_vectors_get_a_projection_that_is_learned(tiny_model):
    nlp = make_pipeline(tiny_model, "floret")
    examples = make_reviews(nlp)[:4]
    nlp.initialize(lambda: examples)
    (static,) = [node for node in nlp.get_pipe("textcat").model.walk() if node.name == "static_vectors"]
    before = static.get_param("W").copy()
    train(nlp, examples, steps=2)  # the last layer begins at 0, so the first step changes nothing else
    assert not np.array_equal(static.get_param("W"), before)


@pytest.mark.parametrize(("place", "n_listeners"), [("input", 1), ("output", 1), ("both", 2)])
def test_elmo_comes_in_where_it_is_asked_for(tiny_model, place, n_listeners):
    block = make_tok2vec("elmo", place=place)
    assert sum(block[name] is not None for name in ("input", "output")) == n_listeners
    assert len(find_listeners(make_pipeline(tiny_model, "elmo", place), "textcat")) == n_listeners


def test_the_shape_of_words_alone_is_embedded_where_that_is_asked_for():
    embed = make_tok2vec("elmo", form="shape")["embed"]
    assert (embed["attrs"], embed["rows"]) == (["SHAPE"], [2500])
    assert make_tok2vec("elmo")["embed"]["attrs"] == ["NORM", "PREFIX", "SUFFIX", "SHAPE"]


def test_unknown_systems_are_refused():
    with pytest.raises(ValueError, match="system = 'bert': must be one of 'tok2vec', 'floret'"):
        make_tok2vec("bert")


def test_parts_are_encoded_apart():
    one, two = make_tok2vec("elmo", parts="question"), make_tok2vec("elmo")
    assert one == {**two, "@architectures": "spacy-elmo-paper.PartsTok2Vec.v1", "parts": "question"}
