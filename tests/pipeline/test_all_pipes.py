"""Every trainable pipe of spaCy on one shared elmo: trained, saved, loaded elsewhere, replaced."""

import json
import subprocess
import sys
import warnings

import numpy as np
import pytest
import spacy
from thinc.api import Adam

from tests.support.pipelines import PIPES, annotations, find_listeners, make_examples, make_pipeline, train, unannotated

TOGETHER = [pipe for pipe in PIPES if pipe != "textcat"]  # both categorizers write doc.cats
GROUPS = [[pipe] for pipe in PIPES] + [TOGETHER]
NAMES = ["-".join(group) if len(group) == 1 else "together" for group in GROUPS]
READ = """
import json, sys, spacy
from spacy.tokens import Doc
out = {}
for path in sys.argv[2:]:
    nlp = spacy.load(path)
    docs = [Doc(nlp.vocab, words=words) for words in json.loads(sys.argv[1])]
    out[path] = [doc.to_json() for doc in nlp.pipe(docs)]
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def all_trained(tiny_model):
    """Return pipelines by name, with their examples and losses."""
    found = {}
    for name, group in zip(NAMES, GROUPS):
        nlp = make_pipeline(tiny_model, *group)
        examples = make_examples(nlp)
        nlp.initialize(lambda examples=examples: examples)
        # Gently: at 0.03, spancat falls on some processors into predicting nothing, which takes long to leave
        found[name] = nlp, examples, train(nlp, examples, steps=50, sgd=Adam(0.01, L2=0.0))
    return found


@pytest.fixture(params=NAMES)
def trained(request, all_trained):
    nlp, examples, _ = all_trained[request.param]
    return nlp, examples


@pytest.fixture(scope="module")
def saved(all_trained, tmp_path_factory):
    """Return directories by name."""
    folder = tmp_path_factory.mktemp("pipelines")
    for name, (nlp, _, _) in all_trained.items():
        nlp.to_disk(folder / name)
    return {name: folder / name for name in all_trained}


def outcome(doc):
    """What must be equal, and what may differ by rounding."""
    return annotations(doc), {label: pytest.approx(score, abs=1e-5) for label, score in doc.cats.items()}


def outcomes(nlp, examples, **settings):
    return [outcome(doc) for doc in nlp.pipe(unannotated(examples), **settings)]


@pytest.mark.parametrize("name", NAMES)
def test_losses_go_down(all_trained, name):
    nlp, _, (first, last) = all_trained[name]
    for pipe in nlp.pipe_names[1:]:
        assert last[pipe] < first[pipe], pipe


def test_something_is_predicted(all_trained):
    """Else equal predictions would say nothing."""
    nlp, examples, _ = all_trained["together"]
    docs = list(nlp.pipe(unannotated(examples)))
    assert len({token.tag_ for doc in docs for token in doc}) > 1
    assert len({str(token.morph) for doc in docs for token in doc}) > 1
    assert any(token.lemma_ != token.text for doc in docs for token in doc)
    assert len({token.dep_ for doc in docs for token in doc}) > 2
    assert any(doc.ents for doc in docs)
    assert any(doc.spans["sc"] for doc in docs)
    assert len({doc.cats["place"] for doc in docs}) > 1


def test_loaded_pipelines_predict_the_same(trained, tmp_path):
    nlp, examples = trained
    nlp.to_disk(tmp_path)
    assert outcomes(spacy.load(tmp_path), examples) == outcomes(nlp, examples)


def test_a_fresh_process_predicts_the_same(all_trained, saved):
    words = [[token.text for token in eg.reference] for eg in all_trained["together"][1]]
    command = [sys.executable, "-c", READ, json.dumps(words), *map(str, saved.values())]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for name, path in saved.items():
        nlp, examples, _ = all_trained[name]
        for doc, json_doc in zip(nlp.pipe(unannotated(examples)), found[str(path)]):
            expected, cats = outcome(doc)
            assert {key: json_doc.get(key) for key in expected} == expected
            assert json_doc.get("cats", {}) == cats


def test_features_in_training_are_those_at_prediction(trained):
    nlp, examples = trained
    pipe = nlp.pipe_names[-1]
    listener = find_listeners(nlp, pipe)[0]
    copies = [spacy.training.Example(doc, eg.reference) for doc, eg in zip(unannotated(examples), examples)]
    nlp.get_pipe("elmo").update(copies)
    in_training = listener.begin_update([eg.predicted for eg in copies])[0]
    for one, two in zip(in_training, listener.predict(list(nlp.pipe(unannotated(examples))))):
        assert np.array_equal(one, two)


def test_batches_and_single_docs_predict_the_same(trained):
    nlp, examples = trained
    expected = outcomes(nlp, examples)
    assert outcomes(nlp, examples, batch_size=2) == expected
    assert [outcome(nlp(doc)) for doc in unannotated(examples)] == expected


def test_two_processes_predict_the_same(all_trained):
    nlp, examples, _ = all_trained["together"]
    assert outcomes(nlp, examples, n_process=2, batch_size=4) == outcomes(nlp, examples)


@pytest.mark.parametrize("name", NAMES)
def test_replaced_listeners_predict_the_same_and_train_on(all_trained, saved, tmp_path, name):
    """All together with spans that do not depend on sentences: those of the parser come before the copies in later
    pipes, and after the elmo pipe."""
    spans = {"components.elmo.model.get_spans": {"@misc": "spacy-elmo.docs.v1"}}
    nlp, examples = spacy.load(saved[name], config=spans if name == "together" else {}), all_trained[name][1]
    expected = outcomes(nlp, examples)
    for pipe in nlp.pipe_names[1:]:
        nlp.replace_listeners("elmo", pipe, ["model.tok2vec"])
    nlp.remove_pipe("elmo")
    assert outcomes(nlp, examples) == expected
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert outcomes(again, examples) == expected
    _, last = train(again, examples, steps=2)
    assert set(last) == set(again.pipe_names)


def test_training_resumes_after_loading(trained, tmp_path):
    nlp, examples = trained
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    _, last = train(again, examples, steps=2)
    assert set(last) == set(again.pipe_names[1:])


def test_training_with_a_trained_bilm(tiny_model):
    nlp = make_pipeline(tiny_model, *TOGETHER, frozen=False)
    examples = make_examples(nlp, 4)
    nlp.initialize(lambda: examples)
    first, last = train(nlp, examples, steps=6)
    assert all(last[pipe] < first[pipe] for pipe in ("tagger", "parser", "ner", "senter"))
    assert last["elmo"] > 0


def test_nothing_warns(tiny_model):
    nlp = make_pipeline(tiny_model, *TOGETHER)
    examples = make_examples(nlp, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp.initialize(lambda: examples)
        train(nlp, examples, steps=2)
        nlp.evaluate(examples)


def test_rehearsal_of_all_pipes_that_can(all_trained, tmp_path):
    nlp, examples, _ = all_trained["together"]
    nlp.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    optimizer = nlp.resume_training()
    raw = [spacy.training.Example(doc, eg.reference) for doc, eg in zip(nlp.pipe(unannotated(examples)), examples)]
    losses = nlp.rehearse(raw, sgd=optimizer)
    assert {"tagger", "parser", "ner", "textcat_multilabel"} <= set(losses)
    assert all(np.isfinite(loss) for loss in losses.values())
