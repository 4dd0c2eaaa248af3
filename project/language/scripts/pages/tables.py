"""Scores and costs of the systems, and the headline."""

from __future__ import annotations

from typing import NamedTuple

from project.shared.pages.markup import Section, Table, html_rows, html_table, markdown_table, text, without_empty

from ..figures import Runs, average
from ..results import BASELINE, ELMO, INIT, SCORES, SPLITS

TITLES = {
    ("treebank", "gold"): "On gold tokens",
    ("treebank", "raw"): "From raw text, by the tokenizer",
    ("treebank", "unseen"): "Words that the training part has not",
    ("treebank", "multiword"): "Multiword tokens, from raw text",
    ("ner", "gold"): "Entities, on gold tokens",
    ("ner", "raw"): "Entities, from raw text",
    ("ner", "unseen"): "Entities with a word that the training part has not",
    ("ner", "multiword"): "Entities with a multiword token",
}
HEADLINES = {
    "UPOS": ("treebank", "gold", "pos_acc"),
    "LAS": ("treebank", "gold", "dep_las"),
    "UPOS of unseen words": ("treebank", "unseen", "pos_acc"),
    "LAS from raw text": ("treebank", "raw", "dep_las"),
    "Entities, F": ("ner", "gold", "ents_f"),
}
ABOUT = {
    "UPOS": "words with the right part of speech",
    "LAS": "words with the right head and relation",
    "UPOS of unseen words": "those that the training part has not",
    "LAS from raw text": "split by the tokenizer",
    "Entities, F": "precision and recall of names",
}


class Figure(NamedTuple):
    """A score on one split: what it is with and without ELMo, and the difference; "" for what was not measured."""

    split: str
    elmo: str
    baseline: str
    difference: str
    fewer: str


def find_headline(runs: Runs) -> dict[str, list[Figure]]:
    """Return the figures of each headline score, those of test first."""
    found = {}
    for label, (kind, part, name) in HEADLINES.items():
        figures = []
        for split in reversed(SPLITS):
            place = (split, part, name)
            if elmo := runs.spread(kind, ELMO, place):
                fewer = runs.fewer_mistakes(kind, place)
                share = f"{100 * fewer:.0f}% fewer mistakes" if fewer is not None and fewer >= 0.005 else ""
                figure = Figure(split, elmo, runs.spread(kind, BASELINE, place), runs.difference(kind, place), share)
                figures.append(figure)
        if figures:
            found[label] = figures
    return found


def headline(runs: Runs) -> Section | None:
    """Return the headline: each score as a large number."""
    found = find_headline(runs)
    if not found:
        return None
    rows = [[label, *figure[:4]] for label, figures in found.items() for figure in figures]
    header, rows = without_empty(["", "on", ELMO, BASELINE, "difference"], rows)
    table = Table("Percent; mean over seeds", header, rows)
    cards = "".join(_card(label, figures) for label, figures in found.items())
    return Section("At a glance", markdown_table(table), f'<div class="cards">{cards}</div>')


def since_init(runs: Runs) -> Section | None:
    """Return what the text brought to the model that the pretraining went on from, None where there was none."""
    rows = []
    for label, (kind, part, name) in HEADLINES.items():
        for split in reversed(SPLITS):
            place = (split, part, name)
            if first := runs.spread(kind, INIT, place):
                rows.append([label, split, runs.spread(kind, ELMO, place), first, runs.difference(kind, place, INIT)])
    if not rows:
        return None
    about = "The first ELMo is the model as it was before it read the text: the difference is what the text brought."
    table = Table("Percent; mean over seeds", ["", "on", ELMO, INIT, "difference"], rows)
    html = f"<p>{text(about)}</p>{html_table(table)}"
    return Section("What the text brought", f"{about}\n\n{markdown_table(table)}", html)


def scores(runs: Runs) -> Section | None:
    """Return the tables of all scores."""
    tables = [found for kind, part in TITLES if (found := _score_table(runs, kind, part))]
    if not tables:
        return None
    n_seeds = len({run["seed"] for run in runs.all})
    spread = f"mean ± standard deviation over {n_seeds} seeds" if n_seeds > 1 else "one seed"
    about = f"Percent; {spread}. The difference is taken seed by seed."
    about = about if any(run["system"] == BASELINE for run in runs.all) else f"Percent; {spread}."
    markdown = "\n".join([about, "", *map(markdown_table, tables)])
    return Section("Scores", markdown, f"<p>{text(about)}</p>{''.join(map(html_table, tables))}")


def costs(runs: Runs) -> Section | None:
    """Return the table of speed and size."""
    rows = []
    for kind, name in (("treebank", "treebank"), ("ner", "entities")):
        for system in (BASELINE, INIT, ELMO):
            if chosen := runs.of(kind, system):
                size, seconds = average(chosen, "bytes"), average(chosen, "train_seconds")
                figures = [average(chosen, "speed"), size and size / 1e6, seconds and seconds / 60]
                figures.append(average(chosen, "train_peak_mb"))
                formats = (",.0f", ",.1f", ",.1f", ",.0f")
                cells = ["" if value is None else format(value, form) for value, form in zip(figures, formats)]
                rows.append([f"{name}, {system}", str(len(chosen)), *cells])
    header = ["", "seeds", "words/s", "MB on disk", "minutes of training", "MB of memory in training"]
    header, rows = without_empty(header, rows)
    if len(header) <= 2:
        return None
    table = Table("Pipelines, means over seeds", header, rows)
    return Section("Speed and size", markdown_table(table), html_table(table))


def _score_table(runs: Runs, kind: str, part: str) -> Table | None:
    columns = [
        (split, system)
        for split in SPLITS
        for system in (ELMO, BASELINE, "difference")
        if any(_cell(runs, kind, system, (split, part, name)) for name in SCORES)
    ]
    rows = []
    for name, label in SCORES.items():
        cells = [_cell(runs, kind, system, (split, part, name)) for split, system in columns]
        if any(cells):
            rows.append([label, *cells])
    if not rows:
        return None
    splits = list(dict.fromkeys(split for split, _ in columns))
    groups = [(split, sum(column[0] == split for column in columns)) for split in splits]
    words = [f"{count:,} words on {split}" for split in splits if (count := runs.words(kind, split, part))]
    header = ["", *(system for _, system in columns)]
    return Table(TITLES[kind, part], header, rows, groups, f"{'; '.join(words)}." if words else "")


def _cell(runs: Runs, kind: str, system: str, place: tuple[str, str, str]) -> str:
    return runs.difference(kind, place) if system == "difference" else runs.spread(kind, system, place)


def _card(label: str, figures: list[Figure]) -> str:
    """Return a headline score: the first figure as a large number, and all in a small table."""
    first = figures[0]
    title = f'<h3>{text(label)}</h3><p class="soft">{text(ABOUT[label])}</p>'
    number = f"<b>{text(first.elmo.partition(' ')[0])}</b><small>% {ELMO}, {text(first.split)}</small>"
    fewer = f'<p class="fewer">{text(first.fewer)}</p>' if first.fewer else ""
    header, rows = without_empty(["", "with", "without", "difference"], [list(figure[:4]) for figure in figures])
    table = html_rows(Table("", header, rows))
    return f'<article>{title}<p class="number">{number}</p>{fewer}{table}</article>'
