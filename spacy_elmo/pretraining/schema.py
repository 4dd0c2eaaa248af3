"""Types and bounds of the settings that no registered function takes, and the checks of those that one does."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo

from ..text.readers import Lines
from ..util.checks import check_choice
from .network.products import Precision

MOST_PROCESSES = 1024  # or threads: more of them only take down the machine
MOST_TIMES = 1000  # that a pass reads a document: it holds as many places of it in memory
LARGEST_SEED = 2**63 - 1  # torch's generators take 64 bits


def check_whole(name: str, value: object, *, low: int = 1, high: int | None = None) -> None:
    """Raise ValueError, with the name of the setting, for what is not a whole number within bounds."""
    fine = isinstance(value, int) and not isinstance(value, bool) and low <= value and (high is None or value <= high)
    if not fine:
        bounds = f"of at least {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name} = {value!r:.60}: must be a whole number {bounds}")


def check_number(name: str, value: object, *, low: float = 0.0, above: bool = False, below: float = math.inf) -> None:
    """Raise ValueError, with the name of the setting, for what is not a finite number within bounds.

    Args:
        name: Of the setting.
        value: Its value.
        low: The smallest.
        above: Whether it must be above that.
        below: What it must be below.
    """
    fine = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not fine or not low <= value < below or (above and value == low):  # type: ignore[operator]
        bounds = f"{'above' if above else 'of at least'} {low:g}"
        bounds += "" if below == math.inf else f" and below {below:g}"
        raise ValueError(f"{name} = {value!r:.60}: must be a number {bounds}")


def check_flag(name: str, value: object) -> None:
    """Raise ValueError, with the name of the setting, for what is neither true nor false."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} = {value!r:.60}: must be true or false, in small letters")


def check_text(name: str, value: object) -> None:
    """Raise ValueError, with the name of the setting, for what is not text."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} = {value!r:.60}: must be text")


def check_weights(weights: object) -> None:
    """Raise ValueError, with the name of the setting, for what are no pairs of a pattern and a weight."""
    pairs = [] if weights is None else weights
    if not isinstance(pairs, list) or not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs):
        example = '[["novels-*.txt", 0.5]]'
        raise ValueError(f"weights = {weights!r:.60}: must be pairs of a pattern and a number, as {example}")
    for pattern, weight in pairs:
        check_text("weights", pattern)
        check_number("weights", weight, above=True, below=MOST_TIMES)


def _dev_size(name: str, value: object) -> None:
    check_number(name, value)
    if value >= 1 and value != int(value):  # type: ignore[operator, call-overload]
        raise ValueError(f"{name} = {value!r}: must be a share below 1, or a number of documents")


def _checked(check: Any, *, none: str = "", **bounds: Any) -> BeforeValidator:
    """Return what lets the values through that pass a check.

    Args:
        check: Called with name and value.
        none: What null stands for. Empty where it is not allowed.
        **bounds: Passed on.
    """

    def validate(value: object, info: ValidationInfo) -> object:
        if value is not None or not none:
            try:
                check(str(info.field_name), value, **bounds)
            except ValueError as error:
                raise ValueError(f"{error}{f', or null for {none}' if none else ''}") from error
        return value

    return BeforeValidator(validate)


class _Section(BaseModel):
    model_config = ConfigDict(extra="allow")


class PathsSchema(_Section):
    """Types of [paths]."""

    vocab: Annotated[Any, _checked(check_text, none="none")]
    init: Annotated[Any, _checked(check_text, none="none")]
    corpus: Annotated[Any, _checked(check_text, none="a folder of the run")]


class SystemSchema(_Section):
    """Types of [system]."""

    seed: Annotated[Any, _checked(check_whole, low=0, high=LARGEST_SEED)]
    threads: Annotated[Any, _checked(check_whole, high=MOST_PROCESSES, none="torch's own number")]


class NlpSchema(_Section):
    """Types of [nlp]."""

    lang: Annotated[Any, _checked(check_text)]
    tokenizer: Annotated[Any, _checked(check_text, none="that of the language")]


class CorpusSchema(_Section):
    """Types of [corpus]."""

    lines: Annotated[Any, _checked(check_choice, choices=Lines)]
    dev_size: Annotated[Any, _checked(_dev_size)]
    max_words: Annotated[Any, _checked(check_whole, low=4, none="no limit")]
    min_count: Annotated[Any, _checked(check_whole)]
    keep_vocabulary: Annotated[Any, _checked(check_flag)]


class TrainingSchema(_Section):
    """Types of [training]."""

    batch_size: Annotated[Any, _checked(check_whole)]
    unroll_steps: Annotated[Any, _checked(check_whole)]
    dropout: Annotated[Any, _checked(check_number, below=1)]
    precision: Annotated[Any, _checked(check_choice, choices=Precision)]
    clip_norm: Annotated[Any, _checked(check_number, above=True, none="no clipping")]
    frozen: Annotated[Any, _checked(check_flag)]
    max_steps: Annotated[Any, _checked(check_whole, none="no such limit")]
    max_epochs: Annotated[Any, _checked(check_number, above=True, none="no such limit")]
    max_words: Annotated[Any, _checked(check_whole, none="no such limit")]
    max_seconds: Annotated[Any, _checked(check_number, above=True, none="no such limit")]
    eval_frequency: Annotated[Any, _checked(check_whole)]
    keep_checkpoints: Annotated[Any, _checked(check_whole)]


class ConfigSchema(_Section):
    """Types of the settings that no registered function takes."""

    paths: PathsSchema
    system: SystemSchema
    nlp: NlpSchema
    corpus: CorpusSchema
    training: TrainingSchema
