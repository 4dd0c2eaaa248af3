"""The command `python -m spacy elmo senses`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option
from wasabi import msg

from .common import clear_errors, print_json


def senses(
    model: Annotated[str, Argument(help="Model name, model directory or published weights")] = "en_elmo_sm",
    word: Annotated[str | None, Option(help="Print the uses of this word, each with its nearest neighbour")] = None,
    html: Annotated[Path | None, Option("--html", help="Write the uses as a page for a browser")] = None,
    as_json: Annotated[bool, Option("--json", help="Print JSON")] = False,
) -> None:
    """Measure how well each layer of an English model separates the senses of ten ambiguous words. It prints the
    share of uses whose nearest neighbour, by the cosine, has the same sense. In layer 0, where all are equally near,
    this is 44%.
    """
    with clear_errors():
        import spacy

        from ..bilm import WordInput
        from ..models.load import load_model
        from ..search.examples import EXAMPLES
        from ..search.senses import measure_senses
        from ..search.show import show_example, write_examples

        nlp = spacy.blank("en")
        nlp.add_pipe("elmo", config={"pretrained": model})
        given = load_model(model, with_head=False).model.config.input
        if isinstance(given, WordInput) and given.unknown == "error":
            raise ValueError(f"{model}: its table refuses words that it lacks; convert it with --unknown row or zeros")
        if html is not None:
            write_examples(html, nlp, EXAMPLES if word is None else [word])
        if word is not None:
            show_example(nlp, word)
            return
        found = measure_senses(nlp)
    means = [sum(layers) / len(found) for layers in zip(*found.values())]
    if as_json:
        print_json({"words": found, "mean": means})
        return
    header = ["Word", *(f"Layer {layer}" for layer in range(len(means)))]
    rows = [(name, *(f"{share:.0%}" for share in layers)) for name, layers in found.items()]
    footer = ["mean", *(f"{share:.1%}" for share in means)]
    msg.table(rows, header=header, footer=footer, divider=True, aligns=("l", *("r" for _ in means)))
