"""The command `python -m spacy elmo mix`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option
from wasabi import msg

from ..util.files import printable
from .common import AsJson, clear_errors, print_json


def mix(
    pipeline: Annotated[str, Argument(help="Trained pipeline: a directory or an installed package")],
    plot: Annotated[Path | None, Option("--plot", help="Draw them to this file: .png, .svg or .pdf")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how each component of a pipeline weights ELMo's layers (figure 2 of the paper)."""
    with clear_errors():
        import spacy

        from ..pipeline.mixes import find_mixes

        mixes = find_mixes(spacy.load(pipeline))
        if not mixes:
            raise ValueError(f"{pipeline}: no component mixes layers; train one with an ElmoListener in its tok2vec")
        if plot is not None:
            _draw(mixes, plot)
    if as_json:
        print_json(mixes)
    else:
        _print(mixes)


def _label(mix: dict[str, Any]) -> str:
    return printable(mix["component"] if mix["place"] == "features" else f"{mix['component']} {mix['place']}")


def _print(mixes: list[dict[str, Any]]) -> None:
    n_layers = max(len(mix["weights"]) for mix in mixes)
    header = ["", *(f"layer {layer}" for layer in range(n_layers)), "gamma"]
    rows = []
    for mix in mixes:
        weights = [f"{weight:.3f}" for weight in mix["weights"]]
        rows.append([_label(mix), *weights, *[""] * (n_layers - len(weights)), f"{mix['gamma']:.3f}"])
    msg.table(rows, header=header, divider=True, aligns=["l", *"r" * (n_layers + 1)], max_col=60)


def _draw(mixes: list[dict[str, Any]], path: Path) -> None:
    """Write a heat map with the layers from bottom to top, as in the paper."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('--plot draws with matplotlib: pip install "spacy-elmo[plot]"') from error
    import numpy as np

    from ..util.plots import save_figure

    n_layers = max(len(mix["weights"]) for mix in mixes)
    weights = np.full((n_layers, len(mixes)), np.nan)
    for column, mix in enumerate(mixes):
        weights[: len(mix["weights"]), column] = mix["weights"]
    figure = Figure(figsize=(2 + 0.8 * len(mixes), 1.5 + 0.6 * n_layers), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(weights, origin="lower", aspect="auto", cmap="viridis", vmin=0, vmax=1)
    axes.set_xticks(range(len(mixes)), [_label(mix) for mix in mixes], rotation=45, ha="right")
    axes.set_yticks(range(n_layers), [f"layer {layer}" for layer in range(n_layers)])
    for (layer, column), weight in np.ndenumerate(weights):
        if not np.isnan(weight):
            axes.text(column, layer, f"{weight:.2f}", ha="center", va="center", color="w" if weight < 0.6 else "k")
    figure.colorbar(image, label="weight")
    save_figure(figure, path)
