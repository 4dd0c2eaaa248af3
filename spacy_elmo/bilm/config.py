"""What a biLM is made of, as plain validated values; the shapes of all weights follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..util.checks import check_size

ACTIVATIONS = ("relu", "tanh")
MOST_LAYERS, MOST_CHARACTERS, LARGEST = 100, 1000, 2**20  # far beyond any model; what is larger would only take memory
CLIPS = (1.2e-38, 3.4e38)  # the smallest and the largest that float32 can hold
FORGET_BIAS = 1.0  # of bilm-tf, whose files keep the raw bias: adding and taking away is not exact
UNKNOWN = ("row", "zeros", "error")


class ConfigError(ValueError):
    """A setting of the biLM that cannot be used; the message names the setting, its value and the remedy."""


def _check_size(key: str, value: object, *, smallest: int = 1, largest: int = LARGEST) -> None:
    check_size(key, value, smallest=smallest, error=ConfigError)
    _check(value <= largest, key, value, f"must be at most {largest}")  # type: ignore[operator]


def _check(holds: bool, key: str, value: object, remedy: str) -> None:
    if not holds:
        raise ConfigError(f"{key} = {value!r:.200}: {remedy}")


def _check_clip(key: str, value: object) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    fine = value is None or (is_number and CLIPS[0] <= value <= CLIPS[1])  # type: ignore[operator]
    _check(fine, key, value, "must be a number above 0 that float32 can hold, or null for no clipping")


@dataclass(frozen=True)
class CharacterInput:
    """A character CNN, which makes the vector of any word (paper, section 3.1; Kim et al. 2016).

    Attributes:
        embedding_size: Width of a character's embedding.
        filters: Width in characters and number of filters of each convolution.
        n_highway: Number of highway layers over the filters.
        activation: Applied after the maximum over positions: "relu" or "tanh".
        max_characters: Positions of a word, its begin and end marker included. Longer words are cut, in bytes.
        projection: Whether a linear layer follows the highway layers. Without it, the filters must sum to the
            projection size.
    """

    embedding_size: int
    filters: tuple[tuple[int, int], ...]
    n_highway: int
    activation: str = "relu"
    max_characters: int = 50
    projection: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "filters", _as_filters(self.filters))
        _check_size("embedding_size", self.embedding_size)
        _check_size("n_highway", self.n_highway, smallest=0, largest=MOST_LAYERS)
        remedy = f"must be one of {', '.join(ACTIVATIONS)}"
        _check(self.activation in ACTIVATIONS, "activation", self.activation, remedy)
        _check_size("max_characters", self.max_characters, smallest=3, largest=MOST_CHARACTERS)
        widest = max(width for width, _ in self.filters)
        remedy = f"a filter wider than max_characters = {self.max_characters} sees no position"
        _check(widest <= self.max_characters, "filters", self.filters, remedy)

    @property
    def n_filters(self) -> int:
        """Number of filters of all convolutions together."""
        return sum(n for _, n in self.filters)


@dataclass(frozen=True)
class WordInput:
    """A table of word vectors over a fixed vocabulary, as bilm-tf writes for fast inference.

    Attributes:
        n_words: Rows of the table, `<S>` and `</S>` among them.
        unknown: What a word outside the vocabulary gets: "row" (the vector of `<UNK>`), "zeros", or "error" (a
            KeyError).
    """

    n_words: int
    unknown: str = "row"

    def __post_init__(self) -> None:
        _check_size("n_words", self.n_words, largest=2**31)
        _check(self.unknown in UNKNOWN, "unknown", self.unknown, f"must be one of {', '.join(UNKNOWN)}")


@dataclass(frozen=True)
class LexiconInput:
    """Embeddings of words and filters over their Unicode characters, side by side, as ELMoForManyLangs has them.

    Both are found by lexicons that are stored with the model. One of them may be left out: its sizes are 0 then.

    Attributes:
        n_words: Entries of the lexicon of words.
        word_size: Width of a word's embedding.
        n_characters: Entries of the lexicon of characters.
        embedding_size: Width of a character's embedding.
        filters: As of `CharacterInput`; none where there are no characters.
        n_highway: As of `CharacterInput`.
        activation: As of `CharacterInput`.
        max_characters: Positions of a word, its begin and end marker included. Longer words are cut, in characters,
            before they are looked up.
    """

    n_words: int
    word_size: int
    n_characters: int
    embedding_size: int
    filters: tuple[tuple[int, int], ...]
    n_highway: int
    activation: str = "relu"
    max_characters: int = 50

    def __post_init__(self) -> None:
        _check_size("n_words", self.n_words, smallest=0, largest=2**31)
        _check_size("n_characters", self.n_characters, smallest=0)
        _check(self.n_words + self.n_characters > 0, "n_words", self.n_words, "words or characters must be read")
        _check_size("word_size", self.word_size, smallest=min(self.n_words, 1), largest=LARGEST * min(self.n_words, 1))
        _check_size("max_characters", self.max_characters, smallest=7, largest=MOST_CHARACTERS)  # `<bos>` must fit
        object.__setattr__(self, "filters", self.cnn.filters if self.cnn else tuple(self.filters))
        for key in () if self.n_characters else ("embedding_size", "filters", "n_highway"):
            _check(getattr(self, key) in (0, ()), key, getattr(self, key), "must be 0 where no characters are read")

    @property
    def cnn(self) -> CharacterInput | None:
        """What is done with the characters, without a projection; None where there are none."""
        if not self.n_characters:
            return None
        return CharacterInput(
            self.embedding_size, self.filters, self.n_highway, self.activation, self.max_characters, projection=False
        )


@dataclass(frozen=True)
class BiLMConfig:
    """Dimensions and variants of a bidirectional language model.

    Attributes:
        input: How a word gets its vector without context.
        hidden_size: Cells of an LSTM direction ("dim" in published options).
        projection_size: Width of a direction's output and of the word vectors.
        n_layers: Number of bidirectional LSTM layers (the paper's L).
        cell_clip: Bound of the cells; None for no bound.
        projection_clip: Bound of the projected output; None for no bound.
        skip_connections: Whether layers after the first add their input to their output.
        lstm_projection: Whether the LSTM has a projection. Without it, hidden_size must equal projection_size, and
            projection_clip is unused.
        forget_bias: Added to the bias of the forget gate when the model runs; 0 where the weights have it already.
    """

    input: CharacterInput | WordInput | LexiconInput
    hidden_size: int
    projection_size: int
    n_layers: int = 2
    cell_clip: float | None = 3.0
    projection_clip: float | None = 3.0
    skip_connections: bool = True
    lstm_projection: bool = True
    forget_bias: float = FORGET_BIAS

    def __post_init__(self) -> None:
        _check_size("hidden_size", self.hidden_size)
        _check_size("projection_size", self.projection_size)
        _check_size("n_layers", self.n_layers, largest=MOST_LAYERS)
        _check_clip("cell_clip", self.cell_clip)
        _check_clip("projection_clip", self.projection_clip)
        _check(self.forget_bias in (0, FORGET_BIAS), "forget_bias", self.forget_bias, f"must be 0 or {FORGET_BIAS}")
        is_choice = isinstance(self.skip_connections, bool)
        _check(is_choice, "skip_connections", self.skip_connections, "must be true or false")
        if not self.lstm_projection:
            remedy = f"must equal projection_size = {self.projection_size} where the LSTM has no projection"
            _check(self.hidden_size == self.projection_size, "hidden_size", self.hidden_size, remedy)
        if isinstance(self.input, CharacterInput) and not self.input.projection:
            remedy = f"must sum to projection_size = {self.projection_size} where the characters have no projection"
            _check(self.input.n_filters == self.projection_size, "filters", self.input.filters, remedy)

    @property
    def width(self) -> int:
        """Width of an ELMo vector: both directions side by side."""
        return 2 * self.projection_size

    @property
    def n_outputs(self) -> int:
        """Number of layers a token has: the word vector and each LSTM layer (the paper's L + 1)."""
        return self.n_layers + 1

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values that `from_dict` reads."""
        kind = next(kind for kind, cls in KINDS.items() if isinstance(self.input, cls))
        values = {**asdict(self), "input": {"kind": kind, **asdict(self.input)}}
        if self.forget_bias == FORGET_BIAS:
            del values["forget_bias"]  # as it was before there were others
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BiLMConfig:
        """Build a configuration from the values of `to_dict`.

        Args:
            values: What `to_dict` returned.

        Raises:
            ConfigError: For missing or unknown keys and for bad values.
        """
        if not isinstance(values.get("input"), Mapping):
            names = " or ".join(f'"{kind}"' for kind in KINDS)
            raise ConfigError(f'input: missing; it must be an object with "kind": {names}')
        given = dict(values["input"])
        kind = given.pop("kind", None)
        _check(kind in tuple(KINDS), "input.kind", kind, f"must be one of {', '.join(KINDS)}")
        return _build(cls, {**values, "input": _build(KINDS[kind], given)})


KINDS: dict[str, type] = {"characters": CharacterInput, "words": WordInput, "lexicons": LexiconInput}


def _build(cls: type, values: Mapping[str, Any]) -> Any:
    known = [field.name for field in fields(cls)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ConfigError(f"unknown keys {', '.join(unknown)}; known are {', '.join(known)}")
    try:
        return cls(**values)
    except TypeError as error:
        raise ConfigError(str(error)) from None


def _as_filters(filters: Any) -> tuple[tuple[int, int], ...]:
    try:
        pairs = tuple((width, n) for width, n in filters)
    except (TypeError, ValueError):
        pairs = ()
    remedy = f"must be pairs of (width, number of filters), at most {MOST_LAYERS} of them"
    _check(0 < len(pairs) <= MOST_LAYERS, "filters", filters, remedy)
    for width, n in pairs:
        _check_size("filters: width", width)
        _check_size("filters: number", n)
    return pairs
