"""Write what came of a language as a page for a browser and as Markdown.

python -m scripts.report --lang LANG [--name NAME]

The page is one file, which loads nothing. Both have what there is: a part whose data are missing is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.util import get_lang_class
from wasabi import msg

from project.shared.arguments import clear_errors
from project.shared.pages.markup import Section
from project.shared.pages.report import MARKDOWN, PAGE, Report
from project.shared.workspace import Workspace

from .figures import Runs, read_runs
from .pages import confusion, curve, facts, parses, tables
from .progress import announce
from .results import BASELINE, ELMO
from .settings import SPLITS, Job, Settings, read_job


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    job, settings = read_job(workspace, list(arguments), "Write what came of a language as a page and as Markdown")
    announce(job, settings, "report")
    runs = read_runs(job, settings)
    sections = [section for section in _sections(job, settings, runs) if section is not None]
    Report(make_title(settings), settings.name, list(_made_from(settings)), sections).write(job.results)
    for label, figures in tables.find_headline(runs).items():
        best = figures[0]
        change = f", {best.difference} by ELMo" if best.difference else ""
        msg.info(f"{label} on {best.split}: {best.elmo}%{change}")
    msg.good(f"Wrote {job.results / PAGE} and {MARKDOWN} beside it")


def _sections(job: Job, settings: Settings, runs: Runs) -> Iterator[Section | None]:
    yield tables.headline(runs)
    yield tables.since_init(runs)
    yield tables.scores(runs)
    yield curve.learning_curve(job.run)
    yield confusion.confusions(runs)
    yield _parses(job, runs)
    yield tables.costs(runs)
    yield facts.circumstances(job, settings, runs)
    yield facts.package(job, settings)
    yield facts.notes(job)
    yield facts.licenses(job, settings)


def _parses(job: Job, runs: Runs) -> Section | None:
    pipelines: dict[str, Language] = {}
    for system in (ELMO, BASELINE):
        run = runs.best("treebank", system)
        if run is None:
            return None
        path = job.workspace.root / run["model"]
        if not path.is_dir():
            msg.warn(f"{path}: the pipeline is gone, so the report shows no sentences; train it again")
            return None
        pipelines[system] = spacy.load(path)
    dev = job.treebank / "dev.spacy"
    if not dev.is_file():
        msg.warn(f"{dev}: no such file, so the report shows no sentences; run the step `treebank` again")
        return None
    docs = list(DocBin().from_disk(dev).get_docs(pipelines[ELMO].vocab))
    return parses.parses(docs, pipelines)


def make_title(settings: Settings) -> str:
    """Return the title: the language, and the treebank or the entities by the name of the file."""
    return f"{get_lang_class(settings.lang).__name__}: what ELMo brings on {_treebank(settings)}"


def _treebank(settings: Settings) -> str:
    paths = [Path(path) for path in settings.treebank or settings.ner]
    names = [path.parent.name if path.stem in SPLITS else path.name.partition(".")[0] for path in paths]
    return names[0].partition("-ud-")[0] if names else "the treebank"


def _made_from(settings: Settings) -> Iterator[str]:
    texts, n_seeds = [Path(path).name for path in settings.text], len(settings.seeds)
    yield f"language {settings.lang}"
    yield f"{settings.hours:g} h of pretraining" + (f", from {settings.init}" if settings.init else "")
    yield f"text: {', '.join(texts[:3])}" + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")
    yield f"recipe {settings.recipe}, {settings.epochs} epochs, {n_seeds} seed{'s' * (n_seeds != 1)}"


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
