"""The component by itself: settings, Docs of all kinds, batches, errors."""

import pickle
import warnings

import numpy as np
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span, Token
from spacy.training import Example

from spacy_elmo.formats import model_directory
from spacy_elmo.pipeline.elmo import Elmo
from spacy_elmo.pipeline.storage import Storage
from spacy_elmo.tokens.data import get_data

TEXTS = ["One two three.", "", "A bank, and another bank! 😀 naïve 東京", " ", "four", "It rains. It pours.\nIt ends."]
TOLERANCE = 1e-5  # products of other shapes round differently


def elmo(tiny_model, **config):
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model), **config})
    return nlp


def test_layers_are_those_of_the_bilm(nlp, tiny_model):
    model = model_directory.read(tiny_model).model
    (expected,), _ = model([["One", "two", "three", "."]], model.initial_state("warm", 1))
    assert np.allclose(nlp("One two three.")._.elmo_layers, expected.detach(), atol=TOLERANCE)


def test_zeros_as_initial_state(tiny_model):
    model = model_directory.read(tiny_model).model
    (expected,), _ = model([["One", "two"]])
    nlp = elmo(tiny_model, model={"@architectures": "spacy-elmo.BiLM.v1", "initial_state": "zeros"})
    assert np.allclose(nlp("One two")._.elmo_layers, expected.detach(), atol=TOLERANCE)


def test_sentences_in_one_doc_are_read_apart(nlp):
    both = nlp("It rains. It pours.")
    assert np.allclose(both[:3]._.elmo_layers, nlp("It rains.")._.elmo_layers, atol=TOLERANCE)
    assert np.allclose(both[3:]._.elmo_layers, nlp("It pours.")._.elmo_layers, atol=TOLERANCE)


WORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(WORD, max_size=12))
def test_any_words_get_one_finite_row_each(nlp, words):
    doc = nlp(Doc(nlp.vocab, words=words))
    assert doc._.elmo_layers.shape == (3, len(words), 8)
    assert np.isfinite(doc._.elmo_layers).all()
    assert [bool(token._.elmo.any()) for token in doc] == [not token.is_space for token in doc]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(WORD, min_size=1, max_size=6), st.lists(WORD, min_size=1, max_size=6))
def test_two_sentences_in_one_doc_equal_the_two_apart(nlp, one, two):
    def read(words, starts):
        return nlp(Doc(nlp.vocab, words=words, sent_starts=starts))._.elmo_layers

    together = read(one + two, [i in (0, len(one)) for i in range(len(one + two))])
    apart = [read(words, [i == 0 for i in range(len(words))]) for words in (one, two)]
    assert np.allclose(together, np.concatenate(apart, axis=1), atol=TOLERANCE)


@pytest.mark.parametrize(
    "words",
    [
        [],
        [" "],
        ["\n", "\n\n", " "],
        ["a"],
        ["word"],
        ["x" * 10_000],
        ["👩‍👩‍👧", "e\u0301", "\u200b"],
        ["שלום", "مرحبا"],
        ["東京都", "に"],
        ["\0", "\x07", "a\0b"],
        ["<S>", "</S>", "<UNK>"],
    ],
)
def test_documents_of_all_kinds(nlp, words):
    doc = nlp(Doc(nlp.vocab, words=words))
    assert doc._.elmo_layers.shape == (3, len(words), 8)
    assert np.isfinite(doc._.elmo_layers).all()


def test_ten_thousand_empty_docs(nlp):
    assert sum(doc._.elmo.shape == (0, 8) for doc in nlp.pipe([""] * 10_000)) == 10_000


def test_whitespace_does_not_change_its_neighbours(nlp):
    plain = nlp(Doc(nlp.vocab, words=["a", "b"]))
    spaced = nlp(Doc(nlp.vocab, words=["a", "  ", "b"]))
    assert np.allclose(spaced._.elmo_layers[:, [0, 2]], plain._.elmo_layers, atol=TOLERANCE)
    assert not spaced._.elmo_layers[:, 1].any()


# Batches


@pytest.mark.parametrize("batch_size", [1, 2, 100])
@pytest.mark.parametrize("max_batch_words", [1, 7, 4096])
def test_vectors_do_not_depend_on_the_batch(nlp, tiny_model, batch_size, max_batch_words):
    other = elmo(tiny_model, model={"@architectures": "spacy-elmo.BiLM.v1", "max_batch_words": max_batch_words})
    texts = TEXTS[::-1] + TEXTS
    for text, doc in zip(texts, other.pipe(texts, batch_size=batch_size)):
        assert doc.text == text
        assert np.allclose(doc._.elmo_layers, nlp(text)._.elmo_layers, atol=TOLERANCE)


def test_the_same_calls_give_the_same_bits(nlp, tiny_model):
    again = elmo(tiny_model)
    for one, two in zip(nlp.pipe(TEXTS), again.pipe(TEXTS)):
        assert np.array_equal(one._.elmo_layers, two._.elmo_layers)


def test_overlapping_windows_give_the_mean(tiny_model):
    getter = {"@misc": "spacy-elmo.windows.v1", "size": 2, "stride": 1}
    nlp = elmo(tiny_model, model={"@architectures": "spacy-elmo.BiLM.v1", "get_spans": getter})
    layers = nlp("a b c")._.elmo_layers
    first, second = nlp("a b")._.elmo_layers, nlp("b c")._.elmo_layers
    assert np.allclose(layers[:, 0], first[:, 0], atol=TOLERANCE)
    assert np.allclose(layers[:, 1], (first[:, 1] + second[:, 0]) / 2, atol=TOLERANCE)


def test_spans_that_overlap_within_a_batch_of_several_docs(tiny_model):
    getter = {"@misc": "spacy-elmo.windows.v1", "size": 3, "stride": 1}
    nlp = elmo(tiny_model, model={"@architectures": "spacy-elmo.BiLM.v1", "get_spans": getter, "max_batch_words": 5})
    texts = ["a b c d e", "", "f g h i j k"]
    for text, doc in zip(texts, nlp.pipe(texts)):
        assert np.allclose(doc._.elmo_layers, nlp(text)._.elmo_layers, atol=TOLERANCE)


# Settings


def test_mix_average(nlp):
    doc = nlp("One two")
    assert np.allclose(doc._.elmo, doc._.elmo_layers.mean(axis=0), atol=1e-6)  # order of a float32 sum


@pytest.mark.parametrize(("mix", "layer"), [("top", 2), (0, 0), (1, 1), (2, 2)])
def test_mix_of_one_layer(tiny_model, mix, layer):
    doc = elmo(tiny_model, mix=mix)("One two")
    assert np.array_equal(doc._.elmo, doc._.elmo_layers[layer])


def test_mix_of_weights_and_gamma(tiny_model):
    doc = elmo(tiny_model, mix=[0.5, 0.25, 0.25], gamma=2.0)("One two")
    expected = np.tensordot([1.0, 0.5, 0.5], doc._.elmo_layers, axes=1)
    assert np.allclose(doc._.elmo, expected, atol=1e-6)  # order of a float32 sum


@pytest.mark.parametrize("mix", ["mean", -1, [0.5, 0.6, 0.1], [1.5, -0.5, 0.0], [], [0.0, 0.0, 0.0]])
def test_a_mix_that_is_none_says_what_to_do_with_the_values_of_allennlp(tiny_model, mix):
    with pytest.raises(ValueError, match="mix = .*apply softmax to them first"):
        elmo(tiny_model, mix=mix)


@pytest.mark.parametrize("mix", [3, [0.5, 0.5]])
def test_a_mix_must_fit_the_layers(tiny_model, mix):
    with pytest.raises(ValueError, match="mix = "):
        elmo(tiny_model, mix=mix)("text")


@pytest.mark.parametrize(
    ("key", "value"),
    [("store", "all"), ("dtype", "float64"), ("vectors", "always")],
)
def test_settings_out_of_range_are_named(tiny_model, key, value):
    with pytest.raises(ValueError, match=f"(?s){key}.*'{value}' is not .*Literal"):
        elmo(tiny_model, **{key: value})
    with pytest.raises(ValueError, match=f"{key} = '{value}': must be one of "):
        Storage(**{key: value})


@pytest.mark.parametrize("gamma", [float("nan"), float("inf"), "1", 1e39, -2e6])
def test_gamma_must_be_a_number_that_vectors_can_be_multiplied_with(nlp, gamma):
    with pytest.raises(ValueError, match=r"gamma = .*must be a number from -1e\+06 to 1e\+06"):
        Elmo(nlp.vocab, nlp.get_pipe("elmo").model, storage=Storage(gamma=gamma))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("max_batch_words", 0, "max_batch_words = 0: must be a whole number of at least 1"),
        ("word_cache", -1, "word_cache = -1: must be a whole number of at least 0"),
        ("initial_state", "cold", r"(?s)initial_state.*'cold' is not .*\['warm', 'zeros'\]"),
        ("prepack", "no", r"(?s)prepack.*'no' is not .*\['auto'\]"),
        ("precision", "half", r"(?s)precision.*'half' is not .*'bfloat16'"),
    ],
)
def test_settings_of_the_model_out_of_range_are_named_at_once(tiny_model, key, value, message):
    with pytest.raises(ValueError, match=message):
        elmo(tiny_model, model={"@architectures": "spacy-elmo.BiLM.v1", key: value})("text")


def test_store_mix_keeps_no_layers(nlp, tiny_model):
    doc = elmo(tiny_model, store="mix")("One two")
    assert get_data(doc).layers is None
    assert np.allclose(doc._.elmo, nlp("One two")._.elmo, atol=1e-6)  # order of a float32 sum


@pytest.mark.parametrize("mix", ["top", 0, [0.5, 0.0, 0.5]])
def test_store_mix_computes_only_layers_that_count(nlp, tiny_model, mix):
    only, everything = elmo(tiny_model, store="mix", mix=mix), elmo(tiny_model, mix=mix)
    (scores,) = only.get_pipe("elmo").predict([nlp.make_doc("One two")])
    assert scores.shape == (2 if isinstance(mix, list) else 1, 2, 8)
    assert np.allclose(only("One two")._.elmo, everything("One two")._.elmo, atol=TOLERANCE)


def test_store_null_leaves_the_doc_alone(tiny_model):
    doc = elmo(tiny_model, store=None)("One two")
    assert get_data(doc) is None
    assert not doc.user_hooks
    assert doc.tensor.size == 0


def test_half_precision_is_within_its_rounding(nlp, tiny_model):
    doc = elmo(tiny_model, dtype="float16")("One two")
    assert doc._.elmo_layers.dtype == np.float16
    assert np.allclose(doc._.elmo_layers, nlp("One two")._.elmo_layers, atol=2e-3)  # 11 bits of values around 1


def test_vectors_null_leaves_similarity_to_spacy(tiny_model):
    doc = elmo(tiny_model, vectors=None)("One two")
    assert not doc.user_hooks
    assert doc.tensor.size == 0
    assert doc[0]._.elmo is not None


def test_vectors_auto_gives_similarity(nlp):
    doc = nlp("One two")
    assert np.array_equal(doc[0].vector, doc[0]._.elmo)
    a, b = doc[0].vector, doc[1].vector
    assert np.isclose(doc[0].similarity(doc[1]), a @ b / np.linalg.norm(a) / np.linalg.norm(b))


# Word vectors


def test_word_vectors_are_layer_zero(nlp):
    words = ["bank", "of", "東京", ""]
    vectors = nlp.get_pipe("elmo").word_vectors(words)
    assert vectors.shape == (4, 8)
    assert np.allclose(vectors[:2], nlp("bank of")._.elmo_layers[0], atol=TOLERANCE)


def test_word_vectors_of_no_words(nlp):
    assert nlp.get_pipe("elmo").word_vectors([]).shape == (0, 8)


def test_word_vectors_change_nothing_that_comes_after(nlp):
    before = nlp("bank")._.elmo_layers
    nlp.get_pipe("elmo").word_vectors(["bank"])[:] = 0
    assert np.array_equal(nlp("bank")._.elmo_layers, before)


# spaCy's protocols


def test_analyze_pipes_knows_what_is_assigned(nlp):
    summary = nlp.analyze_pipes()["summary"]["elmo"]
    assert {"doc._.elmo_data", "token._.elmo", "token._.elmo_layers"} <= set(summary["assigns"])


def test_two_pipes_with_names_of_their_own(tiny_model):
    nlp = elmo(tiny_model)
    nlp.add_pipe("elmo", name="elmo_top", config={"pretrained": str(tiny_model), "mix": "top"})
    doc = nlp("One two")
    assert np.array_equal(doc._.elmo_top, doc._.elmo_layers[2])
    assert np.array_equal(doc._.elmo_top_layers, doc._.elmo_layers)
    assert not np.allclose(doc._.elmo, doc._.elmo_top)
    assert np.array_equal(doc[0].vector, doc[0]._.elmo_top)  # the last pipe has the hooks


def test_an_extension_of_the_user_stays(tiny_model):
    Doc.set_extension("elmo_taken", default="mine")
    try:
        nlp = spacy.blank("en")
        with pytest.warns(UserWarning, match="Doc has an extension 'elmo_taken' already"):
            nlp.add_pipe("elmo", name="elmo_taken", config={"pretrained": str(tiny_model)})
        assert nlp("One")._.elmo_taken == "mine"
    finally:
        for cls in (Doc, Span, Token):
            for extension in ("elmo_taken", "elmo_taken_layers", "elmo_taken_data"):
                if cls.has_extension(extension):
                    cls.remove_extension(extension)


def test_a_bad_doc_costs_that_doc_alone(nlp, monkeypatch):
    pipe = nlp.get_pipe("elmo")
    predict = pipe.predict

    def fail_on_bad(docs):
        if any(doc.text == "bad" for doc in docs):
            raise RuntimeError("bad doc")
        return predict(docs)

    monkeypatch.setattr(pipe, "predict", fail_on_bad)
    failed = []
    nlp.set_error_handler(lambda name, proc, docs, error: failed.extend((name, doc.text, str(error)) for doc in docs))
    docs = list(nlp.pipe(["one", "bad", "two"]))
    assert [doc.text for doc in docs] == ["one", "two"]
    assert all(doc._.elmo is not None for doc in docs)
    assert failed == [("elmo", "bad", "bad doc")]


def test_a_bad_doc_raises_by_default(nlp, monkeypatch):
    def fail(docs):
        raise RuntimeError("bad doc")

    monkeypatch.setattr(nlp.get_pipe("elmo"), "predict", fail)
    with pytest.raises(RuntimeError, match="bad doc"):
        list(nlp.pipe(["one"]))
    with pytest.raises(RuntimeError, match="bad doc"):
        nlp("one")


def test_weights_that_cannot_be_loaded_raise_past_the_error_handler(tmp_path):
    nlp = elmo(tmp_path / "missing" / "weights.hdf5")
    nlp.set_error_handler(lambda *args: None)
    with pytest.raises(ValueError, match="weights.hdf5"):
        list(nlp.pipe(["text"]))
    with pytest.raises(ValueError, match="weights.hdf5"):
        nlp.get_pipe("elmo")(nlp.make_doc("text"))


def test_adding_the_pipe_loads_nothing(tmp_path):
    assert not elmo(tmp_path / "missing" / "weights.hdf5").get_pipe("elmo").shim.is_loaded


def test_without_weights_the_error_says_what_to_set():
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": None})
    with pytest.raises(ValueError, match="set `pretrained` to a model name or path"):
        nlp("text")


def test_another_language_is_one_warning(tiny_model):
    nlp = spacy.blank("de")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    with pytest.warns(UserWarning, match="for language 'en', the pipeline is for 'de'"):
        nlp("eins")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp("zwei")


def test_any_language_is_fine_for_a_pipeline_of_many_languages(tiny_model):
    nlp = spacy.blank("xx")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp("eins")


def test_initialize_loads_the_weights_it_is_given(tiny_model, tmp_path):
    nlp = elmo(tmp_path / "missing" / "weights.hdf5")
    nlp.config["initialize"]["components"]["elmo"] = {"pretrained": str(tiny_model)}
    nlp.initialize()
    assert nlp("text")._.elmo.shape == (1, 8)


def test_initialize_keeps_weights_that_are_there(nlp):
    pipe = nlp.get_pipe("elmo")
    nlp("text")
    model = pipe.shim.model
    nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("a"), {})])
    assert pipe.shim.model is model


def test_memory_zones_leave_vectors_behind(nlp):
    with nlp.memory_zone():
        inside = np.array(nlp("zonedword in a zone")._.elmo_layers)
    for i in range(200):
        nlp.vocab.strings.add(f"other{i}")
    assert np.allclose(nlp("zonedword in a zone")._.elmo_layers, inside, atol=TOLERANCE)


def test_a_pipe_without_training_takes_part_in_training_loops(nlp):
    example = Example.from_dict(nlp.make_doc("One two"), {"cats": {"A": 1.0}})
    nlp.add_pipe("textcat").add_label("A")
    nlp.get_pipe("textcat").add_label("B")
    with pytest.warns(UserWarning, match="no component listens to 'elmo'"):
        nlp.initialize(lambda: [example])
    losses = nlp.update([example])
    assert set(losses) == {"textcat"}


# The cache of a training


@pytest.fixture
def trained(nlp):
    """A pipeline with a component that listens, after one update."""
    listener = {"@architectures": "spacy-elmo.ElmoListener.v1"}
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": listener}})
    examples = [Example.from_dict(nlp.make_doc(text), {"tags": ["A", "B"]}) for text in ("One two", "three four")]
    nlp.initialize(lambda: examples)
    nlp.update(examples)
    return nlp, examples


def test_a_training_computes_each_sentence_once(trained, monkeypatch):
    nlp, examples = trained
    encoder = nlp.get_pipe("elmo").shim.encoder
    computed = []
    encode = encoder.encode

    def count(sentences, **settings):
        computed.extend(sentences)
        return encode(sentences, **settings)

    monkeypatch.setattr(encoder, "encode", count)
    fresh = [Example(nlp.make_doc(example.text), example.reference) for example in examples]
    nlp.update(fresh)
    nlp.evaluate([*fresh, Example.from_dict(nlp.make_doc("five six"), {"tags": ["A", "B"]})])
    assert computed == [("five", "six")]


def test_cached_vectors_are_those_that_were_stored(trained):
    nlp, examples = trained
    cached = nlp("One two")._.elmo_layers
    nlp.get_pipe("elmo").update(examples)
    nlp.get_pipe("elmo").shim.close_cache()
    assert np.array_equal(cached, examples[0].predicted._.elmo_layers)
    assert np.allclose(cached, nlp("One two")._.elmo_layers, atol=TOLERANCE)


def test_no_cache_without_memory_for_it(tiny_model):
    nlp = elmo(tiny_model, train_cache_mb=0)
    listener = {"@architectures": "spacy-elmo.ElmoListener.v1"}
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": listener}})
    examples = [Example.from_dict(nlp.make_doc("One two"), {"tags": ["A", "B"]})]
    nlp.initialize(lambda: examples)
    nlp.update(examples)
    assert nlp.get_pipe("elmo").shim.cache is None


def test_other_weights_empty_the_cache(trained, tiny_model):
    nlp, _ = trained
    pipe = nlp.get_pipe("elmo")
    assert len(pipe.shim.cache) == 2
    pipe.from_disk(tiny_model)
    assert pipe.shim.cache is None


def test_the_cache_does_not_travel(trained):
    nlp, _ = trained
    assert pickle.loads(pickle.dumps(nlp.get_pipe("elmo"))).shim.cache is None


def test_a_cache_of_negative_size_is_named(tiny_model):
    with pytest.raises(ValueError, match="train_cache_mb = -1"):
        elmo(tiny_model, train_cache_mb=-1)
