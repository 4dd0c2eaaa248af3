"""What every format reads: a model put together from tensors that were checked, with its facts and its softmax."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

from ..bilm import BiLM, BiLMConfig, ConfigError
from ..util.checks import available_bytes
from ..util.files import WeightsError

DTYPES = {"float32": torch.float32, "float16": torch.float16}

Tensors: TypeAlias = Mapping[str, Tensor]
Meta: TypeAlias = dict[str, Any]


class Head(NamedTuple):
    """The softmax of a language model: the logits of `words` are h @ weight.T + bias.

    Attributes:
        words: The words that are predicted.
        weight: (words, projection size).
        bias: (words,).
    """

    words: tuple[str, ...]
    weight: Tensor
    bias: Tensor


class Pretrained(NamedTuple):
    """A model as it was found in files.

    Attributes:
        model: The biLM, ready to run and frozen.
        meta: Facts about it: name, version, language, licence, training data.
        head: The softmax of its language model; None where there is none, or where it was not asked for.
    """

    model: BiLM
    meta: Meta
    head: Head | None = None


def empty_model(
    config: BiLMConfig, words: Sequence[str], characters: Sequence[str] = (), *, source: Path | str
) -> BiLM:
    """Return a model without values.

    Args:
        config: Its dimensions.
        words: The vocabulary of a word table, or the lexicon of words; none where the input has neither.
        characters: The lexicon of characters, where the input has one.
        source: Where these come from, for messages.

    Raises:
        WeightsError: Where the words do not fit the dimensions.
    """
    try:
        with torch.device("meta"):
            return BiLM(config, words=words, characters=characters)
    except ConfigError as error:
        raise WeightsError(f"{source}: {error}") from error


def fill_model(model: BiLM, tensors: Tensors, *, source: Path | str) -> BiLM:
    """Make tensors the parameters of a model, without a copy, and freeze it.

    Args:
        model: What `empty_model` returned.
        tensors: One for each parameter, by its name in the state dict.
        source: Where the tensors come from, for messages.

    Returns:
        The same model, ready to run.

    Raises:
        WeightsError: Where these are not exactly the finite tensors that the model needs.
    """
    check_tensors(tensors, {name: tuple(t.shape) for name, t in model.state_dict().items()}, source=source)
    try:
        model.load_state_dict({name: t.float() for name, t in tensors.items()}, assign=True)
    except (RuntimeError, MemoryError) as error:
        raise WeightsError(f"{source}: does not fit into memory ({error}); free some of it") from error
    model.source = str(source)
    return model.eval().requires_grad_(False)


def model_words(model: BiLM) -> tuple[str, ...]:
    """Return the vocabulary of a word table, or the lexicon of words; nothing where the input has neither."""
    return getattr(model.word_encoder, "words", ())


def model_characters(model: BiLM) -> tuple[str, ...]:
    """Return the lexicon of characters, or nothing where the input has none."""
    return getattr(model.word_encoder, "characters", ())


def in_type(tensors: Tensors, dtype: str) -> dict[str, Tensor]:
    """Return tensors on the CPU in a type by its name. Raises ValueError for a name that is none of `DTYPES`."""
    if dtype not in DTYPES:
        raise ValueError(f"dtype = {dtype!r}: must be one of {', '.join(DTYPES)}")
    return {name: t.detach().to("cpu", DTYPES[dtype]).contiguous() for name, t in tensors.items()}


def check_tensors(
    tensors: Tensors, shapes: Mapping[str, tuple[int, ...]], *, source: Path | str, int8: Collection[str] = ()
) -> None:
    """Check that tensors have exactly these names and shapes, a known type and finite values.

    Args:
        tensors: Tensors by name.
        shapes: The shape of each that must be there.
        source: Where they come from, for messages.
        int8: Names of those that must be whole numbers of 8 bits.

    Raises:
        WeightsError: Where they do not; the message names the source and the tensor.
    """
    remedy = "all files of the directory must come from one model"
    for problem, names in (("missing", set(shapes) - set(tensors)), ("unexpected", set(tensors) - set(shapes))):
        if names:
            raise WeightsError(f"{source}: {problem} tensors: {', '.join(sorted(names))}; {remedy}")
    for name, tensor in tensors.items():
        if tuple(tensor.shape) != shapes[name]:
            found = f"{name} has shape {tuple(tensor.shape)} where {shapes[name]} is needed"
            raise WeightsError(f"{source}: {found}; {remedy}")
        known = {"int8": torch.int8} if name in int8 else DTYPES
        if tensor.dtype not in known.values():
            raise WeightsError(f"{source}: {name} is of type {tensor.dtype}; it must be one of {', '.join(known)}")
        check_finite(name, tensor, source=source)


def check_room(size: int, *, source: Path | str) -> None:
    """Raise WeightsError where so many bytes do not fit into memory."""
    available = available_bytes()
    if available is not None and size > available:
        needed = f"needs {size / 1e9:.1f} GB of memory, {available / 1e9:.1f} GB are free"
        raise WeightsError(f"{source}: {needed}; free some, or take a smaller model")


def check_finite(name: str, tensor: Tensor, *, source: Path | str) -> None:
    """Raise WeightsError where a tensor has NaN or infinite values."""
    if tensor.numel() and not torch.stack(tuple(torch.aminmax(tensor))).isfinite().all():
        raise WeightsError(f"{source}: {name} has NaN or infinite values; use weights that are finite in its type")
