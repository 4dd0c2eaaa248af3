import math
from collections.abc import Iterator

import pytest

from spacy_elmo.pretraining.optimizers.schedules import Schedule, by_step, constant, cosine, inverse_sqrt


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (constant(2.0), [2, 2, 2, 2, 2, 2]),
        (cosine(2.0, warmup=2, total=5), [1, 2, 1 + 0.5**0.5, 1, 1 - 0.5**0.5, 0]),
        (inverse_sqrt(2.0, warmup=2), [1, 2, 2 * (2 / 3) ** 0.5, 2 * 0.5**0.5, 2 * 0.4**0.5, 2 * (1 / 3) ** 0.5]),
    ],
)
def test_schedules(schedule: Schedule, expected: list[float]):
    assert [schedule(step) for step in range(6)] == pytest.approx(expected)


@pytest.mark.parametrize("warmup", [0, 1, 100])
def test_a_cosine_without_warmup_begins_below_its_rate_and_ends_at_0(warmup: int):
    schedule = cosine(0.002, warmup=warmup, total=10_000)
    assert 0 < schedule(0) <= 0.002
    assert schedule(10_000) == schedule(20_000) == 0


def squares() -> Iterator[float]:
    for n in range(1, 4):
        yield n**2


def test_a_series_gives_one_rate_a_step_and_then_its_last():
    assert [by_step(squares())(step) for step in range(5)] == [1, 4, 9, 9, 9]


def test_any_step_of_a_series_can_be_asked_for_at_any_time():
    schedule = by_step(squares())
    assert [schedule(step) for step in (2, 0, 2, 1)] == [9, 1, 9, 4]


def test_a_series_is_read_no_further_than_needed():
    series = squares()
    by_step(series)(1)
    assert next(series) == 9


def test_a_series_keeps_its_rates_to_the_last_digit():
    rates = [0.1 / 3, math.pi, 5e-324]
    assert [by_step(rates)(step) for step in range(3)] == rates


def test_a_series_without_rates_is_refused():
    with pytest.raises(ValueError, match="has no rate"):
        by_step([])


@pytest.mark.parametrize("wrong", [-0.1, math.nan, math.inf])
def test_rates_that_cannot_be_are_named_by_their_step(wrong: float):
    rate_of = by_step([0.1, wrong])
    with pytest.raises(ValueError, match="the rate of step 1 is .*; rates must be numbers of at least 0"):
        rate_of(1)
