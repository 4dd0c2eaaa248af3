"""Choose sizes and schedule of the pretraining from the hours that there are.

python -m scripts.plan LANG [--name NAME]

A plan that is made stays, though the machine may be faster another time: a run goes on by its own plan alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import srsly
from spacy_elmo.pretraining.plan import plan_run
from wasabi import msg

from project.shared.arguments import clear_errors
from project.shared.workspace import Workspace
from spacy_elmo.util.staging import staged

from .settings import NOTES, read_job, read_notes


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    job, settings = read_job(workspace, arguments, "Choose sizes and schedule from the clock")
    figures = read_notes(job.text / NOTES, after="text")["figures"]
    asked = {key: getattr(settings, key) for key in ("lang", "hours", "init", "threads")} | {"words": figures["words"]}
    if job.plan.is_file() and read_notes(job.asked) == asked:
        msg.info(f"{job.plan}: planned before, for the same hours and text")
        return
    init = settings.init or None
    plan = plan_run(
        hours=settings.hours, lang=settings.lang, words=figures["words"], threads=settings.threads or None, init=init
    )
    for line in plan.lines:
        msg.info(line)
    config = plan.config
    config["paths"] |= {"train": str(job.text / "train.txt"), "dev": str(job.text / "heldout.txt"), "init": init}
    config["corpus"]["train"]["tokenizer"] = str(job.tokenizer)
    with staged(job.training, [job.plan.name, job.asked.name]) as stage:
        config.to_disk(stage / job.plan.name)
        srsly.write_json(stage / job.asked.name, asked)
    msg.good(f"Wrote {job.plan}")


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
