"""Train and score pipelines with and without ELMo, with every seed.

python -m scripts.train --lang LANG [--name NAME]

A line of JSON for each run in results/NAME/runs.jsonl. Runs that have one are not repeated, so what was interrupted
goes on where it stopped.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from wasabi import msg

from project.shared.arguments import clear_errors
from project.shared.pipelines.work import work_off
from project.shared.results import Result, one_writer
from project.shared.workspace import Workspace

from .progress import announce
from .results import FILE, Results
from .runs import Run, Runs
from .settings import Job, Settings, read_job

SHOWN = {"pos_acc": "UPOS", "dep_las": "LAS", "ents_f": "entity F"}


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    job, settings = read_job(workspace, list(arguments), "Train and score pipelines with and without ELMo")
    announce(job, settings, "train")
    with one_writer(job.results / FILE):
        _do(workspace, job, settings)


def _do(workspace: Workspace, job: Job, settings: Settings) -> None:
    results = Results(job)
    runs = list(Runs(job, settings).all())
    done = {line["key"] for line in results.lines if (workspace.root / line["model"]).is_dir()}
    results.renew([run.key for run in runs])
    waiting = [run for run in runs if run.key not in done]
    msg.info(f"{job.name}: {len(runs) - len(waiting)} runs done before, {len(waiting)} to do")

    def keep(result: Result) -> str:
        results.add(result)
        gold = result["scores"]["dev"]["gold"]
        scores = ", ".join(f"{name} {100 * gold[key]:.2f}" for key, name in SHOWN.items() if key in gold)
        return f"{result['kind']} {result['system']}, seed {result['seed']}: {scores} on dev"

    work_off(waiting, Run.score, keep, settings.jobs)


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
