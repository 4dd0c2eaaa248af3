"""Train and score all that the experiments need: tasks, with and without ELMo, with every seed.

python -m scripts.experiment [--sample SHARE] [--tasks TASK,TASK] [--experiments NAME,NAME] [--seeds 0,1,2]
    [--epochs N] [--jobs N] [--test]

A line of JSON in results/runs.jsonl for each run. Runs that have one are not repeated, so what was interrupted goes on
where it stopped. With --test, the pipelines that table 1 and the comparison need are scored on the test data.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wasabi import msg

from project.shared.arguments import StepError, clear_errors, names_of, seed_list, whole_number
from project.shared.pipelines.work import work_off
from project.shared.results import Result, one_writer
from project.shared.workspace import Workspace

from .experiments import EXPERIMENTS, Cell, plan
from .results import Results
from .runs import Run, Shared
from .sources.datasets import Notes, read_notes
from .systems import find_weights
from .tasks import TASKS, choose_tasks, share, task_parser

RUNS = "runs.jsonl"
SEEDS = [0, 1, 2]
SAMPLE_EPOCHS = 2  # a sample shows that all of it works, and has one seed


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    args = _parse(arguments)
    with one_writer(workspace.results / RUNS):
        _do(_find_runs(workspace, args), Results(workspace.results / RUNS), args)


def _do(runs: list[Run], results: Results, args: argparse.Namespace) -> None:
    results.name_experiments(run.facts for run in runs)
    split = "test" if args.test else "dev"
    if args.test:
        runs = [run for run in runs if run.has_test]
        if untrained := [run for run in runs if (run.key, "dev") not in results]:
            raise StepError(f"{untrained[0].name}: not trained yet; run the step `runs` first")
    waiting = [run for run in runs if (run.key, split) not in results]
    msg.info(f"{len(runs) - len(waiting)} runs done before, {len(waiting)} to do ({split})")

    def keep(result: Result) -> str:
        results.add(result)
        name = TASKS[result["task"]].scores[0]
        system = f"{result['task']} {result['system']}, seed {result['seed']}"
        return f"{system}: {name} {100 * result['scores'][name]:.2f} on {split}"

    work_off(waiting, lambda run: run.score(split), keep, args.jobs)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = task_parser("Train and score all that the experiments need")
    parser.add_argument("--pretrained", default="en_elmo_sm")
    parser.add_argument("--sample", type=share, default=1.0, help="that of the corpora")
    known = names_of(EXPERIMENTS, "experiment")
    parser.add_argument("--experiments", default=[], type=known, help="with commas between them; empty for all")
    parser.add_argument("--seeds", default=[], type=seed_list, help="empty for 0,1,2, and for 0 alone in a sample")
    parser.add_argument(
        "--epochs", type=whole_number(0), default=0, help="0 for those of each task, and for 2 in a sample"
    )
    parser.add_argument("--jobs", type=whole_number(1), default=2, help="runs at a time, which share the cores")
    parser.add_argument("--test", action="store_true", help="score on the test data what is already trained")
    return parser.parse_args(arguments)


def _find_runs(workspace: Workspace, args: argparse.Namespace) -> list[Run]:
    """Return the runs that can be done with the data, weights and packages that are there."""
    notes = _find_notes(workspace, args)
    weights, missing = find_weights(workspace, args.pretrained, args.sample)
    tasks = [task for task in choose_tasks(args) if TASKS[task].dataset in notes]
    is_sample = args.sample < 1
    planned = plan(tasks, args.seeds or (SEEDS[:1] if is_sample else SEEDS))
    if args.experiments:
        planned = [run for run in planned if {*run.experiments} & {*args.experiments}]
    planned = [run for run in planned if run.is_tested or not args.test]
    for system in sorted({run.cell.system for run in planned} - set(weights)):
        msg.warn(f"{system} is left out: {missing[system]}")
    epochs = args.epochs or (SAMPLE_EPOCHS if is_sample else 0)
    shared = Shared(workspace, notes, weights, epochs=epochs, jobs=args.jobs)
    return leave_out_equal([Run(shared, run) for run in planned if run.cell.system in weights])


def leave_out_equal(runs: Sequence[Run]) -> list[Run]:
    """Leave out runs on a share of few data that is as many Docs as a larger share, for the fewest that are taken."""
    largest: dict[tuple[Cell, int, int], float] = {}
    for run in runs:
        same = replace(run.cell, share=1.0), run.planned.seed, run.docs
        largest[same] = max(run.cell.share, largest.get(same, 0.0))
    return [run for run in runs if run.cell.share == largest[replace(run.cell, share=1.0), run.planned.seed, run.docs]]


def _find_notes(workspace: Workspace, args: argparse.Namespace) -> dict[str, Notes]:
    """Return what is known of the corpora of tasks. Raises StepError where one is missing that was asked for."""
    found: dict[str, Notes] = {}
    for name in dict.fromkeys(TASKS[task].dataset for task in choose_tasks(args)):
        notes = read_notes(workspace.corpus / name)
        if notes is not None and notes.sample == args.sample:
            found[name] = notes
        elif args.tasks:
            problem = "not converted yet, or another sample of it"
            raise StepError(f"{workspace.corpus / name}: {problem}; run the step `corpora` first")
        else:
            msg.warn(f"{name}: its tasks are left out, because the step `corpora` has not converted it")
    if not found:
        raise StepError(f"{workspace.corpus}: no corpora yet; run the step `corpora` first")
    return found


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
