"""The command `python -m spacy elmo neighbors`."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option, echo
from wasabi import msg

from ...util.files import printable
from ..common import AsJson, Lines, clear_errors, print_json

if TYPE_CHECKING:
    from ...search.index import Neighbor


def neighbors(
    query: Annotated[str, Argument(help='A sentence, one word of it in brackets: "He wrote a [play] ."')],
    index: Annotated[Path | None, Option("--index", "-i", help="An index, see the command `index`")] = None,
    corpus: Annotated[
        str | None, Option("--corpus", "-c", help="A small text to search without an index: a file or a directory")
    ] = None,
    layer: Annotated[
        str | None, Option("--layer", help="average, top, a number, or weights as 0.2,0.5,0.3; average, if there")
    ] = None,
    top: Annotated[int, Option("--top", "-k", min=1, help="How many uses to print")] = 10,
    same_word: Annotated[bool, Option("--same-word", help="Only uses of the word, in its spelling")] = False,
    lower: Annotated[bool, Option("--lower", help="Only uses of the word, in upper or lower case")] = False,
    lemma: Annotated[str | None, Option("--lemma", help="Only uses with this lemma, if texts are annotated")] = None,
    pos: Annotated[str | None, Option("--pos", help="Only this part of speech, as NOUN, if they are")] = None,
    tag: Annotated[str | None, Option("--tag", help="Only this tag of the language, as NNS, if they are")] = None,
    exact: Annotated[bool, Option("--exact", help="Compare all vectors, where the index is --approximate")] = False,
    model: Annotated[
        str | None, Option("--model", "-m", help="Model name or path; that of the index, en_elmo_sm for a corpus")
    ] = None,
    lines: Lines = "paragraphs",
    html: Annotated[Path | None, Option("--html", help="Write the uses as a page for a browser as well")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the uses of words that are nearest in meaning to a word in a sentence, each with its context, its place,
    and the cosine of their vectors.
    """
    with clear_errors(), ExitStack() as stack:
        from ...embedding.settings import parse_layers
        from ...search.index import build_index, open_index, write_neighbors
        from ...search.index.index import DEFAULT
        from ...search.index.query import parse_query

        parse_query(query)
        chosen = parse_layers(layer) if layer else None
        if chosen and chosen.all:
            raise ValueError("--layer all: a search needs one vector a word; name average, top, a number or weights")
        if (index is None) == (corpus is None):
            raise ValueError("name an --index, or a small text as --corpus: one of both")
        if index is None:
            folder = stack.enter_context(TemporaryDirectory(prefix="spacy-elmo-", ignore_cleanup_errors=True))
            index, tell = Path(folder) / "index", partial(echo, err=True)
            layers = "all" if html else layer or DEFAULT
            build_index([str(corpus)], index, model=model, layers=layers, lines=lines, notify=tell, progress=True)
        opened = open_index(index, model=model)
        annotated = {"lemma": lemma, "pos": pos, "tag": tag}
        uses = opened.nearest(
            query,
            layer=chosen.mix if chosen else None,
            top=top,
            same_word=same_word,
            lower=lower,
            exact=exact,
            **annotated,
        )
        for name, value in annotated.items():
            if value is not None and (count := opened.annotated(name)) < len(opened):
                echo(f"--{name}: {count:,} of {len(opened):,} words have one; the others are left out", err=True)
        if html and uses:
            write_neighbors(html, opened, query, uses)
            echo(printable(f"Wrote {html}: {len(uses)} uses and the query"), err=True)
    if as_json:
        print_json([use._asdict() for use in uses])
    elif uses:
        _print(uses)
    else:
        msg.warn(printable(f"{corpus or index}: no use that fits"))


def _print(uses: list[Neighbor]) -> None:
    """Print uses with the words in one column."""
    from ...search import in_context

    widest, place = max(len(use.word) for use in uses), max(len(use.place) for use in uses)
    for use in uses:
        context = in_context(use.text, use.start, len(use.word), used=place + 9, widest=widest)
        echo(f"{use.cosine:6.3f} {context}  {printable(use.place)}")
