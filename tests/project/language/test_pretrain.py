"""The steps from a plan to a model: what they say of it, and how its text is split."""

from dataclasses import replace

import pytest
import spacy
import srsly

from project.language.scripts import plan, pretrain
from project.language.scripts.facts import list_sources
from project.language.scripts.plan import plan_run
from tests.support.random_models import TINY, write_random_model


@pytest.fixture
def planned(job, call, monkeypatch):
    """Plan, and return the folder of the run; training is said to be of a certain speed."""
    monkeypatch.setattr(plan, "plan_run", lambda **values: plan_run(**values, size="tiny", tokens_per_second=1000))
    job.text.mkdir(parents=True)
    srsly.write_json(job.text / "notes.json", {"figures": {"words": 10_000, "heldout_words": 100}})
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
    assert facts["training_data"] == [{"name": "Wikipedia"}]
