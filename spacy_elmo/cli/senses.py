"""The command `python -m spacy elmo senses`."""

from __future__ import annotations

import json
from typing import Annotated

from typer import Argument, Option
from wasabi import msg

from .common import clear_errors


def senses(
    model: Annotated[str, Argument(help="Model name, model directory or published weights")] = "en_elmo_sm",
    word: Annotated[str | None, Option(help="Print the uses of this word, each with its nearest neighbour")] = None,
    as_json: Annotated[bool, Option("--json", help="Print JSON")] = False,
) -> None:
    """Measure how well each layer of an English model separates the senses of ten ambiguous words. It prints the
    share of uses whose nearest neighbour, by the cosine, has the same sense. In layer 0, where all are equally near,
    this is 44%.
    """
    with clear_errors():
        import spacy

        from ..search.senses import measure_senses
        from ..search.show import show_example

        nlp = spacy.blank("en")
        nlp.add_pipe("elmo", config={"pretrained": model})
        if word is not None:
            show_example(nlp, word)
            return
        found = measure_senses(nlp)
    means = [sum(layers) / len(found) for layers in zip(*found.values())]
    if as_json:
        print(json.dumps({"words": found, "mean": means}, indent=2))
        return
    header = ["Word", *(f"Layer {layer}" for layer in range(len(means)))]
    rows = [(name, *(f"{share:.0%}" for share in layers)) for name, layers in found.items()]
    footer = ["mean", *(f"{share:.1%}" for share in means)]
    msg.table(rows, header=header, footer=footer, divider=True, aligns=("l", *("r" for _ in means)))
