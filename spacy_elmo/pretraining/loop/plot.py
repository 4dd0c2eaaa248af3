"""How a run went, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...util.plots import save_figure


def plot_history(history: Sequence[dict[str, Any]], path: Path) -> bool:
    """Draw the held-out perplexities of a run over the words it read, where matplotlib is installed.

    Args:
        history: Evaluations with "words", "loss" (nats), "forward" and "backward" (perplexities).
        path: The file to write.

    Returns:
        Whether it was drawn.

    Raises:
        ValueError: The file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    words = [note["words"] for note in history]
    for name in ("forward", "backward"):
        axes.plot(words, [note[name] for note in history], marker=".", label=f"held out, {name}")
    axes.set(xlabel="tokens seen", ylabel="perplexity", yscale="log")
    loss = axes.twinx()
    loss.plot(words, [note["loss"] for note in history], color="gray", linestyle=":", label="training loss")
    loss.set_ylabel("nats a token")
    figure.legend(loc="outside upper center", ncols=3)
    save_figure(figure, path)
    return True
