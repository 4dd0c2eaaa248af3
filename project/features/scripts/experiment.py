"""Train and score every system of a task with every seed.

python -m scripts.experiment TASK [--name NAME] [--seeds 0,1,2] [--test]

A line of JSON for each run. Runs that have one are not repeated, so what was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from wasabi import msg

from project.shared.arguments import StepError, clear_errors, language, seed_list, whole_number
from project.shared.pipelines.work import work_off
from project.shared.results import one_writer
from project.shared.workspace import Workspace

from .results import Result, Results
from .runs import BASELINE, DEFAULT, Run, Settings
from .tasks import TASKS, TaskFiles, after_step, read_sources, task_parser


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    args = _parse(arguments)
    files = TaskFiles(workspace, args.task, args.name)
    if read_sources(files.corpus) is None:
        raise StepError(f"{files.corpus}: not converted yet; {after_step('corpus', args.task)}")
    split = "test" if args.test else "dev"
    if not (files.corpus / f"{split}.spacy").is_file():
        msg.info(f"{files.corpus}: no {split} data, so there is nothing to score")
        return
    settings = Settings(files, args.lang, args.pretrained, args.epochs, args.jobs)
    with one_writer(files.results):
        _do(settings, args, split)


def _do(settings: Settings, args: argparse.Namespace, split: str) -> None:
    seeds, results = args.seeds or TASKS[args.task].seeds, Results(settings.files.results, args.task)
    chosen = _choose(settings, seeds, results) if args.test else systems(args.task)
    runs = [Run(settings, system, seed) for system in chosen for seed in seeds]
    waiting = [run for run in runs if (run.key, split) not in results]
    msg.info(f"{args.task}: {len(runs) - len(waiting)} runs done before, {len(waiting)} to do ({split})")

    def keep(result: Result) -> str:
        results.add(result)
        return _summary(result)

    work_off(waiting, lambda run: run.score(split), keep, args.jobs)


def systems(task: str) -> list[str]:
    """Return what is compared: spaCy's default, and each recipe with and without ELMo."""
    recipes = [recipe + end for recipe in TASKS[task].recipes for end in (BASELINE, "")]
    return [DEFAULT, *recipes] if TASKS[task].with_default else recipes


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = task_parser("Train and score every system of a task with every seed")
    parser.add_argument("--lang", default="en", type=language)
    parser.add_argument("--pretrained", default="en_elmo_sm")
    parser.add_argument("--seeds", default=[], type=seed_list, help="empty for the task's own")
    parser.add_argument("--epochs", type=whole_number(0), default=0, help="0 for the task's own")
    parser.add_argument(
        "--jobs", type=whole_number(1), default=os.cpu_count(), help="runs at a time, which share the cores"
    )
    parser.add_argument("--test", action="store_true", help="score the best recipe and its baseline on the test data")
    return parser.parse_args(arguments)


def _choose(settings: Settings, seeds: Sequence[int], results: Results) -> list[str]:
    """Return the recipe that is best on the development data, after the same without ELMo."""
    name = settings.files.task
    first = next(iter(TASKS[name].scores))
    means = {}
    for recipe in TASKS[name].recipes:
        keys = [Run(settings, recipe, seed).key for seed in seeds]
        scores = [line["scores"][first] for line in results.lines if line["key"] in keys and line["split"] == "dev"]
        if len(scores) < len(keys):
            raise StepError(f"{recipe}: not trained with all seeds yet; {after_step('runs', name)}")
        means[recipe] = sum(scores) / len(scores)
    best = max(means, key=means.__getitem__)
    return [best + BASELINE, best]


def _summary(result: Result) -> str:
    names = TASKS[result["task"]].scores
    scores = ", ".join(f"{name} {100 * result['scores'][key]:.2f}" for key, name in names.items())
    return f"{result['system']}, seed {result['seed']}: {scores}"


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
