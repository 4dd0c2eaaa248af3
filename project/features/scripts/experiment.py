"""Train and score every system of a task with every seed.

python -m scripts.experiment TASK [--name NAME] [--seeds 0,1,2] [--test]

A line of JSON for each run. Runs that have one are not repeated, so what was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock

import srsly
from wasabi import msg

from project.shared.workspace import Workspace
from spacy_elmo.util.files import WeightsError
from spacy_elmo.util.staging import WriteError, staged

from .runs import BASELINE, DEFAULT, Result, Run, RunError, Settings
from .tasks import TASKS, TaskFiles, after_step, task_parser


def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    args = _parse(arguments)
    files = TaskFiles(workspace, args.task, args.name)
    if not (files.corpus / "sources.json").is_file():
        msg.fail(f"{files.corpus}: not converted yet; {after_step('corpus', args.task)}", exits=1)
    split = "test" if args.test else "dev"
    if not (files.corpus / f"{split}.spacy").is_file():
        msg.info(f"{files.corpus}: no {split} data, so there is nothing to score")
        return
    settings = Settings(files, args.lang, args.pretrained, args.epochs, args.jobs)
    seeds = args.seeds or TASKS[args.task].seeds
    results = Results(files.results)
    try:
        chosen = _choose(settings, seeds, results) if args.test else systems(args.task)
        runs = [Run(settings, system, seed) for system in chosen for seed in seeds]
        waiting = [run for run in runs if (run.key, split) not in results]
        msg.info(f"{args.task}: {len(runs) - len(waiting)} runs done before, {len(waiting)} to do ({split})")
        _work(waiting, split, results, args.jobs)
    except (RunError, WeightsError, WriteError) as error:
        title, _, log = str(error).partition("\n")
        msg.fail(title)
        print(log)
        sys.exit(1)


def _work(waiting: list[Run], split: str, results: Results, jobs: int) -> None:
    """Do runs, some at a time. The first that fails, or an interruption, is the end for those not started yet."""
    stopped, lock = Event(), Lock()

    def work(run: Run) -> None:
        if stopped.is_set():
            return
        try:
            result = run.score(split)
        except BaseException:
            stopped.set()
            raise
        with lock:
            results.add(result)
            msg.good(_summary(result))

    with ThreadPoolExecutor(jobs) as pool:
        try:
            for finished in [pool.submit(work, run) for run in waiting]:
                finished.result()
        except BaseException:
            stopped.set()
            raise


def systems(task: str) -> list[str]:
    """Return what is compared: spaCy's default, and each recipe with and without ELMo."""
    recipes = [recipe + end for recipe in TASKS[task].recipes for end in (BASELINE, "")]
    return [DEFAULT, *recipes] if TASKS[task].with_default else recipes


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = task_parser("Train and score every system of a task with every seed")
    parser.add_argument("--lang", default="en")
    parser.add_argument("--pretrained", default="en_elmo_sm")
    parser.add_argument("--seeds", default=[], type=_seeds, help="empty for the task's own")
    parser.add_argument("--epochs", type=int, default=0, help="0 for the task's own")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs at a time, which share the cores")
    parser.add_argument("--test", action="store_true", help="score the best recipe and its baseline on the test data")
    return parser.parse_args(arguments)


def _seeds(value: str) -> list[int]:
    return [int(seed) for seed in value.split(",")] if value else []


class Results:
    """The lines of JSON of a task. The file is written anew for each, so that it is whole whenever a run is cut off.

    Args:
        path: The file, which may be missing.
    """

    def __init__(self, path: Path):
        self.path = path
        self.lines: list[Result] = list(srsly.read_jsonl(path)) if path.is_file() else []

    def __contains__(self, key_and_split: tuple[str, str]) -> bool:
        return any((line["key"], line["split"]) == key_and_split for line in self.lines)

    def add(self, result: Result) -> None:
        """Write the file with one more line. Raises WeightsError where the system refuses."""
        self.lines.append(result)
        with staged(self.path.parent, [self.path.name]) as stage:
            srsly.write_jsonl(stage / self.path.name, self.lines)


def _choose(settings: Settings, seeds: Sequence[int], results: Results) -> list[str]:
    """Return the recipe that is best on the development data, after the same without ELMo."""
    name = settings.files.task
    first = next(iter(TASKS[name].scores))
    means = {}
    for recipe in TASKS[name].recipes:
        keys = [Run(settings, recipe, seed).key for seed in seeds]
        scores = [line["scores"][first] for line in results.lines if line["key"] in keys and line["split"] == "dev"]
        if len(scores) < len(keys):
            msg.fail(f"{recipe}: not trained with all seeds yet; {after_step('runs', name)}", exits=1)
        means[recipe] = sum(scores) / len(scores)
    best = max(means, key=means.__getitem__)
    return [best + BASELINE, best]


def _summary(result: Result) -> str:
    names = TASKS[result["task"]].scores
    scores = ", ".join(f"{name} {100 * result['scores'][key]:.2f}" for key, name in names.items())
    return f"{result['system']}, seed {result['seed']}: {scores}"


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
