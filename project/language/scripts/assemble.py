"""One pipeline of the best runs: that on the treebank, and the entities behind its parser; or one of them alone."""

from __future__ import annotations

import spacy
from spacy.language import Language
from wasabi import msg

from project.shared.arguments import StepError
from project.shared.results import Result

from .figures import read_runs
from .results import ELMO
from .settings import KINDS, Job


def assemble(job: Job) -> Language:
    """Return the best pipeline with ELMo. The component of entities listens to the same elmo pipe as all others.

    Args:
        job: The files of the language, whose runs are done.

    Returns:
        The pipeline, with the scores of both runs in its meta.

    Raises:
        StepError: Where no run is done, or the pipeline of a run is gone.
    """
    runs = read_runs(job, job.settings())
    best = [run for kind in KINDS if (run := runs.best(kind, ELMO))]
    if not best:
        raise StepError(f"{job.results}: no run with ELMo yet; run the step `train` first")
    nlp = _load(job, best[0])
    if len(best) > 1:
        source = _load(job, best[1])
        nlp.add_pipe("ner", source=source, before="doc_cleaner")
        nlp.meta["performance"] = {**source.meta["performance"], **nlp.meta["performance"]}
    return nlp


def _load(job: Job, run: Result) -> Language:
    path = job.workspace.root / run["model"]
    msg.info(f"{run['kind']}: the best is that of seed {run['seed']}, {run['model']}")
    if not path.is_dir():
        raise StepError(f"{path}: the pipeline that was trained is gone; run the step `train` again")
    return spacy.load(path)
