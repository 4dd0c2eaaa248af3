"""Static vectors of raw text, with training played: a table of three rows."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import spacy

from project.paper.scripts.sources import static_vectors
from project.paper.scripts.sources.static_vectors import find_vectors, make_vectors, read_table_notes
from project.shared.arguments import StepError

TABLE = "3 2 4 5 2 2166136261 < >\n0 0.1 0.2\n1 0.3 0.4\n2 0.5 0.6\n"
TEXT = "The bank raised its rates.\n\nWe sat by the river.\n"


@pytest.fixture
def trained(monkeypatch):
    """Play floret; the texts that it was given."""
    texts = []

    def train(text, **settings):
        texts.append(Path(text).read_text(encoding="utf8").splitlines())
        return SimpleNamespace(save_floret_vectors=lambda path: Path(path).write_text(TABLE, encoding="utf8"))

    monkeypatch.setattr(static_vectors, "import_module", lambda name: SimpleNamespace(train_unsupervised=train))
    return texts


@pytest.fixture
def text(workspace):
    path = workspace.assets / "lm-en" / "train" / "one.txt"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT, encoding="utf8")
    return path


def test_a_folder_that_pipelines_take_vectors_from(workspace, text, trained):
    make_vectors(workspace, 1.0)
    assert trained == [["The bank raised its rates .", "We sat by the river ."]]
    assert spacy.load(find_vectors(workspace)).vocab.vectors.shape == (3, 2)
    assert read_table_notes(workspace).words == 12
    assert sorted(path.name for path in find_vectors(workspace).parent.iterdir()) == ["notes.json", "vectors"]


def test_the_same_is_not_trained_again(workspace, text, trained):
    make_vectors(workspace, 1.0)
    make_vectors(workspace, 1.0)
    assert len(trained) == 1
    text.write_text(TEXT + "\nMore of it.\n", encoding="utf8")
    make_vectors(workspace, 1.0)
    assert len(trained) == 2


def test_a_sample_has_whole_documents(workspace, text, trained):
    text.write_text("Just one word.\n\n" * 40, encoding="utf8")
    make_vectors(workspace, 0.5)
    assert set(trained[0]) == {"Just one word ."}
    assert 5 < len(trained[0]) < 35


def test_without_text(workspace, trained):
    with pytest.raises(StepError, match="train: no such file. Where there is no network"):
        make_vectors(workspace, 1.0)
    assert read_table_notes(workspace) is None


def test_without_floret(workspace, monkeypatch):
    def fail(name):
        raise ImportError("no floret")

    monkeypatch.setattr(static_vectors, "import_module", fail)
    with pytest.raises(StepError, match="benchmarks"):
        make_vectors(workspace, 1.0)
