"""Runs: their configs, and what tells them apart."""

from dataclasses import replace

import pytest
from spacy.util import load_model_from_config
from thinc.api import Config

from project.paper.components import transformer_embed
from project.paper.scripts.configs import make_config
from project.paper.scripts.experiments import Planned, make_cell
from project.paper.scripts.runs import Run, Shared
from project.paper.scripts.sources.datasets import Notes, Part
from project.paper.scripts.systems import Weights
from project.paper.scripts.tasks import TASKS

NOTES = Notes(
    sample=1.0,
    files={},
    splits={split: Part(docs=200, words=30_000, md5=split) for split in ("train", "dev", "test")},
)
SIZES = {"epochs": 2, "docs": 200, "words": 3000, "limit": 0}


def make(task, system="elmo", **changes):
    return make_config(make_cell(task, system, **changes), **SIZES)


def make_run(workspace, *, cell=None, seed=0, md5="w", notes=NOTES, **settings):
    cell = cell or make_cell("coref", "elmo")
    weights = {system: Weights(system, md5 if system == "elmo" else "") for system in ("tok2vec", "elmo")}
    shared = Shared(workspace, dict.fromkeys([task.dataset for task in TASKS.values()], notes), weights, **settings)
    return Run(shared, Planned(cell, seed, ("tasks",), True))


class TestConfigs:
    @pytest.mark.parametrize("task", TASKS)
    def test_of_every_task(self, task):
        config = make(task)
        assert config["nlp"]["pipeline"] == ["elmo", TASKS[task].factory, "doc_cleaner"]
        training = config["training"]
        assert {name: value for name, value in training["score_weights"].items() if value} == {
            TASKS[task].scores[0]: 1.0
        }
        assert [training[name] for name in ("max_epochs", "max_steps", "patience")] == [2, 0, 0]
        assert training["optimizer"]["use_averages"]

    @pytest.mark.parametrize(
        ("task", "share"), [("tagging", 1), ("sentiment-textcat", 200 / 3000), ("qa", 200 / 3000 / 32)]
    )
    def test_lambda_is_that_of_the_unit_of_the_loss(self, task, share):
        (component,) = (
            block for name, block in make(task)["components"].items() if "model" in block and name != "elmo"
        )
        assert component["model"]["tok2vec"]["input"]["mix"]["L2"] == pytest.approx(0.001 * share)

    @pytest.mark.parametrize(("task", "epochs", "steps"), [("sentiment", 4, 4 * 7), ("coref", 20, 20 * 200)])
    def test_the_last_evaluation_is_at_the_end(self, task, epochs, steps):
        frequency = make_config(make_cell(task, "elmo"), **{**SIZES, "epochs": epochs})["training"]["eval_frequency"]
        evaluated = range(0, steps, frequency)
        assert steps - evaluated[-1] < 0.02 * steps + 6
        assert len(evaluated) <= 8

    @pytest.mark.parametrize("system", ["tok2vec", "floret", "transformer"])
    def test_of_every_other_system(self, system, monkeypatch):
        monkeypatch.setattr(transformer_embed, "load", lambda name: None)
        config = make("crf-wnut17", system)
        assert config["nlp"]["pipeline"] == ["ner_crf"]
        tok2vec = config["components"]["ner_crf"]["model"]["tok2vec"]
        assert tok2vec["embed"]["include_static_vectors"] is (system == "floret")
        assert (tok2vec["input"] is None) is (system != "transformer")

    @pytest.mark.parametrize(
        "changes",
        [
            *({"form": "shape"}, {"place": "input"}, {"layers": "last"}, {"encoder": "bilstm", "depth": 4}),
            *({"l2": 1.0}, {"layer_norm": False}),
        ],
    )
    def test_of_other_settings(self, changes):
        assert make("tagging", **changes).to_str() != make("tagging").to_str()

    def test_baseline_and_elmo_are_trained_alike(self):
        elmo, baseline = make("tagging"), make("tagging", "tok2vec")
        assert elmo["training"] == baseline["training"]
        assert elmo["corpora"] == baseline["corpora"]

    def test_what_is_written_is_read_again(self):
        text = make("srl").to_str()
        nlp = load_model_from_config(Config().from_str(text, interpolate=False), auto_fill=True)
        assert nlp.config.to_str() == text

    def test_no_place_of_this_machine(self):
        assert make("tagging")["paths"] == {
            "train": None,
            "dev": None,
            "vectors": None,
            "init_tok2vec": None,
            "elmo": None,
        }

    def test_batches_of_docs_or_of_words(self):
        assert make("coref", "tok2vec")["training"]["batcher"]["size"] == 1
        assert make("tagging", "tok2vec")["training"]["batcher"]["size"] == 500

    def test_trainings_are_evaluated_twice_an_epoch_or_after_each_step(self):
        assert make("coref", "tok2vec")["training"]["eval_frequency"] == (2 * 200 - 1) // 4
        few = make_config(make_cell("tagging", "tok2vec"), epochs=1, docs=3, words=20, limit=0)
        assert few["training"]["eval_frequency"] == 1

    def test_readers_know_the_spans_that_are_given(self):
        assert make("qa", "tok2vec")["corpora"]["dev"]["given"] == ["question"]


class TestKey:
    def test_the_same_settings_have_the_same_key(self, workspace):
        assert make_run(workspace).key == make_run(workspace, jobs=2).key

    def test_all_that_decides(self, workspace):
        other = Notes(sample=1.0, files={}, splits={**NOTES.splits, "dev": Part(docs=200, words=30_000, md5="new")})
        cells = [make_cell("coref", "tok2vec"), make_cell("coref", "elmo", share=0.5), make_cell("qa", "elmo")]
        runs = [make_run(workspace), make_run(workspace, seed=1), make_run(workspace, md5="other")]
        runs += [make_run(workspace, notes=other), make_run(workspace, epochs=1)]
        runs += [make_run(workspace, cell=cell) for cell in cells]
        assert len({run.key for run in runs}) == len(runs)
        assert len({run.folder for run in runs}) == len(runs)

    def test_weights_do_not_decide_for_the_baseline(self, workspace):
        cell = make_cell("coref", "tok2vec")
        assert make_run(workspace, cell=cell).key == make_run(workspace, cell=cell, md5="other").key


def test_a_share_is_the_first_of_the_docs(workspace):
    run = make_run(workspace, cell=make_cell("tagging", "tok2vec", share=0.1))
    assert (run.docs, run.words) == (20, 3000)
    assert Config().from_str(run.config, interpolate=False)["corpora"]["train"]["limit"] == 20


def test_names_say_what_differs(workspace):
    assert make_run(workspace).name == "coref elmo, seed 0"
    cell = make_cell("coref", "elmo", place="both", share=0.025)
    assert make_run(workspace, cell=cell, seed=2).name == "coref elmo, place both, 2.5% of the data, seed 2"


def test_not_all_have_test_data(workspace):
    without = Notes(sample=1.0, files={}, splits={split: NOTES.splits[split] for split in ("train", "dev")})
    assert make_run(workspace).has_test
    assert not make_run(workspace, notes=without).has_test
    run = make_run(workspace)
    assert not Run(run.shared, replace(run.planned, is_tested=False)).has_test
