"""The command `python -m spacy elmo senses`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option
from wasabi import msg

from .common import AsJson, Weights, clear_errors, print_json

if TYPE_CHECKING:
    from ..search.accuracy import Accuracy


def senses(
    model: Weights = "en_elmo_sm",
    word: Annotated[str | None, Option(help="Print the uses of this word, each with its nearest neighbour")] = None,
    examples: Annotated[
        Path | None, Option(help="Measure with these: a word, its sense and a sentence a line, with tabs between")
    ] = None,
    html: Annotated[Path | None, Option("--html", help="Write the uses as a page for a browser")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how well each layer of a model separates the senses of words: ten of English, which flatter, or those of
    your examples. It prints the share of uses whose nearest neighbour, by the cosine, has the same sense, and of uses
    that are nearest to the mean of the others in their sense, beside what is found without the model.
    """
    with clear_errors():
        import spacy

        from ..bilm import WordInput
        from ..models.load import load_model
        from ..search.accuracy import measure_senses
        from ..search.examples import EXAMPLES
        from ..search.show import show_example, write_examples, write_labeled
        from ..senses.labeled import read_labeled

        if word is not None and examples is not None:
            raise ValueError("--word shows one of the ten words: leave out --examples, or --word to measure with them")
        uses = None if examples is None else read_labeled(examples)
        given = load_model(model, with_head=False)
        nlp = spacy.blank("en" if examples is None else given.meta.get("lang") or "en")
        nlp.add_pipe("elmo", config={"pretrained": model})
        words = given.model.config.input
        if isinstance(words, WordInput) and words.unknown == "error":
            raise ValueError(f"{model}: its table refuses words that it lacks; convert it with --unknown row or zeros")
        if html is not None and uses is not None:
            write_labeled(html, nlp, uses, str(examples))
        elif html is not None:
            write_examples(html, nlp, EXAMPLES if word is None else [word])
        if word is not None:
            show_example(nlp, word)
            return
        report = measure_senses(nlp, uses, source=str(examples))
    if as_json:
        print_json(report.to_dict())
        return
    layers = report.layers
    header = ["Word", *(f"Layer {i}" for i in range(len(layers)))]
    rows = [(name, *(f"{layer.shares[i]:.0%}" for layer in layers)) for i, name in enumerate(report.words)]
    footer = ["mean", *(f"{layer.mean:.1%}" for layer in layers)]
    msg.table(rows, header=header, footer=footer, divider=True, aligns=("l", *("r" for _ in layers)))
    rows = [(kind, *_cells(accuracy), *_cells(report.centroid[kind])) for kind, accuracy in report.neighbor.items()]
    header = ["Vectors", "Nearest use", "95%", "Spread", "Nearest sense", "95%", "Spread"]
    msg.table(rows, header=header, divider=True, aligns=("l", *("r" for _ in header[1:])))
    print(f"Chance: {report.chance:.1%}. The most frequent sense of each word: {report.most_frequent:.1%}.")
    print("Context: the mean of layer 0 of the other words. 95%: a bootstrap over words and their uses. Spread: the")
    print("standard deviation over words.")


def _cells(accuracy: Accuracy) -> tuple[str, str, str]:
    low, high = accuracy.interval
    return f"{accuracy.mean:.1%}", f"{low:.0%}-{high:.0%}", f"{accuracy.spread:.1%}"
