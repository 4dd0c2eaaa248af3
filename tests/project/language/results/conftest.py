"""A language in an empty project: its files and settings."""

from __future__ import annotations

import pytest

from project.language.scripts.settings import Job, Settings
from project.shared.workspace import Workspace
from tests.support.languages import make_settings


@pytest.fixture
def job(workspace: Workspace) -> Job:
    """The files of an Italian model, none of which is there but the settings."""
    job = Job(workspace, "it_elmo_sm")
    job.keep(make_settings())
    return job


@pytest.fixture
def settings(job: Job) -> Settings:
    """What was asked for."""
    return job.settings()
