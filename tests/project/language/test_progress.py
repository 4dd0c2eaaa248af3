import dataclasses
import re

import pytest
import srsly

from project.language.scripts import progress
from project.language.scripts.progress import STEPS, announce
from project.language.scripts.results import BASELINE, ELMO
from project.shared.durations import format_duration
from spacy_elmo.pretraining.loop.checkpoint import FACTS, NAME, TENSORS
from spacy_elmo.pretraining.loop.run import CHECKPOINTS
from tests.support.random_models import TINY, write_random_model


@pytest.fixture
def planned(job, settings, tmp_path):
    """A job for an hour of pretraining, whose text and treebank have known sizes."""
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "text.txt").write_bytes(b"x" * 3_000_000)
    settings = dataclasses.replace(settings, hours=1, seeds=[0, 1], epochs=10)
    srsly.write_json(job.treebank / "notes.json", {"figures": {"train": {"words": 9_000}}})
    return job, settings


WEIGHTS = "of the model"


@pytest.fixture
def trained(planned, monkeypatch):
    """The same, with a model that is trained by the plan."""
    job, settings = planned
    write_random_model(job.model, TINY, run=job.run.name)
    monkeypatch.setattr(progress, "weights_digest", lambda path: WEIGHTS)
    return job, settings


def line(system, seed, seconds, weights=WEIGHTS):
    scores = {"dev": {"gold": {}}}
    facts = {"key": f"{system}-{seed}", "kind": "treebank", "system": system, "seed": seed, "weights_md5": weights}
    return {**facts, "model": "m", "machine": "x", "scores": scores, "train_seconds": seconds}


def test_the_line_names_the_step_the_whole_and_its_parts(planned, capsys):
    announce(*planned, "plan")
    said = " ".join(capsys.readouterr().out.split())
    assert "plan: step 4 of 8; about 1 h" in said
    assert re.findall(r"[(,] ?(\w+) [\d]+ ", said) == ["plan", "pretrain", "train", "package", "report"]


def test_less_is_left_at_each_step(planned):
    left = [sum(STEPS[name](*planned) for name in list(STEPS)[i:]) for i in range(len(STEPS))]
    assert left == sorted(left, reverse=True)


@pytest.mark.parametrize("plan", ["", "[training]\nmax_steps = 50\nbatch_size = 8\nunroll_steps = null", "["])
def test_without_a_plan_pretraining_takes_the_hours(planned, plan):
    job, settings = planned
    job.plan.parent.mkdir(parents=True, exist_ok=True)
    job.plan.write_text(plan)
    assert STEPS["pretrain"](job, settings) == progress.CHECKS + 3_600


def test_what_is_left_of_a_run_takes_as_long_a_word_as_what_was_read(planned):
    job, settings = planned
    job.plan.parent.mkdir(parents=True, exist_ok=True)
    job.plan.write_text("[training]\nmax_steps = 50\nbatch_size = 8\nunroll_steps = 10")
    checkpoint = job.run / CHECKPOINTS / NAME.format(step=5)
    checkpoint.mkdir(parents=True)
    (checkpoint / TENSORS).touch()
    note = {"words": 1_000, "seconds": 3_000, "forward": 9.0, "backward": 9.0}
    srsly.write_json(checkpoint / FACTS, {"history": [note]})
    assert STEPS["pretrain"](job, settings) == progress.CHECKS + 9_000


def test_trainings_with_other_weights_are_not_done(trained):
    job, settings = trained
    job.results.mkdir(parents=True)
    others = [line(ELMO, seed, 60, "others") for seed in (0, 1)]
    srsly.write_jsonl(job.results / "runs.jsonl", [*(line(BASELINE, seed, 40) for seed in (0, 1)), *others])
    assert STEPS["train"](job, settings) == progress.CHECKS + 2 * 60


def test_trainings_take_as_long_as_those_before(trained):
    job, settings = trained
    guessed = STEPS["train"](job, settings)
    speeds = [progress.WORDS_A_SECOND["listener", system] for system in (ELMO, BASELINE)]
    assert guessed == pytest.approx(progress.CHECKS + sum(2 * 90_000 / speed for speed in speeds))  # summed otherwise
    job.results.mkdir(parents=True)
    srsly.write_jsonl(job.results / "runs.jsonl", [line(BASELINE, 0, 40), line(ELMO, 0, 60)])
    assert STEPS["train"](job, settings) == progress.CHECKS + 40 + 60
    srsly.write_jsonl(job.results / "runs.jsonl", [line(s, seed, 40) for s in (BASELINE, ELMO) for seed in (0, 1)])
    assert STEPS["train"](job, settings) == progress.CHECKS


def test_trainings_side_by_side_share_the_time(planned):
    job, settings = planned
    alone = STEPS["train"](job, settings) - progress.CHECKS
    both = STEPS["train"](job, dataclasses.replace(settings, jobs=2)) - progress.CHECKS
    assert both == alone / 2


def test_what_was_made_before_takes_no_time(planned):
    job, settings = planned
    before = STEPS["text"](job, settings)
    job.text.mkdir(parents=True)
    srsly.write_json(job.text / "notes.json", {"figures": {}})
    assert before == STEPS["text"](job, settings) + 3_000_000 / progress.TEXT_BYTES_A_SECOND


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (3_569, "59 min"), (9_000, "2 h 30 min")]
)
def test_durations_are_for_people(seconds, expected):
    assert format_duration(seconds) == expected
