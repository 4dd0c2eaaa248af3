"""A converted corpus that is played, and the settings of an experiment on it."""

from __future__ import annotations

from pathlib import Path

import pytest
import srsly
from thinc.api import Config

from project.features.scripts import runs
from project.features.scripts.runs import Settings
from project.features.scripts.tasks import TaskFiles
from project.shared.workspace import Workspace
from tests.support.hand_made import SOURCES


@pytest.fixture(scope="session")
def source() -> Path:
    """The project as it ships, to read only."""
    return Path(__file__).parents[3] / "project" / "features"


@pytest.fixture
def files(workspace: Workspace) -> TaskFiles:
    """The files of an NER task."""
    return TaskFiles(workspace, "ner", "mine")


@pytest.fixture
def corpus(files: TaskFiles) -> Path:
    """A folder that says it has a converted corpus."""
    files.corpus.mkdir(parents=True)
    srsly.write_json(files.corpus / "sources.json", SOURCES)
    for split in ("train", "dev", "test"):
        (files.corpus / f"{split}.spacy").touch()
    return files.corpus


@pytest.fixture(scope="session")
def configs() -> dict[tuple[object, ...], Config]:
    """Configs by what they depend on: each takes a third of a second to make."""
    return {}


@pytest.fixture
def make_each_config_once(monkeypatch: pytest.MonkeyPatch, configs: dict[tuple[object, ...], Config]) -> None:
    original = runs.make_system

    def make(settings: Settings, system: str) -> Config:
        key = (settings.files.task, settings.lang, settings.pretrained, settings.epochs, system)
        if key not in configs:
            configs[key] = original(settings, system)
        return configs[key].copy()

    monkeypatch.setattr(runs, "make_system", make)


@pytest.fixture
def settings(files: TaskFiles, corpus: Path, tiny_model: Path, make_each_config_once: None) -> Settings:
    """Settings of an NER experiment."""
    return Settings(files, lang="en", pretrained=str(tiny_model), epochs=2, jobs=1)
