"""One run a directory: processes that start, or go on, at the same time."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spacy_elmo.pretraining.loop.checkpoint import list_checkpoints
from spacy_elmo.util.lock import LockedError
from tests.conftest import ROOT
from tests.support.pretraining import pretrain_quietly, tiny_config
from tests.support.random_models import contents

LENGTH = {"training__optimizer__learn_rate__total": 9}
WORKER = """
import json, sys
from pathlib import Path
from tests.support.pretraining import pretrain_quietly, tiny_config

for line in sys.stdin:
    text, output, resume, changes = json.loads(line)
    try:
        pretrain_quietly(tiny_config(Path(text), **changes), Path(output), resume=resume)
        print("RESULT done", flush=True)
    except (ValueError, OSError) as error:
        print("RESULT", str(error), flush=True)
"""


class Worker:
    """A process that pretrains when it is told."""

    def __init__(self) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, **pipes)

    def start(self, text: Path, output: Path, *, resume: bool = False, **changes: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([str(text), str(output), resume, changes]) + "\n")
        self.process.stdin.flush()

    def result(self) -> str:
        assert self.process.stdout is not None
        return next(line.removeprefix("RESULT ").strip() for line in self.process.stdout if line.startswith("RESULT"))


@pytest.fixture(scope="module")
def workers() -> Iterator[list[Worker]]:
    found = [Worker(), Worker()]
    yield found
    for worker in found:
        worker.process.kill()
        worker.process.wait()


@pytest.mark.parametrize("resume", [(False, False), (True, True), (False, True)], ids=["starts", "resumes", "both"])
def test_of_two_at_once_one_goes_on(resume: tuple[bool, bool], workers: list[Worker], text: Path, tmp_path: Path):
    if all(resume):
        pretrain_quietly(tiny_config(text, **LENGTH), tmp_path / "out")
    for worker, wanted in zip(workers, resume):
        worker.start(text, tmp_path / "out", resume=wanted, training__max_steps=120, **LENGTH)
    results = [worker.result() for worker in workers]
    assert sorted(result == "done" for result in results) == [False, True]
    (winner,) = (worker for worker, result in zip(workers, results) if result == "done")
    (refusal,) = (result for result in results if result != "done")
    assert f"process {winner.process.pid} on " in refusal
    assert f"is training in {tmp_path / 'out'}" in refusal
    assert not (tmp_path / "out" / ".lock").exists()


def test_a_run_that_is_on_is_left_alone_and_goes_on_when_it_was_killed(text: Path, tmp_path: Path):
    worker, output = Worker(), tmp_path / "out"
    worker.start(text, output, training__max_steps=100_000, **LENGTH)
    while not list_checkpoints(output / "checkpoints") and worker.process.poll() is None:
        time.sleep(0.05)
    config = (output / "config.cfg").read_bytes()
    for resume in (True, False):
        other = tiny_config(text, system__seed=5, **LENGTH)
        with pytest.raises(LockedError, match=f"process {worker.process.pid} on "):
            pretrain_quietly(other, output, resume=resume)
    assert (output / "config.cfg").read_bytes() == config
    worker.process.kill()
    worker.process.wait()
    step = list_checkpoints(output / "checkpoints")[-1]
    longer = tiny_config(text, training__max_steps=step + 2, **LENGTH)
    assert pretrain_quietly(longer, output, resume=True).step == step + 2
    assert not (output / ".lock").exists()


def test_the_run_of_another_machine_is_left_alone(text: Path, tmp_path: Path):
    pretrain_quietly(tiny_config(text), tmp_path / "out")
    (tmp_path / "out" / ".lock").write_text(json.dumps({"pid": 7, "host": "elsewhere"}))
    before = contents(tmp_path / "out")
    with pytest.raises(LockedError, match="process 7 on elsewhere is training in .*; if it has ended, remove .*lock"):
        pretrain_quietly(tiny_config(text), tmp_path / "out", resume=True)
    assert contents(tmp_path / "out") == before


def test_a_config_is_written_when_all_is_checked(text: Path, tmp_path: Path):
    corpus = {"paths__corpus": str(tmp_path / "corpus")}
    pretrain_quietly(tiny_config(text, **corpus), tmp_path / "one")
    with pytest.raises(ValueError, match="was prepared in another way"):
        pretrain_quietly(tiny_config(text, system__seed=5, **corpus), tmp_path / "two")
    assert not (tmp_path / "two").exists()
