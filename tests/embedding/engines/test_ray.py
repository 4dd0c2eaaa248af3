"""Ray takes long to start, so it starts in one test; they are run where Ray is installed."""

import os
import signal
import sys
from pathlib import Path

import pytest

from spacy_elmo.embedding import embed_files
from spacy_elmo.embedding import run as runs
from tests.support.random_models import contents

ray = pytest.importorskip("ray", reason="needs Ray, which is no part of the tests' packages")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


def find_workers() -> list[int]:
    """Return the processes of actors that descend from this one."""
    parents, names = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            names[int(folder.name)] = (folder / "cmdline").read_bytes()
        except OSError:
            continue
    found = []
    for process, name in names.items():
        ancestor = process
        while ancestor not in (0, os.getpid()):
            ancestor = parents.get(ancestor, 0)
        if ancestor and name.startswith(b"ray::ShardWorker"):
            found.append(process)
    return found


def test_shards_are_those_of_local_processes_though_an_actor_is_killed(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))  # where Ray keeps a token
    monkeypatch.setattr(runs, "MEBIBYTE", 300)
    (tmp_path / "a.txt").write_text("\n".join("This is a sentence of words." for _ in range(20)), encoding="utf8")
    settings = {"model": str(tiny_model), "format": "npy", "shard_mb": 1}
    embed_files([tmp_path / "a.txt"], tmp_path / "whole", n_process=1, **settings)
    killed: list[int] = []
    plain = runs.run_ray

    def killing(*arguments, **more):
        for number in plain(*arguments, **more):
            if not killed:
                killed.append(find_workers()[0])
                os.kill(killed[0], signal.SIGKILL)
            yield number

    monkeypatch.setattr(runs, "run_ray", killing)
    done = embed_files([tmp_path / "a.txt"], tmp_path / "out", engine="ray", n_process=2, **settings)
    assert done.new == done.shards == 20
    assert killed
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_a_cluster_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("Timed out\nmore")

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(ConnectionError, match=r"no Ray cluster can be reached at a:1 \(Timed out\); what is done"):
        list(runs.run_ray(tmp_path, [0], n_process=1, address="a:1"))
