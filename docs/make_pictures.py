"""Make the pictures in docs/images: `python docs/make_pictures.py [NAME]... [--model MODEL]`.

MODEL is one with a softmax, for the picture of predictions. Pages are opened in Chromium, which has to be on the path.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import spacy
import typer
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from playwright.sync_api import sync_playwright
from spacy.language import Language

from spacy_elmo.search import EXAMPLES, measure_senses, write_examples
from spacy_elmo.search.index import build_index, open_index
from spacy_elmo.senses import read_labeled
from spacy_elmo.static import static_vectors

IMAGES = Path(__file__).parent / "images"
NEUTRAL = Path(__file__).parents[1] / "benchmarks" / "senses" / "neutral.tsv"
MOST_BYTES, COLORS = 60_000, 192  # of a picture
BLUE, ORANGE = "#0072b2", "#e69f00"
LAYERS = (0, 1, 2, "average")
QUERY = "The actors read the [play] aloud."
SENTENCE = "She was born in New Friday and lived in the United States."
WORDS = (
    *("Monday", "Tuesday", "Friday", "Saturday"),
    *("London", "Boston", "Ohio", "Africa"),
    *("wrote", "said", "held", "lost", "found"),
    *("river", "lake", "sea", "boat", "bridge"),
)


def look_at_uses(_: str) -> Iterator[tuple[str, bytes]]:
    """Yield the page of uses on a screen, and on a phone in the dark."""
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        page = Path(folder) / "uses.html"
        write_examples(page, _elmo(), EXAMPLES)
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, width, height, scheme in (("uses", 1280, 820, "light"), ("uses-phone", 390, 844, "dark")):
            tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            tab.goto(page.as_uri())
            yield name, tab.screenshot(full_page=name == "uses-phone")
        browser.close()


def plot_search(_: str) -> Iterator[tuple[str, bytes]]:
    """Yield the cosines of uses of a word with the word of a query, layer by layer."""
    senses = {text: sense for sense, texts in EXAMPLES["play"].items() for text in texts}
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus.txt"
        corpus.write_text("\n".join(senses), encoding="utf8")
        build_index([corpus], Path(folder) / "index")
        index = open_index(Path(folder) / "index")
        found = [index.nearest(QUERY, layer=layer, same_word=True) for layer in LAYERS]
    figure, axes = _new(4)
    for text, sense in reversed(senses.items()):  # what is sought comes on top
        color, label = (BLUE, "a play on the stage") if sense == "theatre" else (ORANGE, "to play a game")
        *layers, average = (use.cosine for uses in found for use in uses if use.text == text)
        axes.plot(layers, "o-", color=color, label=label)
        axes.plot(len(layers), average, "o", color=color)
    axes.set_xticks(range(len(LAYERS)), [layer if layer == "average" else f"layer {layer}" for layer in LAYERS])
    axes.set(ylabel="cosine", title=QUERY)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-5], labels[::-5], frameon=False, loc="lower left")
    yield "search", _png(figure)


def plot_senses(_: str) -> Iterator[tuple[str, bytes]]:
    """Yield how often the sense of each of twenty words is found."""
    report = measure_senses(_elmo(), read_labeled(NEUTRAL))
    top = report.layers[-1]
    order = np.argsort(top.shares, kind="stable")[::-1]
    figure, axes = _new(3.6)
    axes.bar(range(len(order)), 100 * np.array(top.shares)[order], color=BLUE, label="layer 2")
    context = 100 * np.array(report.neighbor["context"].shares)[order]
    axes.plot(context, "D", color=ORANGE, markeredgecolor="black", label="context, layer 0")
    axes.axhline(100 * report.most_frequent, color="black", linestyle="--", linewidth=1, label="most frequent sense")
    axes.set_xticks(range(len(order)), [report.words[i] for i in order], rotation=45, ha="right")
    axes.set(ylabel="nearest use is right, %", xlim=(-0.6, len(order) - 0.4))
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside upper center", ncols=3, frameon=False)
    yield "word-senses", _png(figure)


def plot_surprisal(model: str) -> Iterator[tuple[str, bytes]]:
    """Yield the bits of each word of a sentence."""
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo_surprisal", config={"pretrained": model})
    doc = nlp(SENTENCE)
    bits, places = np.array([token._.elmo_surprisal for token in doc]), np.arange(len(doc))
    figure, axes = _new(3)
    axes.bar(places - 0.2, bits[:, 0], 0.4, color=BLUE, label="from the left")
    axes.bar(places + 0.2, bits[:, 1], 0.4, color=ORANGE, label="from the right")
    axes.set_xticks(places, [token.text for token in doc])
    axes.set(ylabel="bits")
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    yield "surprisal", _png(figure)


def plot_static(_: str) -> Iterator[tuple[str, bytes]]:
    """Yield the cosines between static vectors of some words."""
    sentences = [text for senses in EXAMPLES.values() for texts in senses.values() for text in texts]
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus.txt"
        corpus.write_text("\n".join([*sentences, *(use.sentence for use in read_labeled(NEUTRAL))]), encoding="utf8")
        table = static_vectors([corpus], min_count=1)
    vectors = table.vectors[[table.words.index(word) for word in WORDS]].astype(float)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    figure, axes = _new(6)
    image = axes.imshow(vectors @ vectors.T, vmin=0, vmax=1, cmap="viridis")
    axes.set_xticks(range(len(WORDS)), WORDS, rotation=45, ha="right")
    axes.set_yticks(range(len(WORDS)), WORDS)
    figure.colorbar(image, label="cosine")
    yield "static-vectors", _png(figure)


def _elmo() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo")
    return nlp


def _new(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, height), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure: Figure) -> bytes:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    return drawn.getvalue()


def write(name: str, picture: bytes) -> None:
    """Write a picture with few colors."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    path = IMAGES / f"{name}.png"
    image.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path}: {size:,} bytes")
    if size > MOST_BYTES:
        raise ValueError(f"{path}: {size:,} bytes, and a picture has {MOST_BYTES:,} at most; show less")


MAKERS = {
    "uses": look_at_uses,
    "search": plot_search,
    "word-senses": plot_senses,
    "surprisal": plot_surprisal,
    "static-vectors": plot_static,
}


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"Which: {', '.join(MAKERS)}; all if not given")] = None,
    model: Annotated[str, typer.Option(help="With a softmax")] = "en_elmo_sm",
) -> None:
    """Make pictures."""
    for maker in [MAKERS[name] for name in names or MAKERS]:
        for name, picture in maker(model):
            write(name, picture)


if __name__ == "__main__":
    typer.run(main)
