"""Our own format: a model as a directory, memory-mapped when it is read, or as bytes.

    config.json  weights.safetensors  meta.json  [words.txt]  [LICENSE]  [vocab.txt softmax.safetensors]

`words.txt` is the vocabulary of a word table; the last two files are the language model head.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save

from ..bilm import BiLM, BiLMConfig, ConfigError, WordInput
from ..util.files import WeightsError, read_json, read_text, read_words, staged, write_json, write_words
from ..util.tensors import save_tensors
from ..util.torch_state import without_settings
from .pretrained import (
    DTYPES,
    Head,
    Pretrained,
    Tensors,
    check_finite,
    check_tensors,
    empty_model,
    fill_model,
    model_words,
)

SCHEMA = 1
CONFIG, WEIGHTS, META, WORDS, LICENSE = "config.json", "weights.safetensors", "meta.json", "words.txt", "LICENSE"
VOCAB, SOFTMAX = "vocab.txt", "softmax.safetensors"


def recognises(path: str | Path) -> bool:
    """Return whether a path is a model directory, be it a broken one."""
    return any((Path(path) / name).exists() for name in (CONFIG, WEIGHTS))


@without_settings(inference_mode=True)
def read(path: str | Path, *, with_head: bool = True) -> Pretrained:
    """Read a model directory without copying its weights: their pages are mapped, and shared between processes.

    Args:
        path: The directory.
        with_head: Whether to read the language model head, if there is one.

    Returns:
        The model, the facts of meta.json, and the head.

    Raises:
        WeightsError: For whatever is missing, broken or does not fit together; the message names the file and the
            field.
    """
    folder = Path(path)
    config = _read_config(folder)
    words = read_words(folder / WORDS) if isinstance(config.input, WordInput) else ()
    meta = read_json(folder / META)
    if (folder / LICENSE).is_file():
        meta["license_text"] = read_text(folder / LICENSE)
    model = empty_model(config, words, source=folder / WORDS)
    model = fill_model(model, _read_tensors(folder / WEIGHTS), source=folder / WEIGHTS)
    return Pretrained(model, meta, _read_head(folder, config) if with_head else None)


def write(
    path: str | Path, model: BiLM, meta: Mapping[str, Any], *, head: Head | None = None, dtype: str = "float32"
) -> None:
    """Write a model directory: all of it, or nothing.

    Args:
        path: The directory, made if it is missing. It may be the one that the model was read from. Files of an earlier
            model in it are replaced or removed.
        model: The biLM.
        meta: Facts for meta.json; the text under "license_text" goes into LICENSE.
        head: The language model head to keep.
        dtype: "float32" or "float16" for what is stored.

    Raises:
        WeightsError: Where the weights are not finite in this dtype.
        WriteError: Where the directory cannot be written.
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


def to_bytes(model: BiLM, meta: Mapping[str, Any]) -> bytes:
    """Return all of a model but its head as a safetensors file in memory."""
    header = {"config": _describe(model.config), "meta": dict(meta), "words": model_words(model)}
    texts = {key: json.dumps(value) for key, value in header.items()}
    return save({name: t.detach().cpu().contiguous() for name, t in model.state_dict().items()}, metadata=texts)


@without_settings(inference_mode=True)
def from_bytes(data: bytes) -> Pretrained:
    """Read what `to_bytes` returned.

    Raises:
        WeightsError: For bytes that are cut short or hold something else.
    """
    source = "model bytes"
    try:
        tensors = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        config, meta, words = (json.loads(header[key]) for key in ("config", "meta", "words"))
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise WeightsError(f"{source}: not a whole model ({error}); serialize it again") from error
    model = empty_model(_parse_config(config, source=source), words, source=source)
    return Pretrained(fill_model(model, tensors, source=source), meta)


def stored_dtype(path: str | Path) -> str:
    """Return the types in which a model directory keeps its weights, as "float16"."""
    with safe_open(Path(path) / WEIGHTS, framework="pt") as file:
        dtypes = {file.get_slice(name).get_dtype() for name in file.keys()}
    return ", ".join(sorted(dtype.replace("F", "float") for dtype in dtypes))


def _read_head(folder: Path, config: BiLMConfig) -> Head | None:
    if not any((folder / name).exists() for name in (VOCAB, SOFTMAX)):
        return None
    tensors = dict(_read_tensors(folder / SOFTMAX))
    words = read_words(folder / VOCAB)
    shapes = {"weight": (len(words), config.projection_size), "bias": (len(words),)}
    check_tensors(tensors, shapes, source=folder / SOFTMAX)
    return Head(words, tensors["weight"].float(), tensors["bias"].float())


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
        check_finite(name, tensor, source=source)
    save_tensors(path, stored)
