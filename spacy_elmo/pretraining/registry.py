"""What the blocks of a pretraining config build.

`optimizer_blocks` has those of optimizers and their rates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from ..bilm import BiLMConfig, CharacterInput, WordInput
from ..text.readers import Lines
from ..util.checks import check_choice
from .loop.settings import AdaptiveChoice, FullChoice, SampledChoice
from .reader import TextReader
from .schema import MOST_PROCESSES, check_number, check_text, check_weights, check_whole

MOST_LAYERS, MOST_CHARACTERS = 100, 1000  # far beyond what trains; each layer takes time to make, however small

Words: TypeAlias = tuple[str, ...]


def make_reader(
    paths: str | list[str] | None = None,
    lang: str = "en",
    n_process: int | None = None,
    lines: Lines = "paragraphs",
    weights: list[Any] | None = None,
    tokenizer: str | None = None,
) -> TextReader | None:
    """Return a reader of text files, None where none are named.

    Args:
        paths: A file, directory or pattern of text, or several of them; see `tokenize_files`.
        lang: The language whose tokenizer to use.
        n_process: Processes that tokenize. None for as many as there are cores, 4 at most.
        lines: What a line of text is: "paragraphs", "wrapped" (parts of paragraphs, which blank lines end), or
            "sentences" (words between spaces, which are not tokenized; a document is cut after 10 sentences, because
            such text is mostly without blank lines).
        weights: Pairs of a pattern of names of files and how often a pass over the text reads their documents.
        tokenizer: Name or path of a pipeline of that language, whose tokenizer to use; None for that of the language.
    """
    if paths is None or paths in ("", []):
        return None
    files = [paths] if isinstance(paths, str) else paths
    if not isinstance(files, list) or not all(isinstance(path, str) and path for path in files):
        raise ValueError(f"paths = {paths!r:.60}: must be the path of a file or directory, or a list of paths")
    check_text("lang", lang)
    if n_process is not None:
        check_whole("n_process", n_process, high=MOST_PROCESSES)
    check_choice("lines", lines, Lines)
    check_weights(weights)
    if tokenizer is not None:
        check_text("tokenizer", tokenizer)
    return TextReader(files, lang, n_process, lines, weights or [], tokenizer)


def character_bilm(
    hidden_size: int,
    projection_size: int,
    filters: list[list[int]],
    embedding_size: int = 16,
    n_highway: int = 1,
    activation: Literal["relu", "tanh"] = "relu",
    max_characters: int = 50,
    n_layers: int = 2,
    cell_clip: float | None = 3.0,
    projection_clip: float | None = 3.0,
    skip_connections: bool = True,
) -> Callable[[Words], BiLMConfig]:
    """Return what gives the dimensions of a model that reads words by their characters.

    Args:
        hidden_size: As of `BiLMConfig`.
        projection_size: As of `BiLMConfig`.
        filters: As of `CharacterInput`, pairs of a width and a number.
        embedding_size: As of `CharacterInput`.
        n_highway: As of `CharacterInput`.
        activation: As of `CharacterInput`.
        max_characters: As of `CharacterInput`.
        n_layers: As of `BiLMConfig`.
        cell_clip: As of `BiLMConfig`.
        projection_clip: As of `BiLMConfig`.
        skip_connections: As of `BiLMConfig`.
    """
    check_whole("n_layers", n_layers, high=MOST_LAYERS)
    check_whole("n_highway", n_highway, low=0, high=MOST_LAYERS)
    check_whole("max_characters", max_characters, low=3, high=MOST_CHARACTERS)
    config = BiLMConfig(
        CharacterInput(
            embedding_size=embedding_size,
            filters=tuple((width, n) for width, n in filters),
            n_highway=n_highway,
            activation=activation,
            max_characters=max_characters,
        ),
        hidden_size=hidden_size,
        projection_size=projection_size,
        n_layers=n_layers,
        cell_clip=cell_clip,
        projection_clip=projection_clip,
        skip_connections=skip_connections,
    )
    return lambda words: config


def word_bilm(
    hidden_size: int,
    projection_size: int,
    n_layers: int = 2,
    cell_clip: float | None = 3.0,
    projection_clip: float | None = 3.0,
    skip_connections: bool = True,
) -> Callable[[Words], BiLMConfig]:
    """Return what gives the dimensions of a model with a table of the words of the vocabulary.

    Args:
        hidden_size: As of `BiLMConfig`, like all others.
        projection_size: As of `BiLMConfig`.
        n_layers: As of `BiLMConfig`.
        cell_clip: As of `BiLMConfig`.
        projection_clip: As of `BiLMConfig`.
        skip_connections: As of `BiLMConfig`.
    """
    check_whole("n_layers", n_layers, high=MOST_LAYERS)
    return lambda words: BiLMConfig(
        WordInput(len(words)),
        hidden_size=hidden_size,
        projection_size=projection_size,
        n_layers=n_layers,
        cell_clip=cell_clip,
        projection_clip=projection_clip,
        skip_connections=skip_connections,
    )


def full_softmax() -> FullChoice:
    """Return a softmax over the whole vocabulary."""
    return FullChoice()


def sampled_softmax(n_samples: int = 8192) -> SampledChoice:
    """Return a softmax that is trained over the target and sampled negatives.

    Args:
        n_samples: Number of negatives.
    """
    check_whole("n_samples", n_samples)
    return SampledChoice(n_samples=n_samples)


def adaptive_softmax(cutoffs: list[int] | None = None, div_value: float = 4.0) -> AdaptiveChoice:
    """Return a softmax with the rarer words in clusters of lower width.

    Args:
        cutoffs: The rank at which each cluster begins. None for 1/16 and 1/4 of the vocabulary.
        div_value: Each cluster's width is the one before divided by this.
    """
    check_number("div_value", div_value, low=1)
    if cutoffs is not None:
        if not isinstance(cutoffs, list):
            raise ValueError(f"cutoffs = {cutoffs!r:.60}: must be a list of ranks, or null for the default")
        for rank in cutoffs:
            check_whole("cutoffs", rank)
    return AdaptiveChoice(cutoffs=cutoffs, div_value=div_value)
