"""What is computed of a text, and how it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ..text.readers import Lines
from ..tokens.mix import Mix, check_mix
from ..util.checks import check_choice

Unit: TypeAlias = Literal["words", "sentences", "documents"]
Pooling: TypeAlias = Literal["mean", "sif"]
Dtype: TypeAlias = Literal["float32", "float16"]
State: TypeAlias = Literal["warm", "zeros"]
Format: TypeAlias = Literal["parquet", "npy", "spacy", "allennlp", "elmoformanylangs"]
STATES = {
    "zeros": "every sentence starts from zeros, as the first batch of AllenNLP; nothing is carried over",
    "warm": "every sentence starts from the state that an empty sentence leaves; nothing is carried over",
}
LEARNED = "learned:"  # and the name of a component


@dataclass(frozen=True)
class Layers:
    """How the layers become vectors.

    Attributes:
        mix: As of the `elmo` pipe.
        gamma: Factor on the mixed vector.
        all: Whether each layer is written as well.
    """

    mix: Mix = "average"
    gamma: float = 1.0
    all: bool = False


@dataclass(frozen=True)
class Settings:
    """All that decides what is written, but the texts.

    Attributes:
        model: Name or path of the model.
        digest: The digest of its weights.
        lang: The language whose tokenizer is used.
        format: What is written.
        layers: How the layers become vectors.
        unit: What has a vector.
        pooling: How the vectors of words become one, for sentences and documents.
        dtype: Type of the numbers.
        initial_state: As of the `elmo` pipe.
        lines: What a line of text is.
        key: The key of the text in objects of JSON.
        on_error: What becomes of broken records.
        shard_mb: About how many MiB the vectors of the words of a shard take.
        annotations: Whether the lines of "npy" say lemma, part of speech and tag of each word, where the text does.
    """

    model: str
    digest: str
    lang: str
    format: Format
    layers: Layers = Layers()
    unit: Unit = "words"
    pooling: Pooling = "mean"
    dtype: Dtype = "float32"
    initial_state: State = "warm"
    lines: Lines = "paragraphs"
    key: str = "text"
    on_error: Literal["fail", "skip"] = "fail"
    shard_mb: int = 64
    annotations: bool = False

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            check_choice(name, getattr(self, name), choices)
        if self.pooling == "sif" and self.unit == "words":
            raise ValueError("pooling = 'sif': is for sentences and documents; choose such a unit")
        if self.unit != "words" and self.format not in ("parquet", "npy"):
            raise ValueError(f"unit = {self.unit!r}: {self.format} has vectors of words; choose parquet or npy")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON has them."""
        return asdict(self)

    def describe(self) -> dict[str, str | float]:
        """Return what a file of vectors says of them."""
        return {
            "model": self.model,
            "digest": self.digest,
            "unit": self.unit,
            "layers": "all" if self.layers.all else json.dumps(self.layers.mix),
            "gamma": self.layers.gamma,
            "initial_state": self.initial_state,
            "state": STATES[self.initial_state],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """Return what `to_dict` gave."""
        known = {field.name for field in fields(cls)}
        given = {key: value for key, value in values.items() if key in known}
        return cls(**{**given, "layers": Layers(**given["layers"])})


CHOICES = {
    "format": Format,
    "unit": Unit,
    "pooling": Pooling,
    "dtype": Dtype,
    "initial_state": State,
    "lines": Lines,
    "on_error": Literal["fail", "skip"],
}


def parse_layers(text: str) -> Layers:
    """Return what a word on the command line says of layers.

    Args:
        text: "all", "top", "average", the number of a layer, or a weight for each layer, with commas between them.

    Raises:
        ValueError: For anything else.
    """
    if text == "all":
        return Layers(all=True)
    if re.fullmatch(r"\d{1,3}", text):
        return Layers(int(text))
    mix: Mix = text
    if "," in text:
        try:
            mix = [float(weight) for weight in text.split(",")]
        except ValueError:
            raise ValueError(f"layers = {text!r}: weights must be numbers with commas between them") from None
    try:
        check_mix(mix)
    except ValueError:
        known = 'all, top, average, a layer number, weights as 0.2,0.5,0.3 that sum to 1, or "learned:COMPONENT"'
        raise ValueError(f"layers = {text!r}: must be {known}") from None
    return Layers(mix)


def learned_layers(pipeline: str, component: str) -> tuple[Layers, Path]:
    """Return how a component of a trained pipeline mixes the layers, and the directory of the pipeline.

    Args:
        pipeline: A directory or an installed package.
        component: Name of the component; with " input" or " output" behind it where it has two mixes.

    Raises:
        ValueError: It has no such component, or several mixes.
        OSError: There is no such pipeline.
    """
    import spacy

    from ..pipeline.mixes import find_mixes

    nlp = spacy.load(pipeline)
    mixes = find_mixes(nlp)
    names = [mix["component"] if mix["place"] == "features" else f"{mix['component']} {mix['place']}" for mix in mixes]
    if names.count(component) != 1:
        known = f"those that mix layers are {', '.join(names)}" if names else "none mixes layers"
        raise ValueError(f"{pipeline}: no component {component!r} to take the mix of; {known}")
    mix = mixes[names.index(component)]
    weights = [float(weight) for weight in mix["weights"]]
    total = sum(weights)
    return Layers([weight / total for weight in weights], float(mix["gamma"])), nlp.path
