import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from spacy_elmo.embedding import embed_files
from spacy_elmo.embedding import run as runs
from spacy_elmo.embedding.engines import local as module
from spacy_elmo.embedding.engines.local import run_local
from spacy_elmo.text.readers import CorpusError
from tests.support.dying import die, refuse
from tests.support.random_models import contents


@pytest.fixture
def planned(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a job of twenty shards, none of which is done, beside one that is done."""
    monkeypatch.setattr(runs, "MEBIBYTE", 300)
    (tmp_path / "a.txt").write_text("\n".join("This is a sentence of words." for _ in range(20)), encoding="utf8")
    settings = {"model": str(tiny_model), "format": "npy", "shard_mb": 1}
    embed_files([tmp_path / "a.txt"], tmp_path / "whole", n_process=1, **settings)
    with pytest.raises(CorpusError, match="20 shards are not done"):
        embed_files([tmp_path / "a.txt"], tmp_path / "out", engine=lambda folder, numbers: [], **settings)
    return tmp_path / "out"


def test_processes_do_all_shards_to_the_same_bytes_though_one_is_killed(planned: Path):
    shards = run_local(planned, range(20), n_process=2)
    done = [next(shards)]
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
    done += shards
    assert sorted(done) == list(range(20))
    assert contents(planned) == contents(planned.parent / "whole")
    assert multiprocessing.active_children() == []


def test_a_shard_at_which_processes_are_lost_is_named(planned: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_work", die)
    with pytest.raises(CorpusError, match=r"3 processes were lost at the same shard \(\d+\), status 9"):
        list(run_local(planned, range(20), n_process=2))
    assert multiprocessing.active_children() == []


def test_an_error_of_a_process_is_raised_and_ends_the_others(planned: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_work", refuse)
    with pytest.raises(ValueError, match="refused"):
        list(run_local(planned, range(20), n_process=2))
    assert multiprocessing.active_children() == []


def test_processes_are_one_for_two_cores(monkeypatch: pytest.MonkeyPatch):
    for cores, processes in ((1, 1), (2, 1), (3, 1), (16, 8)):
        monkeypatch.setattr(module, "count_cores", lambda cores=cores: cores)
        assert module.default_processes() == processes
