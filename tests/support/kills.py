"""A process that is killed before each of its changes of the file system: `python -m tests.support.kills WHAT FOLDER`.

It prints, as JSON, the number of kills, and how often the model directory was then the old one, the new one, refused or
mixed; and how often something was left behind, or the model was not the new one, once the same was done again.
"""

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import spacy
import torch
from typer.testing import CliRunner

from spacy_elmo.cli import app
from spacy_elmo.formats import WeightsError, model_directory
from tests.support.random_models import TINY, contents, random_head, random_model

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "open")
KILLED = 77


def die() -> None:
    """End as a process that the system kills."""
    os._exit(KILLED)


def interrupt() -> None:
    """Do what Ctrl-C does."""
    raise KeyboardInterrupt


def run(what: Callable[[], object], *, kill_before: int | None = None, kill: Callable[[], None] = die) -> int:
    """Run a function in a fork that is killed or interrupted before a change of files. Return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    n, fsync = 0, os.fsync

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal n
        writes = event != "open" or bool(int(str(arguments[2])) & (os.O_WRONLY | os.O_RDWR))
        if event in CHANGES and writes:
            n += 1
            if n == kill_before:
                kill()

    def counted_fsync(descriptor: int) -> None:
        count("os.rename", ())
        fsync(descriptor)

    os.fsync = counted_fsync
    sys.addaudithook(count)
    try:
        what()
    except KeyboardInterrupt:
        die()
    finally:
        os._exit(0)


def main(scenario: str, folder: Path) -> dict[str, int]:
    """Kill one scenario at every change, and count what is found."""
    torch.set_num_threads(1)
    old, new = random_model(TINY, seed=1), random_model(TINY, seed=2)
    model_directory.write(folder / "new", new, {"name": "new", "license_text": "new"}, head=random_head(new))
    place = folder / "place"
    model = place / "elmo" if scenario == "to_disk" else place
    if scenario == "to_disk":
        nlp = spacy.blank("en")
        nlp.add_pipe("elmo", config={"pretrained": str(folder / "new")}).load()

    def work() -> object:
        if scenario == "to_disk":
            return nlp.to_disk(place)
        return CliRunner().invoke(app, ["convert", str(folder / "new"), str(place), "--force"])

    if scenario != "into_nothing":
        head = random_head(old, seed=3)
        model_directory.write(folder / "old", old, {"name": "old", "license_text": "old"}, head=head)

    def state() -> str:
        try:
            found = model_directory.read(model)
        except WeightsError:
            return "refused" if model.is_dir() else "absent"
        same = {
            name: all(map(torch.equal, found.model.state_dict().values(), made.state_dict().values()))
            and (found.meta["name"], found.meta["license_text"]) == (name, name)
            for name, made in (("old", old), ("new", new))
        }
        return next((name for name, is_same in same.items() if is_same), "mixed")

    counts: Counter[str] = Counter()
    for n in range(1, 1000):
        shutil.rmtree(place, ignore_errors=True)
        if scenario != "into_nothing":
            shutil.copytree(folder / "old", model)
        if run(work, kill_before=n) != KILLED:
            break
        counts["kills"] += 1
        counts[state()] += 1
        run(work)
        counts["not new after another run"] += state() != "new"
        counts["left behind"] += any("staged" in name for name in contents(place)) or any(place.rglob(".staged-*"))
    return dict(counts)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
