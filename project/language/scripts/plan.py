"""Choose sizes and schedule of the pretraining from the hours that there are.

python -m scripts.plan --lang LANG [--name NAME]

A plan that is made stays, though the machine may be faster another time, or have more threads: a run goes on by its own
plan alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import srsly
from wasabi import msg

from project.shared.arguments import clear_errors
from project.shared.pipelines.processes import weights_digest
from project.shared.workspace import Workspace
from spacy_elmo.pretraining.plan import plan_run
from spacy_elmo.text.pipelines import describe_tokenizer
from spacy_elmo.util.digests import digest_file
from spacy_elmo.util.staging import staged

from .progress import announce
from .raw_text import HELDOUT, TRAIN
from .settings import NOTES, read_job, read_notes

WARNING = "Warning: "  # how lines of the package begin that are more than information


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    job, settings = read_job(workspace, arguments, "Choose sizes and schedule from the clock")
    announce(job, settings, "plan")
    figures = read_notes(job.text / NOTES, after="text")["figures"]
    words = {"words": figures["words"], "dev_words": figures["heldout_words"]}
    asked = {key: getattr(settings, key) for key in ("lang", "hours", "init")} | words
    asked["text"] = [digest_file(job.text / name) for name in (TRAIN, HELDOUT)]
    asked["weights"] = weights_digest(settings.init) if settings.init else ""
    asked["tokenizer"] = describe_tokenizer(str(job.tokenizer))  # text that is split otherwise is another text
    if job.plan.is_file() and read_notes(job.asked) == asked:
        msg.info(f"{job.plan}: planned before, for the same hours and text")
        return
    plan = plan_run(
        hours=settings.hours,
        lang=settings.lang,
        **words,
        text=[job.text / TRAIN],
        tokenizer=str(job.tokenizer),
        init=settings.init or None,
        threads=settings.threads or None,
        notify=msg.info,
    )
    for line in plan.lines:
        (msg.warn if line.startswith(WARNING) else msg.info)(line.removeprefix(WARNING))
    config = plan.config
    config["paths"]["dev"] = str(job.text / HELDOUT)
    with staged(job.training, [job.plan.name, job.asked.name]) as stage:
        config.to_disk(stage / job.plan.name)
        srsly.write_json(stage / job.asked.name, asked)
    msg.good(f"Wrote {job.plan}")


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
