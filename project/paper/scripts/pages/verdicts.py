"""What the paper says, and whether it holds here: found in the figures, not written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from project.paper.analyses.rows import Row
from project.shared.pages.draft import Draft
from project.shared.pages.markup import Section, Table

from .analyses import Analysis
from .choices import LAYERS, PLACES, compare
from .figures import Runs, is_better, write_share
from .labels import task_name
from .mixes import find_mixes
from .shares import EXPERIMENT as SHARES
from .shares import find_enough
from .tasks import find_wins

# A claim, its experiment and variants, and which of these is better than which
COMPARED = (
    ("All layers are better than the last one alone", "layers", LAYERS, "all, λ = 0.001", "last layer"),
    ("ELMo before the encoder is better than behind it", "places", PLACES, "before the encoder", "behind it"),
)


class Verdict(NamedTuple):
    """A claim of the paper, and whether it holds here, with what shows it."""

    claim: str
    holds: str


def verdicts(runs: Runs, rows: Sequence[Row]) -> Section | None:
    """Return what holds; None where nothing can be said."""
    found = [*_of_runs(runs), *_of_layers(rows)]
    if not found:
        return None
    draft = Draft("What holds here")
    draft.say("Seed by seed. Where a task has one seed, the sign of its difference counts, however small it is.")
    lines = [list(verdict) for verdict in found]
    draft.table(Table("Claims", ["the paper says", "here"], lines, kind="facts named"))
    return draft.end()


def _of_runs(runs: Runs) -> Iterator[Verdict]:
    yield from _count("With ELMo each task is better than without", find_wins(runs))
    for claim, experiment, variants, better, worse in COMPARED:
        found = compare(runs, experiment, variants)
        yield from _count(claim, {task: is_better(of[better], of[worse]) for task, of in found.items()})
    mixes = {
        mix.task: max(mix.weights) == mix.weights[1]
        for mix in find_mixes(runs)
        if mix.place == "input" and mix.is_alone and len(mix.weights) > 1
    }
    yield from _count("Before the encoder, tasks take most from layer 1", mixes)
    enough = {task: find_enough(runs, task) for task in runs.tasks(SHARES, "dev")}
    said = [
        f"{task_name(task)}: {100 * found[0]:g}% of the data are as good as {100 * found[1]:g}% without ELMo"
        for task, found in enough.items()
        if found and found[0] < found[1]
    ]
    if enough:
        less = {task: bool(found and found[0] < found[1]) for task, found in enough.items()}
        for verdict in _count("With ELMo less training data are needed", less):
            yield verdict._replace(holds="; ".join([verdict.holds, *said]))


def _of_layers(rows: Sequence[Row]) -> Iterator[Verdict]:
    tags = Analysis(rows, "parts of speech", "task", "limit")
    yield from _order("Parts of speech: layer 1 knows more than layer 2", tags, better="layer 1", worse="layer 2")
    senses = Analysis(rows, "word senses", "limit")
    yield from _order("Senses: layer 2 knows more than layer 1", senses, better="layer 2", worse="layer 1")


def _count(claim: str, holds: Mapping[str, bool | None]) -> Iterator[Verdict]:
    """Yield a verdict of tasks, where there are any; None is for those that differ by less than their seeds do."""
    if not holds:
        return
    yes, no, unclear = ([task for task in holds if holds[task] is value] for value in (True, False, None))
    kinds = [said for said, tasks in (("yes", yes), ("no", no), ("not clear", unclear)) if tasks]
    said = "in part" if yes and len(kinds) > 1 else kinds[0]
    holds_in = f"{said}: in {len(yes)} of {len(holds)} tasks"
    named = (("not in", no), ("by less than seeds differ in", unclear))
    rest = [f"; {what} {'; '.join(map(task_name, tasks))}" for what, tasks in named if tasks and len(kinds) > 1]
    yield Verdict(claim, holds_in + "".join(rest))


def _order(claim: str, analysis: Analysis, *, better: str, worse: str) -> Iterator[Verdict]:
    """Yield a verdict, where both layers have a figure."""
    shares = analysis.shares()
    if better in shares and worse in shares:
        holds = "yes" if shares[better] > shares[worse] else "no"
        seen = f"{write_share(shares[better])} on {better}, {write_share(shares[worse])} on {worse}"
        yield Verdict(claim, f"{holds}: {seen}" + analysis.say_overlap(better, worse))
