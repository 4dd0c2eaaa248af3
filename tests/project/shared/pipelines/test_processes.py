"""Processes of runs that are done side by side: their threads, and their end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from project.shared.pipelines import processes
from project.shared.pipelines.processes import share_threads, weights_digest
from tests.support.lexicon_models import make_published, write_published
from tests.support.random_models import write_random_model


@pytest.mark.parametrize(
    ("given", "jobs", "threads", "share"),
    [("4", 2, 0, 2), ("4", 1, 8, 8), ("1", 2, 0, 1), ("4", 3, 0, 1), ("", 1, 0, os.cpu_count()), ("4,2", 1, 3, 3)],
)
def test_share(monkeypatch, given, jobs, threads, share):
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert share_threads(jobs, threads) == share


def test_digests_tell_weights_apart(tmp_path):
    models = [write_random_model(tmp_path / f"{seed}", seed=seed) for seed in (0, 1)]
    assert len({weights_digest(str(model)) for model in models}) == 2
    again = write_random_model(tmp_path / "again", seed=0)
    assert weights_digest(str(again)) == weights_digest(str(models[0]))


def test_digests_tell_weights_of_other_formats_apart(tmp_path):
    models = [write_published(tmp_path / f"{seed}", make_published(seed=seed)) for seed in (0, 1)]
    assert len({weights_digest(str(model)) for model in models}) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="no forks elsewhere")
@pytest.mark.parametrize(("has_gpu", "expected"), [(True, "SpawnProcess"), (False, "ForkServerProcess")])
def test_no_process_is_a_fork_where_there_is_a_gpu(monkeypatch, has_gpu, expected):
    monkeypatch.setattr("torch.cuda.is_available", lambda: has_gpu)
    monkeypatch.setattr(processes, "_start_server", lambda threads: None)
    assert type(processes._process(1, ())).__name__ == expected


def test_thinc_does_not_multiply_by_blis(tmp_path):
    code = "from thinc.api import get_current_ops; print(get_current_ops().use_blis)"
    log = tmp_path / "log.txt"
    processes.run_python(["-c", code], log=log, threads=1, name="run")
    assert log.read_text(encoding="utf8").splitlines()[-1] == "False"


STARTER = """
import sys
from pathlib import Path
from project.shared.pipelines.processes import run_python
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    pid = str(folder / "pid")
    code = f"import os, pathlib, time; pathlib.Path({pid!r}).write_text(str(os.getpid())); time.sleep(60)"
    run_python(["-c", code], log=folder / "log.txt", threads=1, name="sleeps")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_ends_with_the_one_that_started_it(tmp_path):
    (tmp_path / "starter.py").write_text(STARTER)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    starter = subprocess.Popen([sys.executable, tmp_path / "starter.py", tmp_path], env=environment)
    pid = tmp_path / "pid"
    _wait(lambda: pid.is_file() and pid.read_text())
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    _wait(lambda: not Path(f"/proc/{pid.read_text()}").exists())


def _wait(is_so):
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)
