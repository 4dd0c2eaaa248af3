"""A model as a directory, memory-mapped when it is read, or as bytes.

    config.json  weights.safetensors  meta.json  [words.txt]  [LICENSE]  [vocab.txt softmax.safetensors]

`words.txt` is the vocabulary of a word table; the last two files are the language model head.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping, NamedTuple, Sequence

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save, save_file

from ..bilm.config import BiLMConfig, ConfigError, WordInput
from ..bilm.model import BiLM
from ..bilm.types import Floats1d, Floats2d
from ..util.files import WeightsError, read_json, read_text, read_words, staged, write_json, write_words

SCHEMA = 1
CONFIG, WEIGHTS, META, WORDS, LICENSE = "config.json", "weights.safetensors", "meta.json", "words.txt", "LICENSE"
VOCAB, SOFTMAX = "vocab.txt", "softmax.safetensors"
DTYPES = {"float32": torch.float32, "float16": torch.float16}

Tensors = Mapping[str, torch.Tensor]
Meta = dict[str, Any]


class Head(NamedTuple):
    """The softmax of a language model: the logits of `words` are h @ weight.T + bias.

    weight: (words, projection size); bias: (words,).
    """

    words: tuple[str, ...]
    weight: Floats2d
    bias: Floats1d


def read_model(path: str | Path) -> tuple[BiLM, Meta]:
    """Read a model directory without copying its weights: their pages are mapped, and shared between processes.

    path: the directory.
    RETURNS: the model, ready to run and frozen, and the facts of meta.json.
    Raises WeightsError naming the file and the field for whatever is missing, broken or does not fit together.
    """
    folder = Path(path)
    config = _read_config(folder)
    words = read_words(folder / WORDS) if isinstance(config.input, WordInput) else ()
    meta = read_json(folder / META)
    if (folder / LICENSE).is_file():
        meta["license_text"] = read_text(folder / LICENSE)
    model = empty_model(config, words, source=folder / WORDS)
    return fill_model(model, _read_tensors(folder / WEIGHTS), source=folder / WEIGHTS), meta


def read_head(path: str | Path) -> Head | None:
    """Read the language model head of a model directory; None where it has none. Raises as `read_model`."""
    folder = Path(path)
    present = [name for name in (VOCAB, SOFTMAX) if (folder / name).exists()]
    if not present:
        return None
    config = _read_config(folder)
    tensors = dict(_read_tensors(folder / SOFTMAX))
    words = read_words(folder / VOCAB)
    shapes = {"weight": (len(words), config.projection_size), "bias": (len(words),)}
    _check_tensors(tensors, shapes, source=folder / SOFTMAX)
    return Head(words, tensors["weight"].float(), tensors["bias"].float())


def write_model(
    path: str | Path, model: BiLM, meta: Mapping[str, Any], *, head: Head | None = None, dtype: str = "float32"
) -> None:
    """Write a model directory: all of it, or nothing. The directory may be the one the model was read from.

    path: the directory, made if it is missing; files of an earlier model in it are replaced or removed.
    meta: facts for meta.json; the text under "license_text" goes into LICENSE.
    head: the language model head to keep.
    dtype: "float32" or "float16" for what is stored.
    Raises WeightsError where the directory cannot be written, or the weights are not finite in this dtype.
    """
    folder = Path(path)
    with staged(folder, (WEIGHTS, CONFIG, META, WORDS, LICENSE, VOCAB, SOFTMAX)) as stage:
        _write_tensors(stage / WEIGHTS, model.state_dict(), dtype, source=folder / WEIGHTS)
        write_json(stage / CONFIG, _describe(model.config))
        write_json(stage / META, {key: value for key, value in meta.items() if key != "license_text"})
        if "license_text" in meta:
            (stage / LICENSE).write_bytes(meta["license_text"].encode("utf8"))
        if isinstance(model.config.input, WordInput):
            write_words(stage / WORDS, model_words(model))
        if head is not None:
            _write_tensors(stage / SOFTMAX, {"weight": head.weight, "bias": head.bias}, dtype, source=folder / SOFTMAX)
            write_words(stage / VOCAB, head.words)


def model_to_bytes(model: BiLM, meta: Mapping[str, Any]) -> bytes:
    """Return all of a model but its head as a safetensors file in memory."""
    header = {"config": _describe(model.config), "meta": dict(meta), "words": model_words(model)}
    texts = {key: json.dumps(value) for key, value in header.items()}
    return save({name: t.detach().cpu().contiguous() for name, t in model.state_dict().items()}, metadata=texts)


def model_from_bytes(data: bytes) -> tuple[BiLM, Meta]:
    """Read what `model_to_bytes` wrote. Raises WeightsError for bytes that are cut short or hold something else."""
    source = "model bytes"
    try:
        tensors = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        config, meta, words = (json.loads(header[key]) for key in ("config", "meta", "words"))
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise WeightsError(f"{source}: not a whole model ({error}); serialize it again") from error
    model = empty_model(_parse_config(config, source=source), words, source=source)
    return fill_model(model, tensors, source=source), meta


def empty_model(config: BiLMConfig, words: Sequence[str], *, source: Path | str) -> BiLM:
    """Return a model without values. Raises WeightsError naming the source of its words where they do not fit."""
    try:
        with torch.device("meta"):
            return BiLM(config, words=words)
    except ConfigError as error:
        raise WeightsError(f"{source}: {error}") from error
    except (RuntimeError, OverflowError, TypeError) as error:
        raise WeightsError(f"{source}: no model has such dimensions ({error}); correct them") from error


def fill_model(model: BiLM, tensors: Tensors, *, source: Path | str) -> BiLM:
    """Make tensors the parameters of a model from `empty_model`, uncopied, and freeze it. Raises WeightsError where
    they are not exactly the finite tensors that it needs; the message names the source and the tensor."""
    _check_tensors(tensors, {name: tuple(t.shape) for name, t in model.state_dict().items()}, source=source)
    model.load_state_dict({name: t.float() for name, t in tensors.items()}, assign=True)
    return model.eval().requires_grad_(False)


def model_words(model: BiLM) -> tuple[str, ...]:
    """Return the vocabulary of a word table, or nothing where the input is characters."""
    return getattr(model.word_encoder, "words", ())


def _check_tensors(tensors: Tensors, shapes: Mapping[str, tuple[int, ...]], *, source: Path | str) -> None:
    remedy = "all files of the directory must come from one model"
    for problem, names in (("missing", set(shapes) - set(tensors)), ("unexpected", set(tensors) - set(shapes))):
        if names:
            raise WeightsError(f"{source}: {problem} tensors: {', '.join(sorted(names))}; {remedy}")
    for name, tensor in tensors.items():
        if tuple(tensor.shape) != shapes[name]:
            found = f"{name} has shape {tuple(tensor.shape)} where {shapes[name]} is needed"
            raise WeightsError(f"{source}: {found}; {remedy}")
        if tensor.dtype not in DTYPES.values():
            raise WeightsError(f"{source}: {name} is of type {tensor.dtype}; it must be one of {', '.join(DTYPES)}")
        _check_finite(name, tensor, source=source)


def _check_finite(name: str, tensor: torch.Tensor, *, source: Path | str) -> None:
    if tensor.numel() and not torch.stack(tuple(torch.aminmax(tensor))).isfinite().all():
        raise WeightsError(f"{source}: {name} has NaN or infinite values; use weights that are finite in its type")


def _describe(config: BiLMConfig) -> dict[str, Any]:
    return {"schema": SCHEMA, **config.to_dict()}


def _read_config(folder: Path) -> BiLMConfig:
    if not folder.is_dir():
        raise WeightsError(f"{folder}: no such directory; give the path of a model directory")
    if not (folder / CONFIG).is_file():
        raise WeightsError(f"{folder}: no {CONFIG} in it, so this is not a model directory; `convert` makes one")
    return _parse_config(read_json(folder / CONFIG), source=folder / CONFIG)


def _parse_config(values: Any, *, source: Path | str) -> BiLMConfig:
    given = dict(values) if isinstance(values, Mapping) else {}
    schema = given.pop("schema", None)
    if isinstance(schema, int) and schema > SCHEMA:
        raise WeightsError(f"{source}: schema = {schema}: made by a newer spacy-elmo; upgrade to read it")
    if schema != SCHEMA:
        raise WeightsError(f"{source}: schema = {schema!r}: must be {SCHEMA}; is this the file of another program?")
    try:
        return BiLMConfig.from_dict(given)
    except ConfigError as error:
        raise WeightsError(f"{source}: {error}") from error


def _read_tensors(path: Path) -> Tensors:
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; copy the whole model directory")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError, RuntimeError, ValueError, KeyError) as error:
        raise WeightsError(f"{path}: not a whole safetensors file ({error}); copy or download it again") from error


def _write_tensors(path: Path, tensors: Tensors, dtype: str, *, source: Path) -> None:
    if dtype not in DTYPES:
        raise ValueError(f"dtype = {dtype!r}: must be one of {', '.join(DTYPES)}")
    stored = {name: t.detach().to("cpu", DTYPES[dtype]).contiguous() for name, t in tensors.items()}
    for name, tensor in stored.items():
        _check_finite(name, tensor, source=source)
    path.touch()
    permissions = path.stat().st_mode
    try:
        save_file(stored, path)
    except SafetensorError as error:
        raise OSError(str(error)) from error  # a full disk, as every other writer reports it
    path.chmod(permissions)  # safetensors lets nobody but the owner read
