"""Deaths of pretraining before each change of the file system, each followed by --resume.

python -m tests.support.killed_runs FOLDER [--every N]

Prints JSON: how many changes a run makes, and what was found after those that were tried.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from spacy_elmo.text.tokenize import tokenize_files
from tests.support.pretraining import pretrain_quietly, tiny_config

CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.fsync")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
LINES = [f"The {animal} sat on the {place}. It slept." for animal in ("cat", "dog") for place in ("mat", "bank")]


class Changes:
    """Counts the changes that this process makes below a folder, and ends it before one of them.

    Args:
        folder: The folder.
        last: Before which change to end, counted from 1. None for none.
    """

    def __init__(self, folder: Path, last: int | None):
        self.folder, self.last, self.n = str(folder), last, 0
        fsync = os.fsync

        def noted_fsync(descriptor: int) -> None:
            self("os.fsync", (self.folder,))
            fsync(descriptor)

        os.fsync = noted_fsync
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            is_change = bool(int(arguments[2] or 0) & WRITING)
        else:
            is_change = event in CHANGES
        if not is_change or not self._is_below(arguments):
            return
        self.n += 1
        if self.n == self.last:
            os._exit(99)

    def _is_below(self, arguments: tuple[Any, ...]) -> bool:
        path = str(arguments[0])
        return path.startswith(self.folder) or not path.startswith("/")  # shutil.rmtree names files by their folder


def in_a_fork(work: Callable[[], None]) -> int:
    """Return the exit status of a process that does some work; its output is lost."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            work()
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(text: Path, output: Path) -> None:
    warnings.simplefilter("ignore")
    config = tiny_config(text, training__max_steps=4, training__eval_frequency=2, system__threads=1)
    pretrain_quietly(config, output, resume=True)


def result(output: Path) -> dict[str, bytes]:
    """Return what two runs have in common; facts with the time that they took are left out."""
    files = {str(f.relative_to(output)): f for f in output.rglob("*") if f.is_file()}
    timed = ("state.json", "meta.json", "loss.png")
    return {name: b"" if name.endswith(timed) else file.read_bytes() for name, file in sorted(files.items())}


def hidden(name: str) -> str:
    """Return the part of a path that begins with a dot, by its first letters; empty where none does."""
    return next((part[:7] for part in Path(name).parts if part[0] == "."), "")


def main(folder: Path, every: int) -> dict[str, Any]:
    text = folder / "text.txt"
    text.write_text("\n\n".join(LINES), encoding="utf8")
    list(tokenize_files([text]))  # what is made and imported here, all forks have
    torch.optim.Adam([torch.zeros(1)])
    Figure.savefig = lambda self, file, **_: file.write(b"a picture")  # type: ignore[method-assign, assignment]

    def count() -> None:
        changes = Changes(folder / "whole", None)
        run(text, folder / "whole")
        (folder / "n").write_text(str(changes.n - 1))  # this one is not of the run

    assert in_a_fork(count) == 0
    whole = result(folder / "whole")
    n = int((folder / "n").read_text())
    found: dict[str, Any] = {"changes": n, "tried": 0, "not killed": [], "not resumed": [], "different": [], "left": {}}
    for last in range(1, n + 1, every):
        output = folder / "killed"

        def die(output: Path = output, last: int = last) -> None:
            Changes(output, last)
            run(text, output)

        found["tried"] += 1
        if in_a_fork(die) != 99:
            found["not killed"].append(last)
        if in_a_fork(lambda output=output: run(text, output)) != 0:  # type: ignore[misc]
            found["not resumed"].append(last)
        after = result(output)
        if {name: data for name, data in after.items() if not hidden(name)} != whole:
            found["different"].append(last)
        for left in {hidden(name) for name in after if hidden(name)}:
            found["left"][left] = found["left"].get(left, 0) + 1
        shutil.rmtree(output)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1)
    print(json.dumps(main(**vars(parser.parse_args()))))
