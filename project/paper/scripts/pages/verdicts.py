"""What the paper says, and whether it holds here: found in the figures, not written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from project.paper.analyses.rows import Row
from project.shared.pages.draft import Draft
from project.shared.pages.markup import Section, Table

from .analyses import Analysis
from .choices import LAYERS, PLACES, compare
from .figures import Runs, write_share
from .labels import task_name
from .mixes import find_mixes
from .shares import EXPERIMENT as SHARES
from .shares import find_enough
from .tasks import count_wins


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
    lines = [list(verdict) for verdict in found]
    draft.table(Table("Claims", ["the paper says", "here"], lines, kind="facts named"))
    return draft.end()


def _of_runs(runs: Runs) -> Iterator[Verdict]:
    wins = {task: gain > 0 for task, gain in count_wins(runs).items()}
    yield from _count("With ELMo each task is better than without", wins)
    layers = {task: of["all, λ = 0.001"] > of["last layer"] for task, of in compare(runs, "layers", LAYERS).items()}
    yield from _count("All layers are better than the last one alone", layers)
    places = {task: of["before the encoder"] > of["behind it"] for task, of in compare(runs, "places", PLACES).items()}
    yield from _count("ELMo before the encoder is better than behind it", places)
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


def _count(claim: str, holds: Mapping[str, bool]) -> Iterator[Verdict]:
    """Yield a verdict of tasks, where there are any."""
    if holds:
        yes, no = [task for task in holds if holds[task]], [task for task in holds if not holds[task]]
        said = "yes" if not no else "no" if not yes else "in part"
        rest = f"; not in {'; '.join(map(task_name, no))}" if yes and no else ""
        yield Verdict(claim, f"{said}: in {len(yes)} of {len(holds)} tasks{rest}")


def _order(claim: str, analysis: Analysis, *, better: str, worse: str) -> Iterator[Verdict]:
    """Yield a verdict, where both layers have a figure."""
    shares = analysis.shares()
    if better in shares and worse in shares:
        holds = "yes" if shares[better] > shares[worse] else "no"
        seen = f"{write_share(shares[better])} on {better}, {write_share(shares[worse])} on {worse}"
        yield Verdict(claim, f"{holds}: {seen}" + analysis.say_overlap(better, worse))
