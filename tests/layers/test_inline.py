"""A biLM inside a component: made from a listener, or written in a config."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import spacy
from spacy.kb import InMemoryLookupKB
from spacy.training import Example
from thinc.api import Adam

from spacy_elmo.formats import model_directory
from spacy_elmo.layers.bilm import build_bilm
from spacy_elmo.layers.inline import INLINE, ListenerReplacement, build_inline_elmo
from spacy_elmo.layers.scalar_mix import build_scalar_mix
from spacy_elmo.text.sentences import configure_sentences
from tests.support.pipelines import (
    LISTENER,
    MIX,
    add_listening,
    annotations,
    find_listeners,
    listener,
    make_examples,
    make_pipeline,
    recipe,
    train,
    unannotated,
)

BILM = {"@architectures": "spacy-elmo.BiLM.v1", "get_spans": {"@misc": "spacy-elmo.sentences.v1", "max_words": 100}}


def inline(tiny_model, **settings):
    architecture = {"@architectures": "spacy-elmo.InlineElmo.v1", "bilm": BILM, "mix": MIX}
    return {**architecture, "pretrained": str(tiny_model), **settings}


def build(tiny_model, **settings):
    settings = {"mix": build_scalar_mix("top", dropout=0.0), "pretrained": str(tiny_model), **settings}
    return build_inline_elmo(build_bilm(configure_sentences()), **settings)


def bilm_bits(nlp, pipe):
    (shim,) = (shim for node in nlp.get_pipe(pipe).model.walk() for shim in node.shims if node.name == "bilm")
    return {name: values.numpy().tobytes() for name, values in shim.model.state_dict().items()}


def test_vectors_are_those_of_the_pipe(nlp, tiny_model):
    model = build(tiny_model)
    model.initialize()
    doc = nlp("One two. Three")
    assert np.allclose(model.predict([doc])[0], doc._.elmo_layers[2], atol=1e-5)  # other products


def test_without_weights_the_setting_is_named(nlp):
    with pytest.raises(ValueError, match="an inline ELMo has no weights: set `pretrained`"):
        build(None, pretrained=None).initialize()


def test_a_wrong_width_is_named(tiny_model):
    with pytest.raises(ValueError, match="width = 16: the weights have vectors of width 8"):
        build(tiny_model, width=16).initialize()


def test_a_wrong_number_of_fixed_weights_is_named(tiny_model):
    with pytest.raises(ValueError, match=r"mix = \[0.5, 0.5\]: needs 3 weights"):
        build(tiny_model, mix=build_scalar_mix([0.5, 0.5])).initialize()


def test_the_width_is_known_early_where_it_is_given(tiny_model):
    assert build(tiny_model, width=8).get_dim("nO") == 8


def test_it_trains_its_mix_and_not_its_bilm(tiny_model, tmp_path):
    nlp = spacy.blank("en")
    add_listening(nlp, "tagger", inline(tiny_model))
    examples = make_examples(nlp, 6)
    nlp.initialize(lambda: examples)
    before = bilm_bits(nlp, "tagger")
    first, last = train(nlp, examples, steps=10)
    assert last["tagger"] < first["tagger"]
    assert bilm_bits(nlp, "tagger") == before
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert bilm_bits(again, "tagger") == before
    for one, two in zip(nlp.pipe(unannotated(examples)), again.pipe(unannotated(examples))):
        assert annotations(one) == annotations(two)


def test_a_saved_component_does_not_look_at_pretrained(tiny_model, tmp_path):
    copy = tmp_path / "weights"
    copy.mkdir()
    for file in tiny_model.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    nlp = spacy.blank("en")
    add_listening(nlp, "tagger", inline(copy))
    nlp.initialize(lambda: make_examples(nlp, 2))
    nlp.to_disk(tmp_path / "nlp")
    copy.rename(tmp_path / "elsewhere")
    assert len(spacy.load(tmp_path / "nlp")("Anna saw cats.")) == 4


# Instead of a listener


@pytest.fixture(params=[True, False], ids=["frozen", "trained"])
def trained(request, tiny_model):
    nlp = make_pipeline(tiny_model, "tagger", "senter", tok2vec=listener(dropout=0.2), frozen=request.param)
    examples = make_examples(nlp, 8)
    nlp.initialize(lambda: examples)
    train(nlp, examples, steps=5)
    return nlp, examples


def predictions(nlp, examples):
    return [annotations(doc) for doc in nlp.pipe(unannotated(examples))]


def replace_all(nlp):
    for name in ("tagger", "senter"):
        nlp.replace_listeners("elmo", name, ["model.tok2vec"])
    nlp.remove_pipe("elmo")


def test_replacing_listeners_keeps_predictions(trained, tmp_path):
    nlp, examples = trained
    before = predictions(nlp, examples)
    replace_all(nlp)
    assert predictions(nlp, examples) == before
    nlp.to_disk(tmp_path)
    assert predictions(spacy.load(tmp_path), examples) == before


def test_replacing_right_after_an_update_has_the_last_step(trained):
    nlp, examples = trained
    train(nlp, examples, steps=1, sgd=Adam(0.5, L2=0.0))
    nlp.replace_listeners("elmo", "tagger", ["model.tok2vec"])
    assert bilm_bits(nlp, "tagger") == bilm_bits(nlp, "elmo")


def test_replaced_listeners_train_on(trained):
    nlp, examples = trained
    replace_all(nlp)
    before = bilm_bits(nlp, "tagger"), bilm_bits(nlp, "senter")
    first, last = train(nlp, examples, steps=15)
    assert last["tagger"] < first["tagger"]
    assert (bilm_bits(nlp, "tagger"), bilm_bits(nlp, "senter")) == before


def test_one_replaced_and_one_not(trained):
    nlp, examples = trained
    nlp.replace_listeners("elmo", "tagger", ["model.tok2vec"])
    before = bilm_bits(nlp, "tagger")
    optimizer = Adam(0.02, L2=0.0, use_averages=True)
    train(nlp, examples, steps=5, sgd=optimizer)
    assert bilm_bits(nlp, "tagger") == before
    with nlp.use_params(optimizer.averages):
        assert bilm_bits(nlp, "tagger") == before  # the averages are those of the pipe
    assert nlp.get_pipe("elmo").listening_components == ["senter"]


def test_both_listeners_of_the_recipe(tiny_model, tmp_path):
    tok2vec = recipe(input=LISTENER, output=listener(mix="top"))
    nlp = make_pipeline(tiny_model, "tagger", tok2vec=tok2vec)
    examples = make_examples(nlp, 6)
    nlp.initialize(lambda: examples)
    train(nlp, examples, steps=10)
    before = predictions(nlp, examples)
    nlp.replace_listeners("elmo", "tagger", ["model.tok2vec.input", "model.tok2vec.output"])
    nlp.remove_pipe("elmo")
    nlp.to_disk(tmp_path)
    assert predictions(spacy.load(tmp_path), examples) == before


@pytest.mark.parametrize("path", ["model.tok2vec", "model.tok2vec.input"])
@pytest.mark.parametrize("place", ["input", "output"])
def test_the_path_may_be_that_of_the_tok2vec_around_a_listener(tiny_model, tmp_path, place, path):
    """It is for most pipes, and what is saved must fit its config."""
    path = path.replace("input", place)
    nlp = make_pipeline(tiny_model, "tagger", tok2vec=recipe(**{place: LISTENER}))
    examples = make_examples(nlp, 6)
    nlp.initialize(lambda: examples)
    train(nlp, examples, steps=5)
    before = predictions(nlp, examples)
    nlp.replace_listeners("elmo", "tagger", [path])
    nlp.remove_pipe("elmo")
    nlp.to_disk(tmp_path)
    tok2vec = nlp.config["components"]["tagger"]["model"]["tok2vec"]
    assert tok2vec["@architectures"] == "spacy-elmo.ElmoTok2Vec.v1"
    assert tok2vec[place]["@architectures"] == "spacy-elmo.InlineElmo.v1"
    assert predictions(spacy.load(tmp_path), examples) == before


def test_a_path_without_a_listener_is_an_error(trained):
    nlp, _ = trained
    nlp._pipe_configs["tagger"]["model"]["tok2vec"] = {"@architectures": "spacy.HashEmbedCNN.v2"}
    with pytest.raises(ValueError, match="no block with @architectures = 'spacy-elmo.ElmoListener.v1'"):
        nlp.replace_listeners("elmo", "tagger", ["model.tok2vec"])


def nested_cfg():
    return {"@architectures": "spacy-elmo.ElmoTok2Vec.v1", "input": listener(), "output": None}


def test_an_error_between_spacys_two_calls_does_not_reach_the_next(trained):
    """The first call is left alone, as after an error in spaCy; the second pair of calls is whole."""
    nlp, _ = trained
    replacement = ListenerReplacement()
    replacement.replace_listener_cfg({}, nested_cfg())
    cfg, elmo = nested_cfg(), nlp.get_pipe("elmo")
    cfg["input"] = replacement.replace_listener_cfg({}, cfg)
    replacement.replace_listener(elmo.model.copy(), find_listeners(nlp, "tagger")[0], elmo)
    assert cfg["input"]["@architectures"] == INLINE


def test_two_threads_do_not_complete_each_others_configs(trained):
    nlp, _ = trained
    replacement, elmo = ListenerReplacement(), nlp.get_pipe("elmo")
    cfg = nested_cfg()
    given = replacement.replace_listener_cfg({}, cfg)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(replacement.replace_listener, elmo.model.copy(), find_listeners(nlp, "tagger")[0], elmo).result()
    assert given["@architectures"] == INLINE  # spaCy has not put it anywhere yet
    cfg["input"] = given
    replacement.replace_listener(elmo.model.copy(), find_listeners(nlp, "tagger")[0], elmo)
    assert cfg["input"]["@architectures"] == INLINE


# Entity linking: a pipe that predicts on parts of Docs


def make_kb(vocab):
    kb = InMemoryLookupKB(vocab, entity_vector_length=4)
    kb.set_entities(["Q1", "Q2"], [10, 10], [[1.0, 0.0, 0.5, 0.1], [0.0, 1.0, 0.1, 0.5]])
    kb.add_alias("Paris", ["Q1", "Q2"], [0.5, 0.4])
    return kb


def make_linking_examples(nlp):
    examples = []
    for text, entity in (("Paris saw cats.", "Q1"), ("Banks met Paris.", "Q2")) * 3:
        doc = nlp.make_doc(text)
        start = text.index("Paris")
        links = {(start, start + 5): {"Q1": float(entity == "Q1"), "Q2": float(entity == "Q2")}}
        starts = [1, -1, -1, -1]
        annotation = {"entities": [(start, start + 5, "PLACE")], "links": links, "sent_starts": starts}
        examples.append(Example.from_dict(doc, annotation))
    return examples


def add_linker(nlp, tok2vec):
    linker = add_listening(nlp, "entity_linker", tok2vec, entity_vector_length=4, incl_prior=False)
    linker.set_kb(make_kb)
    return linker


def test_entity_linker_trains_and_predicts(tiny_model, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    ruler = nlp.add_pipe("entity_ruler")
    add_linker(nlp, inline(tiny_model, width=8))
    examples = make_linking_examples(nlp)
    nlp.initialize(lambda: examples)
    ruler.add_patterns([{"label": "PLACE", "pattern": "Paris"}])
    first, last = train(nlp, examples, steps=100, annotates=["sentencizer", "entity_ruler"])
    assert last["entity_linker"] < first["entity_linker"]
    found = [[ent.kb_id_ for ent in nlp(eg.text).ents] for eg in examples[:2]]
    assert found == [["Q1"], ["Q2"]]
    nlp.to_disk(tmp_path)
    assert [[ent.kb_id_ for ent in spacy.load(tmp_path)(eg.text).ents] for eg in examples[:2]] == found


def test_entity_linker_with_a_listener_is_told_of_the_inline_form(tiny_model):
    nlp = make_pipeline(tiny_model)
    with pytest.raises(ValueError, match="'entity_linker' predicts on parts of Docs.*spacy-elmo.InlineElmo.v1"):
        add_linker(nlp, LISTENER)


def test_weights_of_another_size_in_a_saved_component(tiny_model):
    model = build(tiny_model)
    model.initialize()
    config = model_directory.read(tiny_model).model.config
    assert (model.layers[1].get_dim("layers"), model.get_dim("nO")) == (config.n_outputs, config.width)
