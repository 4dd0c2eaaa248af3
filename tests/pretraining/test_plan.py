import math
from pathlib import Path

import pytest

from spacy_elmo.pretraining import plan as module
from spacy_elmo.pretraining.config import SIZES, TOKENS_A_WORD
from spacy_elmo.pretraining.plan import Plan, plan_run
from spacy_elmo.pretraining.pretrain import make_settings
from tests.support.runs import ignore

WORDS = 14_500_000
SPEEDS = {128: 9000.0, 512: 2500.0, 2048: 330.0}  # by cells


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Cells of the models that were measured; each has its speed at once."""
    found: list[int] = []

    def measure(config):
        found.append(config["model"]["hidden_size"])
        return SPEEDS[found[-1]]

    monkeypatch.setattr(module, "measure_speed", measure)
    return found


def small(**changes) -> Plan:
    return plan_run(**{"hours": 2, "lang": "fr", "words": WORDS, "size": "small", "tokens_per_second": 2500, **changes})


def rate_of(plan: Plan) -> float:
    return plan.config["training"]["optimizer"]["learn_rate"]["rate"]


@pytest.mark.parametrize(
    ("hours", "words", "size", "asked"),
    [
        (0.1, WORDS, "tiny", [512, 128]),
        (0.25, WORDS, "small", [512]),
        (10, WORDS, "small", [512]),
        (72, WORDS, "medium", [512, 2048]),
        (72, 1_000_000, "small", [512]),
        (2, 50_000, "tiny", [512, 128]),
    ],
)
def test_the_largest_size_that_reads_enough_is_taken(
    hours: float, words: int, size: str, asked: list[int], measured: list[int]
):
    plan = plan_run(hours=hours, lang="fr", words=words)
    assert plan.size == size
    assert plan.config["model"]["hidden_size"] == SIZES[size].hidden_size
    assert measured == asked  # nothing is measured that cannot be taken


def test_training_and_evaluations_fill_the_hours_but_for_a_reserve():
    plan = small()
    training = plan.config["training"]
    read = plan.steps * training["batch_size"] * training["unroll_steps"]
    evaluations = math.ceil(plan.steps / training["eval_frequency"])
    assert plan.seconds == pytest.approx((read + evaluations * 2 * 50_000 * TOKENS_A_WORD) / 2500)
    assert 0.94 * 7200 < plan.seconds <= 0.95 * 7200
    assert evaluations * 2 * 50_000 * TOKENS_A_WORD / 2500 < 0.05 * 7200


def test_the_cosine_ends_with_the_steps_and_no_clock_ends_the_run():
    config = small().config.interpolate()
    assert config["training"]["optimizer"]["learn_rate"]["total"] == config["training"]["max_steps"]
    assert config["training"]["max_seconds"] is None
    assert config["training"]["optimizer"]["@misc"] == "spacy-elmo.SOAP.v1"


def test_the_same_speed_gives_the_same_plan(measured: list[int]):
    first = plan_run(hours=2, lang="fr", words=WORDS)
    again = plan_run(hours=2, lang="fr", words=WORDS, size=first.size, tokens_per_second=first.tokens_per_second)
    assert again.config.to_str() == first.config.to_str()
    assert measured == [512]


def test_text_is_read_again_with_dropout_and_not_for_ever():
    once, often, no_more = (small(words=words) for words in (WORDS, 3_000_000, 300_000))
    assert once.passes < 3 < often.passes < no_more.passes == pytest.approx(16, rel=0.01)
    assert [plan.config["training"]["dropout"] for plan in (once, often, no_more)] == [0.0, 0.1, 0.1]
    assert any("is read 16 times at most" in line for line in no_more.lines)
    assert any(line.startswith("Warning: a model from fewer than 1,000,000 words") for line in no_more.lines)


def test_held_out_text_is_a_share_or_the_given_one():
    assert small().config["corpus"]["dev_size"] == float(f"{50_000 / WORDS:.3g}")
    assert small(words=1_000_000).config["corpus"]["dev_size"] == 0.01
    less, more = small(dev_words=10_000), small(dev_words=500_000)
    assert less.config["training"]["eval_frequency"] < more.config["training"]["eval_frequency"]


def test_a_model_to_go_on_from_has_its_dimensions_and_a_third_of_the_rate(
    measured: list[int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "measure_speed", lambda config: 2500.0)
    plan = plan_run(hours=0.5, lang="en", words=118_000, init="en_elmo_sm")
    assert plan.size == ""
    assert plan.config["paths"]["init"] == "en_elmo_sm"
    assert rate_of(plan) == 0.002


def test_longer_runs_have_lower_rates():
    plans = [small(hours=hours) for hours in (0.1, 1.0, 8.0)]
    assert [rate_of(plan) for plan in plans] == [0.006, 0.0037, 0.0018]  # the first has fewer steps than the trials


def test_the_plan_is_a_config_to_train_with(text: Path):
    plan = plan_run(
        hours=0.01, lang="en", words=500, text=[text], size="tiny", threads=1, tokens_per_second=5000, notify=ignore
    )
    settings, _ = make_settings(plan.config.interpolate(), notify=ignore)
    assert settings.threads == 1
    assert settings.limits.steps == plan.steps
    assert settings.text.train.paths == [str(text)]


def test_people_are_told_what_was_found_and_chosen(measured: list[int]):
    told: list[str] = []
    plan = plan_run(hours=2, lang="fr", words=WORDS, notify=told.append)
    assert told == ["measures how many tokens a second training of the size small reads, for some seconds"]
    lines = "\n".join(plan.lines)
    assert "speed: 2,500 tokens a second" in lines
    assert "the small size, 512 cells projected to 128; the medium size pays from 40,000,000 tokens on" in lines
    assert f"{plan.steps:,} steps of 64 lanes" in lines
    assert "without measuring: --tokens-per-second 2500 with --size small" in lines


def test_the_words_of_the_text_are_estimated(tmp_path: Path):
    (tmp_path / "a.txt").write_text("Some words of text. " * 200)
    assert small(words=None, text=[tmp_path / "a.txt"]).words == 1000


def test_the_hours_that_would_do_are_named():
    with pytest.raises(ValueError, match=r"at 100 tokens a second; give .* or more") as failed:
        small(hours=0.1, dev_words=50_000, tokens_per_second=100)
    least = float(str(failed.value).partition("give ")[2].split()[0])
    assert 1 <= small(hours=least, dev_words=50_000, tokens_per_second=100).steps < 20


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hours": 0}, "hours = 0: must be a number above 0"),
        ({"hours": math.nan}, "hours = nan"),
        ({"hours": math.inf}, "hours = inf"),
        ({"hours": 1e-6}, "hours = 1e-06: no room for a step"),
        ({"words": 399}, "words = 399: too little"),
        ({"words": None}, "the plan needs the amount of text"),
        ({"size": "original"}, "size = 'original': hours are planned for tiny, small, medium"),
        ({"size": None}, "tokens_per_second: of which size"),
        ({"tokens_per_second": 0}, "tokens_per_second = 0: must be a number above 0"),
        ({"init": "en_elmo_sm"}, "give a size or a model, not both"),
        ({"threads": 0}, "threads = 0: must be a whole number from 1"),
        ({"lang": "qqq"}, "lang = 'qqq'"),
        ({"size": None, "init": "no_such"}, "no model named 'no_such'"),
    ],
)
def test_what_cannot_be_is_named(changes: dict, message: str):
    with pytest.raises(ValueError, match=message):
        small(**changes)
