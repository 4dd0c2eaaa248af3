"""Write what came of the paper's tasks and analyses as a page for a browser and as Markdown.

python -m scripts.report [--results FOLDER] [--pretrained MODEL] [--page FILE] [--summary FILE] [--record FOLDER]

The page is one file, which loads nothing. Both have what there is, and say which step brings what is not there. A page
that has the lines `<!-- tables: paper -->` and `<!-- end of tables -->` gets the sections between them, and one with
`<!-- tables: tasks -->` a table of the tasks alone. A record has the figures that these are made from, so that anyone
can make them again, or others: `--results` reads it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import srsly
from wasabi import msg

from project.paper.analyses.rows import Row, Rows
from project.shared.arguments import Parser, StepError, clear_errors, given_path
from project.shared.pages.draft import Draft
from project.shared.pages.markers import insert
from project.shared.pages.markup import Section, markdown_table
from project.shared.pages.report import MARKDOWN, PAGE, Report, markdown_sections
from project.shared.pipelines.processes import weights_digest
from project.shared.workspace import Workspace
from spacy_elmo.util.staging import staged

from .pages import alternatives, analyses, choices, mixes, search, shares, tasks
from .pages.circumstances import circumstances, made_from
from .pages.figures import Runs, read_runs
from .pages.verdicts import verdicts

TITLE = "The paper's tasks and analyses, repeated"
NAME = "Deep contextualized word representations (Peters et al. 2018)"
MARKER, SUMMARY = "tables: paper", "tables: tasks"
RUNS, ROWS = "runs.jsonl", "analyses.jsonl"
CONFIG = "config"  # of a run: most of its line
QUOTING = "neighbors"  # the analysis that has sentences of others, which pages of a repository leave out

# What it is, the step that brings it, and what makes it, of the runs or of the rows of analyses
OF_RUNS: dict[str, Callable[[Runs], Section | None]] = {
    "tasks with and without ELMo (table 1)": tasks.scores,
    "all layers or the last one (table 2)": choices.layers,
    "where ELMo comes in (table 3)": choices.places,
    "less training data (figure 1)": shares.shares,
    "what tasks take from each layer (figure 2)": mixes.mixes,
    "other vectors in the same heads": alternatives.alternatives,
    "the best recipe": search.search,
    "time, speed and size": tasks.costs,
}
OF_ROWS: dict[str, Callable[[Sequence[Row]], Section | None]] = {
    "nearest neighbors (table 4)": analyses.neighbors,
    "senses by layer (table 5)": analyses.senses,
    "parts of speech by layer (table 6)": analyses.tags,
    "a word with more and more context": analyses.contexts,
}


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = Parser("Write what came of the tasks and analyses as a page and as Markdown")
    parser.add_argument("--results", type=given_path, help="the folder of results, if it is not the project's")
    parser.add_argument("--page", type=given_path, help="a page to write the sections into")
    parser.add_argument("--summary", type=given_path, help="a page to write the table of the tasks into")
    parser.add_argument("--record", type=given_path, help="a folder to write the figures into that a page is made from")
    parser.add_argument("--pretrained", default="", help="the weights of ELMo that it is about; empty for the newest")
    args = parser.parse_args(arguments)
    weights = weights_digest(args.pretrained) if args.pretrained else ""
    results = args.results or workspace.results
    runs, rows = read_runs(results / RUNS, weights), Rows(results / ROWS).all
    if weights:
        rows = [row for row in rows if row.get("weights") in (None, weights)]
    if not runs.all and not rows:
        remedy = f"name a folder with {RUNS} or {ROWS}" if args.results else "run the step `runs` or `analyses` first"
        raise StepError(f"{results}: no results yet; {remedy}")
    sections, missing = make_sections(runs, rows)
    for line in missing:
        msg.info(f"Not here: {line}")
    shown = [*sections, *([_missing(missing)] if missing else [])]
    Report(TITLE, NAME, list(made_from(runs)), shown).write(workspace.results)
    msg.good(f"Wrote {workspace.results / PAGE} and {MARKDOWN} beside it")
    own = [row for row in rows if row.get("analysis") != QUOTING]
    if args.page:  # what was left out is no part of it
        insert(args.page, MARKER, markdown_sections(make_sections(Runs(runs.all), own)[0], level=3))
        msg.good(f"Wrote {args.page}")
    if args.summary:
        _summarize(runs, args.summary)
    if args.record:
        _record(runs, own, args.record)


def make_sections(runs: Runs, rows: Sequence[Row]) -> tuple[list[Section], list[str]]:
    """Return the parts that there is something for, and a line for each of the others."""
    makers = {what: ("runs", partial(make, runs)) for what, make in OF_RUNS.items()}
    makers |= {what: ("analyses", partial(make, rows)) for what, make in OF_ROWS.items()}
    sections, missing = [], []
    for what, (step, make) in makers.items():
        section = make()
        if section is None:
            missing.append(f"{what}; the step {step} brings it")
        else:
            sections.append(section)
    found = [verdicts(runs, rows), *sections, circumstances(runs)]
    return [section for section in found if section is not None], missing


def _summarize(runs: Runs, page: Path) -> None:
    table = tasks.summary(runs)
    if table is None:
        raise StepError("No task is scored on test data yet; run the step `test` first")
    insert(page, SUMMARY, [markdown_table(table).rstrip("\n"), ""])
    msg.good(f"Wrote {page}")


def _record(runs: Runs, rows: Sequence[Row], folder: Path) -> None:
    """Write the figures of a page, without configs: the code makes them, and `key` tells whether they are the same."""
    figures = [{name: value for name, value in run.items() if name != CONFIG} for run in runs.all]
    with staged(folder, [RUNS, ROWS]) as stage:
        srsly.write_jsonl(stage / RUNS, figures)
        srsly.write_jsonl(stage / ROWS, rows)
    msg.good(f"Wrote {folder / RUNS} and {ROWS} beside it")


def _missing(lines: Sequence[str]) -> Section:
    draft = Draft("Not here yet")
    draft.items(lines)
    return draft.end()


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
