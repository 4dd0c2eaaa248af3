"""Our own format: a model as a directory, memory-mapped when it is read, or as bytes.

    config.json  weights.safetensors  meta.json  [words.txt]  [characters.txt]  [LICENSE]
    [vocab.txt softmax.safetensors]

`words.txt` is the vocabulary of a word table or the lexicon of words, `characters.txt` that of characters; the last two
files are the language model head. `config.json` has their sizes and digests, and is the last to be written: a directory
is one model, or is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save

from ..bilm import BiLM, BiLMConfig, ConfigError
from ..util.digests import check_described, describe_file
from ..util.files import (
    WeightsError,
    check_file,
    file_in,
    read_json,
    read_text,
    read_words,
    write_json,
    write_words,
)
from ..util.staging import staged
from ..util.tensors import save_tensors
from ..util.threads import without_settings
from .pretrained import (
    Head,
    Pretrained,
    Tensors,
    check_finite,
    check_room,
    empty_model,
    fill_model,
    in_type,
    model_characters,
    model_words,
)
from .softmax import pack_head, unpack_head

SCHEMA = 1
CONFIG, WEIGHTS, META, WORDS, LICENSE = "config.json", "weights.safetensors", "meta.json", "words.txt", "LICENSE"
VOCAB, SOFTMAX, CHARACTERS = "vocab.txt", "softmax.safetensors", "characters.txt"
FILES = (CONFIG, WEIGHTS, META, WORDS, LICENSE, VOCAB, SOFTMAX, CHARACTERS)
DIGESTS = "files"  # key of config.json; what was written before there were digests lacks it
COMPUTED = (WEIGHTS, WORDS, VOCAB, SOFTMAX, CHARACTERS)  # what numbers depend on; the rest is for people to edit
TEXTS = ("name", "version", "lang", "description", "license_text")  # facts that are text, where they are given
Digests = Mapping[str, Any] | None


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
    config, digests = _read_config(folder)
    lists = _word_lists(config)
    words, characters = (read_words(file_in(folder, name)) if name in lists else () for name in (WORDS, CHARACTERS))
    meta = read_json(file_in(folder, META))
    if (folder / LICENSE).exists():
        meta["license_text"] = read_text(file_in(folder, LICENSE))
    check_meta(meta, source=folder / META)
    model = empty_model(config, words, characters, source=folder / ", ".join(lists))
    model = fill_model(model, _read_tensors(file_in(folder, WEIGHTS)), source=folder / WEIGHTS)
    head = _read_head(folder, config) if with_head else None
    used = (WEIGHTS, *lists, *((VOCAB, SOFTMAX) if head else ()))
    _check_digests(folder, digests, used)  # last, since what else is wrong says more
    return Pretrained(model, meta, head)


def check(path: str | Path) -> bool:
    """Read all of the files that vectors depend on, and compare them with their digests. Loading reads samples of them.

    Returns:
        Whether there are digests: what was written before them, or by another program, has none.

    Raises:
        WeightsError: For a file that is another one than `config.json` was written with, or has changed.
    """
    folder = Path(path)
    _, digests = _read_config(folder)
    _check_digests(folder, digests, tuple(digests or ()), whole=True)
    return digests is not None


def write(
    path: str | Path,
    model: BiLM,
    meta: Mapping[str, Any],
    *,
    head: Head | None = None,
    dtype: str = "float32",
    head_dtype: str | None = None,
) -> None:
    """Write a model directory: all of it, or nothing.

    Args:
        path: The directory, made if it is missing. It may be the one that the model was read from. Files of an earlier
            model in it are replaced or removed.
        model: The biLM.
        meta: Facts for meta.json; the text under "license_text" goes into LICENSE.
        head: The language model head to keep.
        dtype: "float32" or "float16" for what is stored.
        head_dtype: The same for the head, or "int8"; dtype if None. See `pack_head`.

    Raises:
        WeightsError: Where the weights are not finite in this dtype, or facts are not what they should be.
        WriteError: Where the directory cannot be written.
    """
    folder = Path(path)
    check_meta(meta, source="meta")
    with staged(folder, FILES) as stage:
        _write_tensors(stage / WEIGHTS, in_type(model.state_dict(), dtype), source=folder / WEIGHTS)
        write_json(stage / META, {key: value for key, value in meta.items() if key != "license_text"})
        if "license_text" in meta:
            (stage / LICENSE).write_bytes(meta["license_text"].encode("utf8"))
        for name, entries in ((WORDS, model_words(model)), (CHARACTERS, model_characters(model))):
            if entries:
                write_words(stage / name, entries)
        if head is not None:
            _write_tensors(stage / SOFTMAX, pack_head(head, head_dtype or dtype), source=folder / SOFTMAX)
            write_words(stage / VOCAB, head.words)
        _write_config(stage, model.config)


def check_meta(meta: Mapping[str, Any], *, source: Path | str) -> None:
    """Raise WeightsError for a fact that is no text and should be."""
    for key in TEXTS:
        if not isinstance(meta.get(key), (str, type(None))):
            raise WeightsError(f"{source}: {key} = {meta[key]!r:.50}: must be text; correct it")


def to_bytes(model: BiLM, meta: Mapping[str, Any], *, head: Head | None = None) -> bytes:
    """Return a model as a safetensors file in memory.

    Args:
        model: The biLM.
        meta: Facts about it.
        head: The language model head to keep.
    """
    header: dict[str, Any] = {"config": _describe(model.config), "meta": dict(meta), "words": model_words(model)}
    if characters := model_characters(model):
        header["characters"] = characters
    tensors = model.state_dict()
    if head is not None:
        header["vocab"] = head.words
        tensors |= {"softmax.weight": head.weight, "softmax.bias": head.bias}
    texts = {key: json.dumps(value) for key, value in header.items()}
    return save({name: t.detach().cpu().contiguous() for name, t in tensors.items()}, metadata=texts)


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
        characters, vocab = (json.loads(header.get(key, "[]")) for key in ("characters", "vocab"))
        if not isinstance(meta, dict) or not all(map(_are_words, (words, characters, vocab))):
            raise ValueError("facts or words of another kind")
        softmax = {key: tensors.pop(f"softmax.{key}") for key in ("weight", "bias") if vocab}
    except (SafetensorError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise WeightsError(f"{source}: not a whole model ({error}); serialize it again") from error
    check_meta(meta, source=source)
    model = empty_model(_parse_config(config, source=source), words, characters, source=source)
    head = unpack_head(vocab, softmax, model.config.projection_size, source=source) if vocab else None
    return Pretrained(fill_model(model, tensors, source=source), meta, head)


def _are_words(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def lossless_dtype(model: BiLM) -> str:
    """Return the smallest type that keeps all numbers of a model; "float16" for those stored so."""
    fits = all(torch.equal(t.half().to(t.dtype), t) for t in model.state_dict().values())
    return "float16" if fits else "float32"


def stored_dtype(path: str | Path) -> str:
    """Return the types in which a model directory keeps its weights, as "float16"."""
    with safe_open(Path(path) / WEIGHTS, framework="pt") as file:
        dtypes = {file.get_slice(name).get_dtype() for name in file.keys()}
    return ", ".join(sorted(dtype.replace("F", "float") for dtype in dtypes))


def _read_head(folder: Path, config: BiLMConfig) -> Head | None:
    if not any((folder / name).exists() for name in (VOCAB, SOFTMAX)):
        return None
    tensors = _read_tensors(file_in(folder, SOFTMAX))
    return unpack_head(read_words(file_in(folder, VOCAB)), tensors, config.projection_size, source=folder / SOFTMAX)


def _word_lists(config: BiLMConfig) -> tuple[str, ...]:
    """Return the files of words and characters that a model has."""
    sizes = {WORDS: getattr(config.input, "n_words", 0), CHARACTERS: getattr(config.input, "n_characters", 0)}
    return tuple(name for name, size in sizes.items() if size)


def _describe(config: BiLMConfig) -> dict[str, Any]:
    return {"schema": SCHEMA, **config.to_dict()}


def _write_config(folder: Path, config: BiLMConfig) -> None:
    """Write the config that belongs to the files of a directory."""
    digests = {name: describe_file(folder / name) for name in COMPUTED if (folder / name).exists()}
    write_json(folder / CONFIG, {**_describe(config), DIGESTS: digests})


def _read_config(folder: Path) -> tuple[BiLMConfig, Digests]:
    if not folder.is_dir():
        raise WeightsError(f"{folder}: no such directory; give the path of a model directory")
    if not (folder / CONFIG).exists():
        remedy = "was it written to its end?" if (folder / WEIGHTS).exists() else "`convert` makes one"
        raise WeightsError(f"{folder}: no {CONFIG} in it, so this is not a model directory; {remedy}")
    path = file_in(folder, CONFIG)
    values = read_json(path)
    digests = values.pop(DIGESTS, None)
    if not isinstance(digests, (dict, type(None))) or not set(digests or ()) <= set(COMPUTED):
        raise WeightsError(f"{path}: {DIGESTS}: must have digests of {', '.join(COMPUTED)}; copy or write it again")
    return _parse_config(values, source=path), digests


def _check_digests(folder: Path, digests: Digests, names: Sequence[str], *, whole: bool = False) -> None:
    for name in names if digests is not None else ():
        check_file(file_in(folder, name), missing="copy the whole model directory")
        check_described(folder / name, (digests or {}).get(name), whole=whole)


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
    check_file(path, missing="copy the whole model directory")
    try:
        with safe_open(path, framework="pt") as file:
            parts = [file.get_slice(name) for name in file.keys()]
            copied = sum(4 * math.prod(part.get_shape()) for part in parts if part.get_dtype() != "F32")
            check_room(copied, source=path)  # what is float32 is mapped
            return {name: file.get_tensor(name) for name in file.keys()}
    except WeightsError:
        raise
    except (SafetensorError, OSError, RuntimeError, ValueError, KeyError) as error:
        raise WeightsError(f"{path}: not a whole safetensors file ({error}); copy or download it again") from error


def _write_tensors(path: Path, tensors: Tensors, *, source: Path) -> None:
    for name, tensor in tensors.items():
        check_finite(name, tensor, source=source)
    save_tensors(path, dict(tensors))
