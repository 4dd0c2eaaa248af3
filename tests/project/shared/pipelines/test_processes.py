"""Threads of runs that are done side by side."""

import os

import pytest

from project.shared.pipelines.processes import share_threads


@pytest.mark.parametrize(
    ("given", "jobs", "threads", "share"),
    [("4", 2, 0, 2), ("4", 1, 8, 8), ("1", 2, 0, 1), ("4", 3, 0, 1), ("", 1, 0, os.cpu_count()), ("4,2", 1, 3, 3)],
)
def test_share(monkeypatch, given, jobs, threads, share):
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert share_threads(jobs, threads) == share
