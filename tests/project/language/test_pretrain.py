"""The steps from a plan to a model: what they say of it, and how its text is split."""

from dataclasses import replace

import pytest
import spacy
import srsly

from project.language.scripts import plan, pretrain
from project.language.scripts.facts import UNKNOWN, list_sources
from project.language.scripts.plan import plan_run
from tests.support.random_models import TINY, write_random_model


@pytest.fixture
def planned(job, call, monkeypatch):
    """Plan, and return the folder of the run; training is said to be of a certain speed."""

    def plan_by_speed(**values):
        return plan_run(**values, size=None if values["init"] else "tiny", tokens_per_second=1000)

    monkeypatch.setattr(plan, "plan_run", plan_by_speed)
    job.text.mkdir(parents=True)
    srsly.write_json(job.text / "notes.json", {"figures": {"words": 10_000, "heldout_words": 100}})
    for name in ("train.txt", "heldout.txt"):
        (job.text / name).write_text("voilà")
    spacy.blank("fr").to_disk(job.tokenizer)

    def run():
        code, printed = call(plan, "--lang", "fr")
        assert code == 0, printed
        return job.run, "planned before" in printed

    return run


def test_a_plan_is_made_once(planned):
    folder, _ = planned()
    assert planned() == (folder, True)


def test_text_that_is_split_otherwise_is_planned_anew(job, planned):
    folder, _ = planned()
    nlp = spacy.blank("fr")
    nlp.tokenizer.add_special_case("voilà", [{"ORTH": "voi"}, {"ORTH": "là"}])
    nlp.to_disk(job.tokenizer)
    other, was_there = planned()
    assert not was_there
    assert other != folder


@pytest.mark.parametrize("name", ["train.txt", "heldout.txt"])
def test_other_text_of_the_same_length_is_planned_anew(job, planned, name):
    folder, _ = planned()
    (job.text / name).write_text("aliov")
    other, was_there = planned()
    assert not was_there
    assert other != folder


def test_a_model_to_go_on_from_that_has_changed_is_planned_anew(tmp_path, job, settings, planned):
    start = tmp_path / "start"
    job.keep(replace(settings, init=str(start)))
    write_random_model(start, TINY, lang="fr")
    folder, _ = planned()
    assert planned() == (folder, True)
    write_random_model(start, TINY, lang="fr", seed=1)
    other, was_there = planned()
    assert not was_there
    assert other != folder


def test_a_run_goes_on_with_another_number_of_threads(job, settings, planned, call, monkeypatch):
    folder, _ = planned()
    given = []
    monkeypatch.setattr(pretrain, "run_command", lambda arguments: given.append(arguments) or 1)
    for threads, said in ((3, 3), (0, "null")):
        job.keep(replace(settings, threads=threads))
        assert planned() == (folder, True)
        assert call(pretrain, "--lang", "fr")[0] == 1
        assert given[-1][-2:] == ["--system.threads", said]


def test_the_perplexity_is_that_of_text_as_the_tokenizer_of_the_language_splits_it(job, planned, call, monkeypatch):
    run, _ = planned()
    write_random_model(run / "model-best", TINY, lang="fr", words=7)
    given = {}
    monkeypatch.setattr(pretrain, "run_command", lambda arguments: 0)
    monkeypatch.setattr(pretrain, "publish", lambda *_, **values: given.update(values) or {"heldout": {"mean": 9.0}})
    code, printed = call(pretrain, "--lang", "fr")
    assert code == 0, printed
    assert given["tokenizer"] == str(job.tokenizer)


@pytest.mark.parametrize(
    ("value", "sources"),
    [
        (None, []),
        ("Wikipedia", [{"name": "Wikipedia"}]),
        (["News", {"name": "Novels"}, 7], [{"name": "News"}, {"name": "Novels"}]),
    ],
)
def test_sources_that_are_names_alone(value, sources):
    assert list_sources(value) == sources


def test_a_model_whose_text_is_one_name(tmp_path, settings):
    start = write_random_model(tmp_path / "start", TINY, training_data="Wikipedia")
    facts = pretrain.make_facts(replace(settings, init=str(start)))
    assert facts["training_data"] == [{"name": "tiny"}, {"name": "Wikipedia"}, {"name": "raw text", "license": UNKNOWN}]
    assert "license" not in facts


def test_the_license_of_a_model_to_go_on_from(tmp_path, settings):
    start = {"name": "start", "author": "A. Name", "license": "CC BY-SA 4.0", "url": "https://example.org"}
    write_random_model(tmp_path / "start", TINY, **start, training_data=["Wikipedia"])
    settings = replace(settings, init=str(tmp_path / "start"), facts={"sources": [{"name": "Laws"}]})
    facts = pretrain.make_facts(settings)
    assert facts["license"] == "CC BY-SA 4.0"
    assert facts["training_data"] == [start, {"name": "Wikipedia"}, {"name": "Laws"}]
    assert pretrain.make_facts(replace(settings, facts={"license": "MIT"}))["license"] == "MIT"
