"""One word in many sentences: which uses the model finds near each other."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Annotated, Iterator, Optional, Sequence

import numpy as np
import spacy
import typer
from spacy.language import Language
from spacy.pipeline import Sentencizer
from spacy.tokens import Doc, Token

# Ten uses of a word, five in each sense: words that a model of three million parameters tells apart, and one, "cell",
# that it mostly does not.
EXAMPLES: dict[str, dict[str, tuple[str, ...]]] = {
    "bank": {
        "money": (
            "The bank raised its interest rates again in March.",
            "She borrowed the money from a bank in London.",
            "The central bank said on Monday that inflation was falling.",
            "He works for a large investment bank in New York.",
            "Customers of the bank lost their savings in the crisis.",
        ),
        "river": (
            "We sat on the bank of the river and ate our lunch.",
            "The village lies on the left bank of the Rhine.",
            "The boat was tied to the bank below the old bridge.",
            "They walked along the bank until the stream turned south.",
            "The army camped on the opposite bank of the river.",
        ),
    },
    "play": {
        "theatre": (
            "His first play was performed in London in 1892.",
            "She wrote a play about the life of the poet.",
            "The play ends with the death of the king.",
            "Critics praised the new play and its young director.",
            "The film is based on a play by Shakespeare.",
        ),
        "sport": (
            "They will play their next game on Saturday.",
            "He hopes to play for the national team next year.",
            "The two clubs play each other twice in a season.",
            "She began to play tennis at the age of six.",
            "We could not play football because of the rain.",
        ),
    },
    "right": {
        "side": (
            "He turned right at the corner.",
            "Her right hand was badly hurt.",
            "The door on the right leads to the garden.",
            "He raised his right arm and waved.",
            "The path to the right goes down to the lake.",
        ),
        "law": (
            "Every citizen has the right to vote.",
            "The court said they had no right to do so.",
            "Women won the right to own land.",
            "The right of free speech is protected by law.",
            "They claimed the right to govern themselves.",
        ),
    },
    "party": {
        "politics": (
            "The party won a majority of seats in parliament.",
            "He left the party after the election.",
            "The leader of the opposition party resigned on Friday.",
            "She joined the party as a student.",
            "The party lost votes in the north.",
        ),
        "feast": (
            "We danced all night at the party.",
            "She invited her friends to a birthday party.",
            "He met his wife at a party in Boston.",
            "There was cake and music at the party.",
            "They threw a party to celebrate their wedding.",
        ),
    },
    "cell": {
        "biology": (
            "The nucleus of the cell contains the DNA.",
            "Each cell divides into two daughter cells.",
            "Proteins pass through the membrane of the cell.",
            "The virus enters the cell and makes copies of itself.",
            "A red blood cell carries oxygen to the tissues.",
        ),
        "prison": (
            "The prisoner was found dead in his cell.",
            "He spent three nights in a cell at the police station.",
            "The guard locked the door of the cell and went away.",
            "She shared a small cell with two other women.",
            "There was only a bed and a chair in the cell.",
        ),
    },
}

app = typer.Typer(add_completion=False)


@app.command()
def main(
    word: Annotated[str, typer.Option(help="The word to compare, in this spelling")] = "bank",
    text: Annotated[
        Optional[Path], typer.Option(help="Compare its uses in this text file", exists=True, dir_okay=False)
    ] = None,
    uses: Annotated[int, typer.Option(help="How many uses to take from the text", min=3)] = 12,
    pretrained: Annotated[str, typer.Option(help="Model name or path")] = "en_elmo_sm",
) -> None:
    """Show which uses of one word ELMo finds near each other: "bank" in ten sentences, or your word in your text."""
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": pretrained})
    try:
        if text is None:
            show_example(nlp, word)
        else:
            show_uses(find_uses(nlp, text.read_text(encoding="utf8", errors="replace"), word, limit=uses))
    except ValueError as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(1) from None


def show_example(nlp: Language, word: str) -> None:
    """Print the uses of one example word, and how well the model does on the others."""
    if word not in EXAMPLES:
        raise ValueError(f"no example for {word!r}: choose one of {', '.join(EXAMPLES)}, or give a --text of your own")
    tokens, senses = example_uses(nlp, word)
    show_uses(tokens, senses)
    typer.echo(f"\n{_score(tokens, senses)} uses have their nearest neighbour in the same sense.")
    others = (f"{other} {_score(*example_uses(nlp, other))}" for other in EXAMPLES if other != word)
    typer.echo(f"Other words (--word WORD shows them): {', '.join(others)}.")
    typer.echo("Your own text: python -m spacy_elmo --word WORD --text FILE")


def example_uses(nlp: Language, word: str) -> tuple[list[Token], list[str]]:
    """Return the uses of an example word, and the sense of each."""
    pairs = [(sentence, sense) for sense, sentences in EXAMPLES[word].items() for sentence in sentences]
    docs = nlp.pipe(pairs, as_tuples=True)
    found = [(token, sense) for doc, sense in docs for token in _tokens(doc, word)]
    return [token for token, _ in found], [sense for _, sense in found]


def find_uses(nlp: Language, text: str, word: str, *, limit: int) -> list[Token]:
    """Return uses of a word in a text, evenly spread, each in a Doc of its sentence. Raises ValueError where there are
    fewer than three."""
    sentencizer = Sentencizer()
    paragraphs = (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text) if word in paragraph)
    tokens = [token for paragraph in paragraphs for token in _tokens(sentencizer(nlp.tokenizer(paragraph)), word)]
    if len(tokens) < 3:
        raise ValueError(f"{word!r} is {len(tokens)} times a word of its own in this text; three uses are needed")
    chosen = [tokens[i] for i in np.linspace(0, len(tokens) - 1, min(limit, len(tokens))).astype(int)]
    docs = nlp.pipe(token.sent.as_doc() for token in chosen)
    return [doc[token.i - token.sent.start] for token, doc in zip(chosen, docs)]


def show_uses(tokens: Sequence[Token], senses: Sequence[str] = ()) -> None:
    """Print each use with its nearest neighbour in the top layer, those that are near each other together."""
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
            typer.echo(f"{i + 1:2} {sense}{_in_context(tokens[i], used=len(sense) + 23)}  {near}")


def similarities(tokens: Sequence[Token], *, layer: int) -> np.ndarray:
    """RETURNS: (tokens, tokens), cosines of the vectors of one layer."""
    vectors = np.stack([token._.elmo_layers[layer] for token in tokens])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors @ vectors.T


def nearest_uses(cosines: np.ndarray) -> list[int]:
    """RETURNS: for each use the number of the nearest other."""
    return np.where(np.eye(len(cosines), dtype=bool), -np.inf, cosines).argmax(axis=1).tolist()


def groups(nearest: Sequence[int]) -> list[list[int]]:
    """Return the uses that are linked, directly or through others, to their nearest neighbours."""
    group_of = list(range(len(nearest)))
    for i, j in enumerate(nearest):
        old, new = group_of[i], group_of[j]
        group_of = [new if group == old else group for group in group_of]
    return [[i for i, group in enumerate(group_of) if group == name] for name in dict.fromkeys(group_of)]


def _score(tokens: Sequence[Token], senses: Sequence[str]) -> str:
    nearest = nearest_uses(similarities(tokens, layer=-1))
    return f"{sum(senses[i] == senses[j] for i, j in enumerate(nearest))}/{len(senses)}"


def _tokens(doc: Doc, word: str) -> Iterator[Token]:
    return (token for token in doc if token.text == word)


def _in_context(token: Token, *, used: int) -> str:
    """Return the text around a token, the token always in the same column."""
    columns = min(shutil.get_terminal_size((100, 24)).columns, 120)
    side = max(12, (columns - used - len(token)) // 2)
    left, right = token.doc.text[: token.idx][-side:], token.doc.text[token.idx + len(token) :][:side]
    return f"{left:>{side}}{typer.style(token.text, bold=True)}{right:<{side}}"
