"""The command `python -m spacy elmo predict`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option
from wasabi import msg

from ...util.files import printable
from ..common import PREDICTORS, AsJson, Lang, clear_errors, print_json

if TYPE_CHECKING:
    from ...prediction import Expected

HEADINGS = {"left": "From the left", "right": "From the right", "both": "Both"}


def predict(
    text: Annotated[str, Argument(help="A text with one word in square brackets, or with nothing in them")],
    model: Annotated[str, Option("--model", "-m", help=PREDICTORS)] = "en_elmo_sm",
    top: Annotated[int, Option("--top", min=1, help="How many words to print")] = 10,
    words: Annotated[str | None, Option("--words", help="Rank these words at the place, as bank,shore,bridge")] = None,
    substitutes: Annotated[
        bool, Option("--substitutes", help="Words that fit, by how near they are in meaning to the word in brackets")
    ] = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Print the words that a model expects at a place of a text: by what is left of it, by what is right of it, and by
    both (the product of the two probabilities, divided by the sum of all products).
    """
    with clear_errors():
        from ...prediction import LanguageModel, expect, find_substitutes

        given = None if words is None else _split(words)
        language_model = LanguageModel.load(model)
        expected = expect(language_model, text, lang=lang)
        found = _describe(expected, top, given)
        if substitutes:
            rows = find_substitutes(language_model, expected, words=given, top=top)
            found["substitutes"] = [row._asdict() for row in rows]
    if as_json:
        print_json({"model": model, **found})
        return
    if substitutes:
        cells = [(row["word"], f"{row['cosine']:.2f}", _percent(row["probability"])) for row in found["substitutes"]]
        _print_table(cells, ("Substitute", "Cosine", "Both"))
    elif words is not None:
        ranks = [(row["word"], *(_rank(row[side]) for side in HEADINGS)) for row in found["words"]]
        _print_table(ranks, ("Word", *HEADINGS.values()))
    else:
        lists = [[f"{item['word']} {_percent(item['probability'])}" for item in found[side]] for side in HEADINGS]
        _print_table([(str(i + 1), *row) for i, row in enumerate(zip(*lists))], ("", *HEADINGS.values()))
        for row in found["words"]:
            sides = [f"{HEADINGS[side].lower()} {_rank(row[side])}" for side in HEADINGS]
            print(printable(f"{row['word']}: {', '.join(sides)}"))
    if found["unknown"]:
        unknown = ", ".join(found["unknown"])
        msg.warn(printable(f"Not among the {len(expected.words):,} words that the model predicts: {unknown}"))


def _split(words: str) -> list[str]:
    found = list(dict.fromkeys(word.strip() for word in words.split(",") if word.strip()))
    if not found:
        raise ValueError(f"--words {words!r}: has no words; give some, as bank,shore,bridge")
    return found


def _describe(expected: Expected, top: int, given: list[str] | None) -> dict[str, Any]:
    """Return the likeliest words, and how likely the given ones are, the likeliest first, or the one in brackets."""
    place = expected.place
    wanted = given or ([] if place.text is None else [place.text])
    ranks = {word: rank for word in wanted if (rank := expected.rank(word)) is not None}
    ordered = sorted(ranks, key=lambda word: ranks[word]["both"].rank)
    return {
        "sentence": place.sentences[place.sentence],
        "place": place.word,
        "word": place.text,
        **{
            side: [{"word": word, "probability": value} for word, value in expected.likeliest(side, top)]
            for side in expected.probabilities
        },
        "words": [{"word": word, **{side: rank._asdict() for side, rank in ranks[word].items()}} for word in ordered],
        "unknown": [word for word in wanted if word not in ranks],
    }


def _print_table(rows: Sequence[tuple[str, ...]], header: tuple[str, ...]) -> None:
    msg.table([tuple(map(printable, row)) for row in rows], header=header, divider=True, max_col=60)


def _percent(probability: float) -> str:
    return f"{probability:.3%}" if probability < 0.01 else f"{probability:.1%}"


def _rank(found: dict[str, Any]) -> str:
    return f"{_percent(found['probability'])} (rank {found['rank']:,})"
