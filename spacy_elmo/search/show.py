"""One word in many sentences: which uses the model finds near each other."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import spacy
import typer
from spacy.language import Language
from spacy.pipeline import Sentencizer
from spacy.tokens import Token

from ..senses import LabeledUse, find_use, group_by_sense
from ..text import read_documents
from ..util.staging import WriteError
from .examples import EXAMPLES
from .page import Entry, entry_of, write_entries
from .senses import example_uses, find_word, nearest_uses, similarities

app = typer.Typer(add_completion=False)


@app.command()
def main(
    word: Annotated[str, typer.Option(help="The word to compare, in this spelling")] = "bank",
    text: Annotated[
        str | None, typer.Option(help="Compare its uses in this text: a file, a directory or a pattern")
    ] = None,
    uses: Annotated[int, typer.Option(help="How many uses to take from the text", min=3)] = 12,
    pretrained: Annotated[str, typer.Option(help="Model name or path")] = "en_elmo_sm",
    html: Annotated[Path | None, typer.Option(help="Write the uses as a page for a browser as well")] = None,
) -> None:
    """Show which uses of one word ELMo finds near each other: "bank" in ten sentences, or your word in your text."""
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": pretrained})
    try:
        if text is None:
            if html is not None:
                write_examples(html, nlp, [word])
            show_example(nlp, word)
        else:
            paragraphs = (" ".join(document) for document in read_documents(text))
            tokens = find_uses(nlp, paragraphs, word, limit=uses)
            if html is not None:
                write_entries(html, [entry_of(tokens)], title=f"Uses of {word}")
            show_uses(tokens)
    except (ValueError, WriteError) as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(1) from None


def show_example(nlp: Language, word: str) -> None:
    """Print the uses of an example word, and how many of them have a nearest neighbour in the same sense.

    Args:
        nlp: A pipeline with an `elmo` component.
        word: A word of `EXAMPLES`.

    Raises:
        ValueError: For another word.
    """
    tokens, senses = example_uses(nlp, word)
    show_uses(tokens, senses)
    nearest = nearest_uses(similarities(tokens, layer=-1))
    n_same = sum(senses[i] == senses[j] for i, j in enumerate(nearest))
    typer.echo(f"\n{n_same}/{len(senses)} uses have their nearest neighbour in the same sense.")
    typer.echo(f"Other words, by --word: {', '.join(other for other in EXAMPLES if other != word)}.")
    typer.echo("All of them, layer by layer: python -m spacy elmo senses")
    typer.echo("A page to look at, for a browser: python -m spacy_elmo --html FILE")
    typer.echo("Your own text: python -m spacy_elmo --word WORD --text FILE")


def write_examples(path: Path, nlp: Language, words: Iterable[str]) -> None:
    """Write the uses of example words as a page, with a menu of the words, see `write_page`.

    Args:
        path: The file.
        nlp: A pipeline with an `elmo` component.
        words: Words of `EXAMPLES`.

    Raises:
        ValueError: For another word.
        WriteError: The file cannot be written.
    """
    _write(path, [entry_of(*example_uses(nlp, word)) for word in words])


def write_labeled(path: Path, nlp: Language, uses: Iterable[LabeledUse], source: str) -> None:
    """Write uses whose senses are known as a page, with a menu of their words, see `write_page`.

    Args:
        path: The file.
        nlp: A pipeline with an `elmo` component.
        uses: The uses.
        source: Where they come from, for messages.

    Raises:
        ValueError: As of `group_by_sense` and `find_use`.
        WriteError: The file cannot be written.
    """
    entries = []
    for groups in group_by_sense(uses, source).values():
        labeled = [use for group in groups.values() for use in group]
        docs = nlp.pipe(use.sentence for use in labeled)
        tokens = [find_use(doc, use) for doc, use in zip(docs, labeled)]
        entries.append(entry_of(tokens, [use.sense for use in labeled]))
    _write(path, entries)


def _write(path: Path, entries: Sequence[Entry]) -> None:
    title = f"Uses of {entries[0].name}" if len(entries) == 1 else f"Uses of {len(entries)} ambiguous words"
    write_entries(path, entries, title=title)


def find_uses(nlp: Language, paragraphs: Iterable[str], word: str, *, limit: int) -> list[Token]:
    """Return uses of a word in a text, spread evenly over it.

    Args:
        nlp: A pipeline with an `elmo` component.
        paragraphs: Of the text.
        word: The word, in this spelling.
        limit: How many uses to return at most.

    Returns:
        The uses, each in a Doc of its sentence.

    Raises:
        ValueError: Where the text has fewer than three uses.
    """
    sentencizer = Sentencizer()
    found = (" ".join(paragraph.split()) for paragraph in paragraphs if word in paragraph)
    tokens = [token for paragraph in found for token in find_word(sentencizer(nlp.tokenizer(paragraph)), word)]
    if len(tokens) < 3:
        raise ValueError(f"{word!r} is {len(tokens)} times a word of its own in this text; three uses are needed")
    chosen = [tokens[i] for i in np.linspace(0, len(tokens) - 1, min(limit, len(tokens))).astype(int)]
    docs = nlp.pipe(token.sent.as_doc() for token in chosen)
    return [doc[token.i - token.sent.start] for token, doc in zip(chosen, docs)]


def show_uses(tokens: Sequence[Token], senses: Sequence[str] = ()) -> None:
    """Print each use with its nearest neighbour in the top layer, in groups of uses that are near each other.

    Args:
        tokens: The uses, with ELMo vectors.
        senses: The sense of each use, if it is known.
    """
    top = len(tokens[0]._.elmo_layers) - 1
    bottom, cosines = similarities(tokens, layer=0), similarities(tokens, layer=top)
    nearest = nearest_uses(cosines)
    lowest = f"(lowest cosine {bottom.min():.2f})"
    typer.echo(f'{len(tokens)} uses of "{tokens[0].text}". Layer 0, made of its letters, is the same in all {lowest}.')
    typer.echo(f"Layer {top} has read the text around it. Each use with those that are nearest to it there:")
    width = max(map(len, senses), default=0)
    for group in groups(nearest):
        typer.echo()
        for i in group:
            sense = f"{senses[i]:{width}} " if senses else ""
            near = f"nearest {nearest[i] + 1:2} ({cosines[i, nearest[i]]:.2f})"
            token, used = tokens[i], len(sense) + 23
            context = in_context(token.doc.text, token.idx, len(token), used=used, widest=len(token))
            typer.echo(f"{i + 1:2} {sense}{context}  {near}")


def groups(nearest: Sequence[int]) -> list[list[int]]:
    """Return groups of uses, each use in one group with its nearest neighbour, whose number is given for each."""
    group_of = list(range(len(nearest)))
    for i, j in enumerate(nearest):
        old, new = group_of[i], group_of[j]
        group_of = [new if group == old else group for group in group_of]
    return [[i for i, group in enumerate(group_of) if group == name] for name in dict.fromkeys(group_of)]


def in_context(text: str, start: int, length: int, *, used: int, widest: int) -> str:
    """Return a word and the text around it on a line of the terminal: words are in one column, and all lines as long.

    Args:
        text: The text.
        start: Where the word starts.
        length: Characters of the word.
        used: Columns of the line that are for something else.
        widest: Characters of the longest word of the lines.
    """
    columns = min(shutil.get_terminal_size((100, 24)).columns, 120)
    side = max(12, (columns - used - widest) // 2)
    text = re.sub(r"[\s\0-\x1f\x7f-\x9f]", " ", text)
    behind = side + widest - length
    left, word, right = text[:start][-side:], text[start : start + length], text[start + length :][:behind]
    return f"{left:>{side}}{typer.style(word, bold=True)}{right:<{behind}}"
