"""Pickles of tensors, which are unpickled as nothing else, and where each number of them goes.

Their gates are in order i, f, g, o, with the forget bias already in the bias; those of `ProjectedLSTM` are in order i,
f, o, g. The gate of their highways lets the input through, that of `Highway` what was transformed, so its sign is
turned: 1 - sigmoid(x) is sigmoid(-x). Nothing else is computed, only moved.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias

import torch
from torch import Tensor

from ...bilm import BiLMConfig, LexiconInput
from ...bilm.lexicons import CHARACTER_ENTRIES, WORD_ENTRIES
from ...util.files import WeightsError
from ...util.threads import without_settings
from ..pretrained import Pretrained, check_room, check_tensors, empty_model, fill_model
from .architecture import config_from_options, read_options, size_of_embedding
from .files import CHARACTERS, ENCODER, TOKENS, WORDS, ZIP_START, Files, open_files, read_text
from .lexicon import parse_lexicon

FORMAT = "ELMoForManyLangs"
SLACK = 2**20  # bytes of a pickle beside its numbers
DOUBLE = 2  # times as many bytes as its numbers need are read of a pickle, not more

Parts: TypeAlias = dict[str, Tensor]


@without_settings(inference_mode=True)
def read(path: str | Path, *, with_head: bool = True) -> Pretrained:
    """Read a model of ELMoForManyLangs.

    Args:
        path: A folder with its files, one of them, or a zip file.
        with_head: Ignored, as there is none: the published models have no softmax.

    Returns:
        The model, and where it comes from.

    Raises:
        WeightsError: For whatever is missing, broken or does not fit together; the message names the file, and the
            field or the line.
    """
    with open_files(Path(path)) as files:
        options = read_options(files)
        words = _read_lexicon(files, WORDS, (*WORD_ENTRIES, "<pad>"), size_of_embedding(options, "word_dim"))
        characters = _read_lexicon(files, CHARACTERS, CHARACTER_ENTRIES, size_of_embedding(options, "char_dim"))
        config = config_from_options(options, n_words=len(words), n_characters=len(characters))
        model = empty_model(config, words, characters, source=files.where(TOKENS))
        parameters: Parts = {}
        for name, entries in ((TOKENS, list(_token_entries(config))), (ENCODER, list(_encoder_entries(config)))):
            shapes = {entry.name: entry.shape for entry in entries}
            tensors = _read_pickle(files, name, sum(map(_size, shapes.values())))
            check_tensors(tensors, shapes, source=files.where(name))
            for entry in entries:
                values = torch.empty(entry.shape).copy_(tensors[entry.name])  # memory of its own, in rows
                parameters |= entry.to_native(values)
        source = {"format": FORMAT, "options": options.options}
        return Pretrained(fill_model(model, parameters, source=files.where(ENCODER)), {"source": source})


def _read_lexicon(files: Files, name: str, needed: tuple[str, ...], width: int) -> tuple[str, ...]:
    """Return a lexicon; none where it has no embedding."""
    return parse_lexicon(read_text(files, name), needed=needed, source=files.where(name)) if width else ()


def _size(shape: tuple[int, ...]) -> int:
    return torch.Size(shape).numel() * torch.float32.itemsize


def _read_pickle(files: Files, name: str, size: int) -> Mapping[str, Tensor]:
    """Return the tensors of a pickle. Of anything else in it, nothing is run.

    Args:
        files: The files of the model.
        name: The pickle.
        size: Bytes of the numbers in it.
    """
    check_room(DOUBLE * size, source=files.where(name))
    limit = DOUBLE * size + SLACK
    with files.open(name, limit) as file:
        try:
            if _unpacked_size(file) > limit:
                raise WeightsError(f"{files.where(name)}: larger when it is unpacked than the model; take another file")
            found = torch.load(file, map_location="cpu", weights_only=True)
        except WeightsError:
            raise
        except Exception as error:  # whatever bytes that are no pickle lead to
            raise WeightsError(f"{files.where(name)}: {_explain(error)}") from error
    if not isinstance(found, Mapping) or not all(map(_is_plain, found.values())) or not all(map(_is_text, found)):
        raise WeightsError(f"{files.where(name)}: holds something else than tensors by their names; take another file")
    return found


def _unpacked_size(file: BinaryIO) -> int:
    """Return how large what newer versions of PyTorch write, which is a zip file, is when it is unpacked."""
    start = file.read(len(ZIP_START))
    size = 0
    if start == ZIP_START:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
    file.seek(0)
    return size


def _explain(error: Exception) -> str:
    named = re.search(r"GLOBAL ([\w.]+)", str(error))
    if named:
        problem = f"names {named[1]}, and only tensors are unpickled; nothing of it was run"
        return f"{problem}: it is broken, or made to do harm; take another file"
    return f"not a whole file of tensors ({type(error).__name__}); copy or download it again"


def _is_plain(value: Any) -> bool:
    return isinstance(value, Tensor) and value.layout is torch.strided and value.device.type == "cpu"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


class Entry(NamedTuple):
    """A tensor of a pickle.

    Attributes:
        name: Its name.
        shape: Its shape.
        to_native: Returns the parameters that it holds, by their names in `BiLM.state_dict()`.
    """

    name: str
    shape: tuple[int, ...]
    to_native: Callable[[Tensor], Parts]


def _token_entries(config: BiLMConfig) -> Iterator[Entry]:
    words = config.input
    assert isinstance(words, LexiconInput)
    total = words.word_size
    if words.n_words:
        shape = (words.n_words, words.word_size)
        yield _as_it_is("word_emb_layer.embedding.weight", shape, "word_encoder.embedding.weight")
    if words.cnn is not None:
        native, n = "word_encoder.cnn", words.cnn.n_filters
        total += n
        shape = (words.n_characters, words.embedding_size)
        yield _as_it_is("char_emb_layer.embedding.weight", shape, f"{native}.embedding.weight")
        for i, (width, count) in enumerate(words.filters):
            name = f"convolutions.{i}"
            yield _as_it_is(f"{name}.weight", (count, words.embedding_size, width), f"{native}.{name}.weight")
            yield _as_it_is(f"{name}.bias", (count,), f"{native}.{name}.bias")
        for k in range(words.n_highway):
            yield _highway(f"highways._layers.{k}", "weight", (2 * n, n), f"{native}.highways.{k}")
            yield _highway(f"highways._layers.{k}", "bias", (2 * n,), f"{native}.highways.{k}")
    yield _as_it_is("projection.weight", (config.projection_size, total), "word_encoder.projection.weight")
    yield _as_it_is("projection.bias", (config.projection_size,), "word_encoder.projection.bias")


def _encoder_entries(config: BiLMConfig) -> Iterator[Entry]:
    n, p = config.hidden_size, config.projection_size
    for direction in ("forward", "backward"):
        for i in range(config.n_layers):
            cell, native = f"{direction}_layer_{i}", f"{direction}_layers.{i}"
            yield _gates(f"{cell}.input_linearity.weight", (4 * n, p), f"{native}.input.weight")
            yield _gates(f"{cell}.state_linearity.weight", (4 * n, p), f"{native}.hidden.weight")
            yield _gates(f"{cell}.state_linearity.bias", (4 * n,), f"{native}.input.bias")
            yield _as_it_is(f"{cell}.state_projection.weight", (p, n), f"{native}.projection.weight")


def _as_it_is(name: str, shape: tuple[int, ...], native: str) -> Entry:
    return Entry(name, shape, lambda x: {native: x})


def _highway(name: str, kind: str, shape: tuple[int, ...], native: str) -> Entry:
    def split(x: Tensor) -> Parts:
        transform, gate = x.chunk(2)
        return {f"{native}.transform.{kind}": transform.clone(), f"{native}.carry.{kind}": -gate}

    return Entry(f"{name}.{kind}", shape, split)


def _gates(name: str, shape: tuple[int, ...], native: str) -> Entry:
    def reorder(x: Tensor) -> Parts:
        i, f, g, o = x.chunk(4)
        return {native: torch.cat([i, f, o, g])}

    return Entry(name, shape, reorder)
