"""Fixtures that several folders of tests share."""

import os
from pathlib import Path

import pytest
import spacy
import torch
from spacy.language import Language

from spacy_elmo.bilm import BiLM, BiLMConfig, CharacterInput
from spacy_elmo.formats import model_directory

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
    torch.manual_seed(0)
    characters = CharacterInput(embedding_size=4, filters=((1, 4), (2, 4), (3, 4)), n_highway=1)
    model = BiLM(BiLMConfig(characters, hidden_size=8, projection_size=4))
    path = tmp_path_factory.mktemp("models") / "tiny"
    model_directory.write(path, model, {"name": "tiny", "version": "1.0", "lang": "en", "license": "CC0-1.0"})
    return path


@pytest.fixture
def nlp(tiny_model: Path) -> Language:
    """A pipeline of nothing but ELMo with the tiny model."""
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    return nlp
