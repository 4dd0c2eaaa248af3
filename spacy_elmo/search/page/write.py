"""Uses of words as one page for a browser, which needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from ...util.files import printable
from ...util.staging import file_to_write, staged
from .clusters import find_clusters
from .places import find_places
from .use import Entry, Use

MOST = 1000  # uses of a word that a page can show
NEAREST = 5  # that are listed for each use
SIDE = 120  # characters of context that are kept on each side


def write_page(path: Path | str, uses: Sequence[Use], vectors: np.ndarray, *, title: str) -> None:
    """Write uses of a word as a page that shows them as points, layer by layer, with their contexts.

    Points are coloured by sense, or by groups of uses that are near each other where no use has one. The page is one
    HTML file: it loads nothing and sends nothing. Of 200 uses it has less than 300 kB.

    Args:
        path: The file; its directory is made if it is missing.
        uses: One to 1,000 uses. A sense of None is no sense.
        vectors: (layers, uses, width), the vectors of the word in each use, from the lowest layer to the top.
        title: Of the page.

    Raises:
        ValueError: For no uses or too many, and for vectors of another shape or that are not finite.
        WriteError: The file cannot be written. What was there is there still.
    """
    write_entries(path, [Entry(uses[0].word if uses else title, uses, vectors)], title=title)


def write_entries(path: Path | str, entries: Sequence[Entry], *, title: str) -> None:
    """Write uses of several words as one page, with a menu of the words. See `write_page`.

    Args:
        path: The file.
        entries: The words.
        title: Of the page.

    Raises:
        ValueError: For no words, and as `write_page`.
        WriteError: As `write_page`.
    """
    if not entries:
        raise ValueError("no words to show; give one or more")
    style, script = base_style() + _read("page.css"), _read("page.js")
    page = Template(_read("page.html")).substitute(
        title=html.escape(_plain(title)),
        style=style,
        style_digest=_digest(style),
        script=script,
        script_digest=_digest(script),
        data=_as_json([_describe(entry) for entry in entries]),
    )
    file = file_to_write(Path(path))
    with staged(file.parent, [file.name]) as stage:
        (stage / file.name).write_bytes(page.encode("utf8"))


def base_style() -> str:
    """Return the style of all pages: their colors by day and by night, letters, and what has the focus."""
    return _read("base.css")


def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf8")


def _digest(code: str) -> str:
    """Return the source by which the page's security policy allows this code and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode('utf8')).digest()).decode()}'"


def _as_json(values: object) -> str:
    """Return JSON that ends no element of HTML and begins none."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _describe(entry: Entry) -> dict[str, Any]:
    """Return what the page's script reads."""
    vectors = _unit_vectors(entry)
    groups = [use.sense for use in entry.uses]
    known = any(sense is not None for sense in groups)
    if known:
        names = ["no sense given" if sense is None else _plain(sense) for sense in groups]
    else:
        names = [f"group {number + 1}" for number in find_clusters(vectors[-1])]
    numbers = {name: i for i, name in enumerate(dict.fromkeys(names))}
    count = len(entry.uses)
    return {
        "name": _plain(entry.name),
        "about": _plain(entry.about or f"{count} use{'s' * (count > 1)} of “{entry.name}”"),
        "layers": list(entry.layers or (f"layer {number}" for number in range(len(vectors)))),
        "known": known,
        "groups": list(numbers),
        "uses": [[*_context(use), numbers[name]] for use, name in zip(entry.uses, names)],
        "places": np.rint(500 * find_places(vectors)).astype(int).tolist(),
        "nearest": _nearest(vectors),
    }


def _unit_vectors(entry: Entry) -> np.ndarray:
    """Return the vectors with length 1, but for those that are zero."""
    count, vectors = len(entry.uses), np.asarray(entry.vectors, dtype=np.float64)
    if not 1 <= count <= MOST:
        raise ValueError(f"{entry.name}: {count:,} uses, and a page shows 1 to {MOST:,}; give another number of them")
    if vectors.ndim != 3 or vectors.shape[1] != count or not vectors.size:
        raise ValueError(f"{entry.name}: vectors of shape {vectors.shape}; give (layers, {count} uses, width)")
    if entry.layers and len(entry.layers) != len(vectors):
        raise ValueError(f"{entry.name}: {len(entry.layers)} names for {len(vectors)} layers; give as many, or none")
    if not np.isfinite(vectors).all():
        raise ValueError(f"{entry.name}: a vector has a number that is not finite; use other weights or precision")
    lengths = np.linalg.norm(vectors, axis=2, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def _nearest(vectors: np.ndarray) -> list[list[list[list[int]]]]:
    """Return, for each layer and use, the nearest others, each as its number and its cosines (in hundredths)."""
    cosines = np.round(vectors @ vectors.transpose(0, 2, 1), 5)  # so that what is equal but for rounding is in order
    others = np.where(np.eye(cosines.shape[1], dtype=bool), -np.inf, cosines)
    order = np.argsort(-others, axis=2, kind="stable")[:, :, : min(NEAREST, cosines.shape[1] - 1)]
    hundredths = np.rint(100 * cosines).astype(int)
    return [
        [[[int(j), *hundredths[:, i, j].tolist()] for j in nearest] for i, nearest in enumerate(layer)]
        for layer in order
    ]


def _context(use: Use) -> tuple[str, str, str, str]:
    left, word, right, source = map(_plain, use[:4])
    return left if len(left) <= SIDE else f"…{left[-SIDE:]}", _cut(word), _cut(right), _cut(source)


def _cut(text: str) -> str:
    return text if len(text) <= SIDE else f"{text[:SIDE]}…"


def _plain(text: str) -> str:
    """Return text in one line, with nothing that UTF-8 has not."""
    return printable(re.sub(r"\s", " ", text))
