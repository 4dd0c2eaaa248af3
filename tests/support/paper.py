"""Results of the paper's project made by hand: runs, and rows of analyses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from project.paper.scripts.experiments import plan
from project.paper.scripts.tasks import TASKS

DEFAULT = {"place": "input", "layers": "all", "l2": 0.001, "encoder": "bilstm", "depth": 1, "longer": 1}
SYSTEMS = {"tok2vec": (0.0, 20_000.0, 2.0), "floret": (0.01, 15_000.0, 70.0)}  # gain, words a second, MB
SYSTEMS |= {"elmo": (0.03, 4000.0, 16.0), "transformer": (0.035, 900.0, 92.0)}
MODEL = {"model": "en_elmo_sm", "weights": "w"}


def make_run(
    task: str = "tagging",
    system: str = "tok2vec",
    score: float = 0.9,
    *,
    seed: int = 0,
    experiment: Sequence[str] = ("tasks",),
    variant: dict[str, Any] | None = None,
    **others: Any,
) -> dict[str, Any]:
    """Return the line of a run, scored on dev."""
    _, speed, size = SYSTEMS.get(system, (0.0, 1000.0, 10.0))
    names = TASKS[task].scores if task in TASKS else ("tag_acc",)
    scores = {name: max(0.0, score - i / 100) for i, name in enumerate(names)}
    unseen = {"words": 1234, names[0]: score / 2} if task in TASKS and TASKS[task].is_by_words else None
    mixes = [{"component": "pipe", "place": "input", "weights": [0.2, 0.5, 0.3], "gamma": 1.1}]
    run = {
        **{"key": f"{task} {system} {seed}", "task": task, "experiment": list(experiment), "system": system},
        **{"variant": {**DEFAULT, **(variant or {})}, "share": 1.0, "seed": seed, "split": "dev", "unseen": unseen},
        **{"scores": {**scores, "speed": speed}, "train_seconds": 300.0, "train_peak_mb": 900.0, "epochs": 4},
        **{"bytes": int(1e6 * size), "mixes": mixes if system == "elmo" else [], "config": "", "python": "3.11.7"},
        **{"pretrained": "en_elmo_sm" if system == "elmo" else "", "weights_md5": "w" if system == "elmo" else ""},
        **{"corpus": {"files": {"train": "a"}, "sample": 1, "words": 200_000, "docs": 12_000}},
        **{"versions": {"spacy": "3.8"}, "machine": "Linux, 2 cores", "runs_at_a_time": 2},
        **others,
    }
    return {key: value for key, value in run.items() if value is not None}


def make_all_runs(seeds: Sequence[int] = (0, 1, 2)) -> list[dict[str, Any]]:
    """Return the lines of all experiments, on dev and, where they are tested, on test."""
    lines = []
    for i, planned in enumerate(plan(list(TASKS), seeds)):
        cell = planned.cell
        score = 0.6 + 0.03 * (len(cell.task) % 9) + SYSTEMS[cell.system][0] * (cell.task != "sentiment-textcat")
        score += 0.02 * (cell.place == "both") - 0.02 * (cell.layers == "last") - 0.1 * (1 - cell.share**0.3)
        score += (i * 7 % 11 - 5) / 1000
        for split in ("dev", "test") if planned.is_tested else ("dev",):
            line = make_run(cell.task, cell.system, score - 0.01 * (split == "test"), seed=planned.seed, split=split)
            epochs, mixes = cell.count_epochs(), _make_mixes(cell.place, i) if cell.system == "elmo" else []
            line |= {"experiment": list(planned.experiments), "variant": cell.variant, "share": cell.share}
            lines.append({**line, "epochs": epochs, "mixes": mixes})
    return lines


def make_rows() -> list[dict[str, Any]]:
    """Return rows of all analyses."""
    return [*make_neighbors(), *make_senses(), *make_tags(), *make_contexts()]


def make_neighbors() -> list[dict[str, Any]]:
    """Return neighbors of two uses."""
    key = {"analysis": "neighbors", **MODEL, "inputs": {"text.txt": "a"}, "top": 2}
    queries = ("They made a [play] on the grounder .", "They wrote a [play] for the stage .")
    found = [("without context", "game"), ("layer 1", "play"), ("layer 2", "play")]
    return [
        {**key, "query": query, "vectors": vectors, "rank": rank, "cosine": 0.9 - rank / 20, "word": word, "text": text}
        for query in queries
        for vectors, word in found
        for rank, text in enumerate(["The first sentence of a corpus .", "Another one , which is longer than it ."], 1)
    ]


def make_senses(layers: Sequence[float] = (0.6, 0.62, 0.64)) -> list[dict[str, Any]]:
    """Return shares of senses that are found: by simple guesses, by each layer, and by their average."""
    key = {"analysis": "word senses", "inputs": {"train": "a"}, "limit": None}
    counts = {"words": 5000, "mapped_words": 4000}
    guesses = [("most frequent sense", 0.61, 0.63), ("first sense of WordNet", None, 0.6)]
    rows = [
        {**key, "model": None, "vectors": name, "share": share, "mapped": mapped, **counts}
        for name, share, mapped in guesses
    ]
    names = [*(f"layer {i}" for i in range(len(layers))), "average"]
    return rows + [
        {**key, **MODEL, "vectors": name, "share": share, "mapped": share + 0.01, **counts}
        for name, share in zip(names, (*layers, 0.65))
    ]


def make_tags(layers: Sequence[float] = (0.87, 0.93, 0.92)) -> list[dict[str, Any]]:
    """Return shares of tags that a probe reads from each layer."""
    key = {"analysis": "parts of speech", **MODEL, "inputs": {"train": "a"}, "task": "xpos", "limit": 4000}
    named = [("most frequent tag", 0.13), *((f"layer {i}", share) for i, share in enumerate(layers)), ("all", 0.94)]
    return [
        {
            **{**key, "vectors": name, "share": share, "interval": [share - 0.003, share + 0.003]},
            **{"unseen": share - 0.1, "unseen_interval": [share - 0.12, share - 0.08]},
        }
        for name, share in named
    ]


def make_contexts() -> list[dict[str, Any]]:
    """Return shares of senses by how much context is read."""
    key = {"analysis": "context", **MODEL, "inputs": "the ten words of the package"}
    return [
        {**key, "window": window, "vectors": f"layer {layer}", "share": share, "interval": [share - 0.05, share + 0.05]}
        for i, window in enumerate((0, 1, 2, 4, 8, None))
        for layer in range(3)
        for share in (0.5 + 0.07 * i * layer / 2,)
    ]


def write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Write a file of JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf8")


def read_tables(markdown: str) -> dict[str, list[dict[str, str]]]:
    """Return the tables of Markdown by their titles: for each row its cells by their header."""
    tables: dict[str, list[dict[str, str]]] = {}
    title, header = "", [""]
    for line in markdown.splitlines():
        if line.startswith("**"):
            title, header = line.strip("*"), []
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line[1:-1].split("|")]
            if not header:
                tables[title], header = [], cells
            elif cells[0] != "---":
                tables[title].append(dict(zip(header, cells)))
    return tables


def _make_mixes(place: str, seed: int) -> list[dict[str, Any]]:
    shift = (seed % 5) / 50
    weights = {"input": [0.25, 0.45 + shift, 0.3 - shift], "output": [0.3, 0.4 - shift, 0.3 + shift]}
    places = ("input", "output") if place == "both" else (place,)
    return [{"component": "pipe", "place": place, "weights": weights[place], "gamma": 1.0 + shift} for place in places]
