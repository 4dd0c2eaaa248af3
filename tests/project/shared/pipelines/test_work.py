"""Runs side by side, some of which fail or are interrupted."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from project.shared.pipelines.processes import RunError
from project.shared.pipelines.work import work_off


@dataclass(frozen=True)
class Numbered:
    number: int

    @property
    def name(self):
        return f"run {self.number}"

    @property
    def log(self):
        return Path(f"{self.number}.txt")


@pytest.fixture
def work():
    """Do five runs, of which some raise an error, and return the numbers of those that were kept."""

    def work(errors, kept):
        def do(run):
            if run.number in errors:
                raise errors[run.number]
            return {"number": run.number}

        def keep(result):
            kept.append(result["number"])
            return "kept"

        work_off([Numbered(i) for i in range(5)], do, keep, jobs=1)
        return kept

    return work


def test_all_results_are_kept(work):
    assert work({}, []) == [0, 1, 2, 3, 4]


def test_others_go_on_where_some_fail(work):
    kept = []
    with pytest.raises(RunError, match="(?s)no memory.*Failed as well: run 3"):
        work({1: RunError("run 1: no memory"), 3: RunError("run 3: no file")}, kept)
    assert kept == [0, 2, 4]


def test_an_interruption_is_the_end_of_what_has_not_started(work):
    kept = []
    with pytest.raises(KeyboardInterrupt):
        work({1: KeyboardInterrupt()}, kept)
    assert kept == [0]


def test_runs_that_end_by_an_interruption_are_not_called_failed(capsys):
    def do(run):
        if run.number == 0:
            raise KeyboardInterrupt
        time.sleep(0.5)  # as a process that has got the same signal, and saves what it has
        raise RunError("ended by a signal")

    with pytest.raises(KeyboardInterrupt):
        work_off([Numbered(1), Numbered(0)], do, str, jobs=2)
    assert "failed" not in capsys.readouterr().out
