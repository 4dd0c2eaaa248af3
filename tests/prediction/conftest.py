"""Fixtures of predictions."""

from pathlib import Path

import pytest

from tests.support.predictors import write_predictor


@pytest.fixture(scope="session")
def predictor_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory with a softmax."""
    return write_predictor(tmp_path_factory.mktemp("models") / "predictor")
