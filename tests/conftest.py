"""Fixtures that several folders of tests share."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # one worker a core; to be set before torch is imported
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from tests.support.random_models import TINY, write_random_model

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Data too large for the repository: published fixtures and corpora."""
    path = Path(os.environ.get("SPACY_ELMO_DATA", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"{path} is not a directory; SPACY_ELMO_DATA names the data that this test needs")
    return path


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory: two layers, vectors of width 8, random weights."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return write_random_model(folder, TINY, version="1.0", license="CC0-1.0")


@pytest.fixture
def nlp(tiny_model: Path) -> Language:
    """A pipeline of nothing but ELMo with the tiny model."""
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    return nlp
