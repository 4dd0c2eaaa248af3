"""The loss of choices of which several are right."""

import numpy as np
import pytest

from project.paper.layers.marginal import marginal_loss

SCORES = np.array([[0.5, -1.0, 2.0], [0.0, 1.0, -np.inf], [3.0, -np.inf, -np.inf]], dtype="float64")
RIGHT = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 0]], dtype=bool)


def test_the_loss_is_of_what_right_choices_get_together():
    loss, _ = marginal_loss(SCORES[:1], RIGHT[:1])
    chances = np.exp(SCORES[0]) / np.exp(SCORES[0]).sum()
    assert loss == pytest.approx(-np.log(chances[0] + chances[2]))


def test_the_gradient_is_that_of_the_loss():
    _, gradient = marginal_loss(SCORES, RIGHT)
    for place in np.argwhere(np.isfinite(SCORES)):
        step = np.zeros_like(SCORES)
        step[tuple(place)] = 1e-5
        difference = marginal_loss(SCORES + step, RIGHT)[0] - marginal_loss(SCORES - step, RIGHT)[0]
        assert gradient[tuple(place)] == pytest.approx(difference / 2e-5, abs=1e-8)  # of a central difference
    assert (gradient[~np.isfinite(SCORES)] == 0).all()


def test_rows_with_nothing_right_that_can_be_chosen_do_not_count():
    loss, gradient = marginal_loss(SCORES, np.array([[0, 0, 0], [0, 0, 1], [0, 0, 0]], dtype=bool))
    assert loss == 0
    assert (gradient == 0).all()
    loss, gradient = marginal_loss(SCORES, np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=bool))
    assert loss == pytest.approx(marginal_loss(SCORES[1:2], RIGHT[1:2])[0])
    assert (gradient[[0, 2]] == 0).all()


def test_nothing_to_choose_from_costs_nothing():
    loss, gradient = marginal_loss(np.zeros((2, 0)), np.zeros((2, 0), dtype=bool))
    assert (loss, gradient.shape) == (0, (2, 0))


def test_the_gradient_has_the_type_of_the_scores():
    assert marginal_loss(SCORES.astype("float32"), RIGHT)[1].dtype == "float32"
