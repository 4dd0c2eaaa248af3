"""Make a wheel of a task's best pipeline and load it in a new environment.

python -m scripts.package TASK [--name NAME]

The new environment has the wheel, and of this environment what the wheel needs, but nothing else.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from wasabi import msg

from project.shared.arguments import StepError, clear_errors
from project.shared.wheels.build import build_pipeline
from project.shared.wheels.closure import find_closure
from project.shared.wheels.trial import compare, installed
from project.shared.workspace import Workspace

from .report import find_results, newest_runs
from .results import Result
from .runs import BASELINE, DEFAULT
from .tasks import TASKS, TaskFiles, after_step, task_parser

TEXT = "Anna Jordan opened the Reading office on Monday."


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = task_parser("Make a wheel of a task's best pipeline and load it in a new environment")
    args = parser.parse_args(arguments)
    files = TaskFiles(workspace, args.task, args.name)
    best = choose(args.task, find_results(files.results, args.task))
    msg.info(f"The best: {best['system']}, seed {best['seed']}")
    model = workspace.root / best["model"]
    if not model.is_dir():
        remedy = "remove its line from the results, and train it again"
        raise StepError(f"{model}: the pipeline that was trained is gone; {remedy}")
    msg.info("Making the wheel")
    wheel = build(model, workspace.packages / f"{files.corpus_name}_{args.task}")
    msg.info("Installing it in a new environment")
    load_elsewhere(wheel, model)
    msg.good(f"{wheel}: installed and loaded in a new environment, with the same predictions")


def choose(task: str, lines: list[Result]) -> Result:
    """Return the run with ELMo that is best on the development data."""
    key = next(iter(TASKS[task].scores))
    runs = [line for results in newest_runs(lines, "dev").values() for line in results]
    elmo = [run for run in runs if run["system"] != DEFAULT and not run["system"].endswith(BASELINE)]
    if not elmo:
        raise StepError(f"no run with ELMo in the results yet; {after_step('runs', task)}")
    return max(elmo, key=lambda run: run["scores"][key])


def build(model: Path, folder: Path) -> Path:
    """Make the wheel of a pipeline, in a folder of the package's name, and return its path."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return build_pipeline(model, folder, name=re.sub(r"\W", "_", folder.name))  # the package is imported by it


def load_elsewhere(wheel: Path, model: Path) -> None:
    """Install a wheel in a new environment, and compare what it predicts with what the pipeline predicts here."""
    with installed(wheel, links=wheel.parent, lent=find_closure([wheel])) as environment:
        compare(environment, wheel.name.partition("-")[0], model, [TEXT])


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
