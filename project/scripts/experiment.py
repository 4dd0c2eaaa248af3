"""Train and score every system of a task with every seed: python scripts/experiment.py TASK [--seeds 0,1,2] [--test]

A line of JSON for each run. Runs that have one are not repeated, so what was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock

import srsly
from runs import BASELINE, DEFAULT, Result, Run, RunError
from tasks import TASKS, corpus_folder, results_file
from wasabi import msg

from spacy_elmo.util.files import WeightsError


def main() -> None:
    args = _parse()
    results = Results(results_file(args.task, args.name))
    split = "test" if args.test else "dev"
    if not (args.corpus / f"{split}.spacy").is_file():
        msg.info(f"{args.corpus}: no {split} data, so there is nothing to score")
        return
    try:
        chosen = _chosen(args, results) if args.test else systems(args.task)
        runs = [Run(args, system, seed) for system in chosen for seed in args.seeds]
        waiting = [run for run in runs if (run.key, split) not in results]
        msg.info(f"{args.task}: {len(runs) - len(waiting)} runs done before, {len(waiting)} to do ({split})")
        _work(args, waiting, split, results)
    except (RunError, WeightsError) as error:
        title, _, log = str(error).partition("\n")
        msg.fail(title)
        print(log)
        sys.exit(1)


def _work(args: argparse.Namespace, waiting: list[Run], split: str, results: Results) -> None:
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
            msg.good(_summary(args.task, result))

    with ThreadPoolExecutor(args.jobs) as pool:
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


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--name", default="", help="of the corpus")
    parser.add_argument("--lang", default="en")
    parser.add_argument("--pretrained", default="en_elmo_sm")
    parser.add_argument("--seeds", default="0,1,2", type=lambda value: [int(seed) for seed in str(value).split(",")])
    parser.add_argument("--epochs", type=int, default=0, help="0 for the task's own")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs at a time, which share the cores")
    parser.add_argument("--test", action="store_true", help="score the best recipe and its baseline on the test data")
    args = parser.parse_args()
    args.corpus = corpus_folder(args.task, args.name)
    if not (args.corpus / "sources.json").is_file():
        msg.fail(f"{args.corpus}: not converted yet; run the step `{args.task}-corpus` first", exits=1)
    return args


class Results:
    """The lines of JSON of a task. The file is written anew for each, so that it is whole whenever a run is cut off."""

    def __init__(self, path: Path):
        self.path = path
        self.lines: list[Result] = list(srsly.read_jsonl(path)) if path.is_file() else []

    def __contains__(self, key_and_split: tuple[str, str]) -> bool:
        return any((line["key"], line["split"]) == key_and_split for line in self.lines)

    def add(self, result: Result) -> None:
        self.lines.append(result)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        srsly.write_jsonl(temporary, self.lines)
        temporary.replace(self.path)


def _chosen(args: argparse.Namespace, results: Results) -> list[str]:
    """RETURNS: the recipe that is best on the development data, and the same without ELMo."""
    first = next(iter(TASKS[args.task].scores))
    means = {}
    for recipe in TASKS[args.task].recipes:
        keys = [Run(args, recipe, seed).key for seed in args.seeds]
        scores = [line["scores"][first] for line in results.lines if line["key"] in keys and line["split"] == "dev"]
        if len(scores) < len(keys):
            msg.fail(f"{recipe}: not trained with all seeds yet; run the step `{args.task}-runs` first", exits=1)
        means[recipe] = sum(scores) / len(scores)
    best = max(means, key=means.__getitem__)
    return [best + BASELINE, best]


def _summary(task: str, result: Result) -> str:
    scores = ", ".join(f"{name} {100 * result['scores'][key]:.2f}" for key, name in TASKS[task].scores.items())
    return f"{result['system']}, seed {result['seed']}: {scores}"


if __name__ == "__main__":
    main()
