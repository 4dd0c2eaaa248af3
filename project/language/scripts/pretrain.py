"""Train the biLM by its plan, or go on with its training, and write the model directory.

python -m scripts.pretrain --lang LANG [--name NAME]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wasabi import msg

from project.shared.arguments import StepError, clear_errors
from project.shared.commands import run_command
from project.shared.publish import publish
from project.shared.workspace import Workspace
from spacy_elmo.models.describe import read_facts
from spacy_elmo.util.files import read_json

from .facts import UNKNOWN, license_text, list_sources, model_facts
from .progress import announce
from .settings import Settings, read_job


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    job, settings = read_job(workspace, arguments, "Train the biLM by its plan")
    announce(job, settings, "pretrain")
    if not job.plan.is_file():
        raise StepError(f"{job.plan}: no such file; run the step `plan` first")
    run, facts = job.run, make_facts(settings)
    threads = settings.threads or "null"  # may be another number than the plan was made with
    if status := run_command(["elmo", "pretrain", job.plan, "--output", run, "--resume", "--system.threads", threads]):
        sys.exit(status)
    trained = read_json(run / "model-best" / "meta.json")
    shipped = read_facts(job.model) if job.model.is_dir() else {}
    if all(shipped.get(key) == value for key, value in facts.items()) and shipped.get("run") == run.name:
        msg.info(f"{job.model}: written before, from this run")
        return
    text = license_text(f"{settings.name}: weights of a bidirectional language model", facts, facts["training_data"])
    rows = publish(
        run,
        job.model,
        facts | {"run": run.name},
        license_text=text,
        heldout=job.text / "heldout.txt",
        tokenizer=str(job.tokenizer),
    )
    perplexity = rows["heldout"]["mean"]
    msg.good(f"{job.model}: {trained['words']:,} tokens read, perplexity {perplexity} of held-out text")


def make_facts(settings: Settings) -> dict[str, Any]:
    """Return what a person would know of the model. One to go on from is its first source, and gives it its license."""
    facts = model_facts(settings)
    own = facts.get("training_data") or [{"name": "raw text", "license": UNKNOWN}]
    if not settings.init:
        return facts | {"training_data": own}
    start = read_facts(settings.init)
    source = {key: start[key] for key in ("name", "author", "license", "url") if start.get(key)}
    source.setdefault("name", settings.init)
    facts["training_data"] = [source, *list_sources(start.get("training_data")), *own]
    license = {"license": source["license"]} if "license" in source else {}
    return license | facts | {"init": source["name"]}


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
