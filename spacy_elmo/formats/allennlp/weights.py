"""HDF5 weights with `options.json`, and the softmax in an HDF5 file of its own; or both in a checkpoint."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...bilm import BiLM, BiLMConfig, CharacterInput, ConfigError, LexiconInput, WordInput
from ...util.files import WeightsError, file_in, printable, read_json, read_words, write_json, write_words
from ...util.staging import staged
from ...util.text_files import read_word_list
from ...util.threads import without_settings
from ..pretrained import Head, Pretrained, empty_model, fill_model, model_words
from .checkpoint import INDEX, Checkpoint, last_index, open_checkpoint
from .hdf5 import SUFFIXES, Datasets, import_h5py, is_hdf5, open_datasets, write_datasets
from .layout import CHARACTERS, TABLE, cell_name, layout
from .options import OptionReader, config_from_options, options_from_config

FORMAT = "bilm-tf"
WEIGHTS, OPTIONS, SOFTMAX, VOCAB, WORDS = "weights.hdf5", "options.json", "softmax.hdf5", "vocab.txt", "words.txt"
OF_CHARACTERS = re.compile(rf"{CHARACTERS}$|CNN(_high_\d+|_proj)?/")
OF_CELLS = re.compile(r"RNN_\d+/")


def recognises(path: str | Path) -> bool:
    """Return whether a path is an HDF5 file, the index of a checkpoint, or a directory or options file that has one."""
    path = Path(path)
    if path.is_dir():
        return bool(_weights_files(path))
    is_weights = path.suffix in (*SUFFIXES, INDEX) or is_hdf5(path)
    return is_weights or (_is_options(path) and bool(_weights_files(path.parent)))


@without_settings(inference_mode=True)
def read(
    weights: str | Path,
    *,
    with_head: bool = True,
    options: str | Path | None = None,
    embedding: str | Path | None = None,
    vocab: str | Path | None = None,
    unknown: str | None = None,
) -> Pretrained:
    """Read published weights. Datasets that no part of the model uses are warned of.

    Args:
        weights: An HDF5 file or the index of a checkpoint; a directory with one such file in it; or an options file
            with its weights beside it.
        with_head: Whether to read the softmax, if `softmax.hdf5` and `vocab.txt` lie beside the weights, or `vocab.txt`
            beside a checkpoint.
        options: The options file; where None, `NAME_options.json` beside `NAME_weights.hdf5`, or `options.json`.
        embedding: An HDF5 file with a table of word vectors as its dataset `embedding`, which replaces the characters.
        vocab: The words of the table, one a line; where None, `words.txt` or `vocab.txt` beside the table.
        unknown: What a word gets that the table lacks: "row" (the vector of `<UNK>`, as where it is None), "zeros" or
            "error".

    Returns:
        The model, where it comes from, and its softmax.

    Raises:
        WeightsError: For whatever is missing, broken or does not fit together; the message names the file and the
            field.
    """
    path = find_weights(weights)
    if options is None and _is_options(Path(weights)):
        options = weights
    with open_checkpoint(path) if path.suffix == INDEX else open_datasets(path) as datasets:
        options_path = _options_path(path) if options is None else Path(options)
        given = OptionReader(read_json(options_path), options_path)
        table = None
        if embedding is not None or vocab is not None or CHARACTERS not in datasets:
            table = _read_table(datasets, given, embedding, vocab)
        if table is None and unknown is not None:
            remedy = "give the embedding, or leave it out"
            raise WeightsError(f"{path}: unknown = {unknown!r}: is for tables of words; {remedy}")
        model, cell_level = _read_model(datasets, given, table, unknown or "row")
        _check_unread(datasets, given, table)
        source = {"format": FORMAT, "options": given.options, "cell_level": cell_level}
        head = _read_head(datasets, path.parent, model.config) if with_head else None
        return Pretrained(model, {"source": source}, head)


def write(directory: str | Path, model: BiLM, meta: Mapping[str, Any], *, head: Head | None = None) -> None:
    """Write weights for AllenNLP and bilm-tf: all files, or nothing. What `read` read comes back bit for bit.

    Args:
        directory: Made if it is missing. It gets `weights.hdf5` and `options.json`, `softmax.hdf5` and `vocab.txt` for
            a head, and `words.txt` for a word table.
        model: The biLM.
        meta: Facts of the model. The options it was published with are written again, if they describe this model.
        head: The language model head to write.

    Raises:
        WeightsError: Where h5py is missing, and for a model of lexicons, for which the format has no place.
        WriteError: Where the directory cannot be written.
    """
    folder, config = Path(directory), model.config
    if isinstance(config.input, LexiconInput):
        problem = "the model reads words by lexicons (of ELMoForManyLangs), and this format has no place for these"
        raise WeightsError(f"{folder}: {problem}; keep it as a model directory, which `convert` writes")
    import_h5py(folder)
    source = meta.get("source")
    source = source if isinstance(source, Mapping) and source.get("format") == FORMAT else {}
    cell_level = config.n_layers > 1 or source.get("cell_level") is True
    parameters = {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}
    entries = layout(config, cell_level=cell_level)
    with staged(folder, (OPTIONS, WEIGHTS, SOFTMAX, VOCAB, WORDS)) as stage:
        write_datasets(stage / WEIGHTS, ((entry.dataset, entry.publish(parameters)) for entry in entries))
        write_json(stage / OPTIONS, _options(config, source.get("options")))
        if isinstance(config.input, WordInput):
            write_words(stage / WORDS, model_words(model))
        if head is not None:
            softmax = {"softmax/W": head.weight, "softmax/b": head.bias}
            write_datasets(stage / SOFTMAX, ((name, t.detach().cpu().numpy()) for name, t in softmax.items()))
            write_words(stage / VOCAB, head.words)


def _options(config: BiLMConfig, published: Any) -> dict[str, Any]:
    """Return the options that a model was published with, if they describe it; otherwise its own."""
    words = config.input if isinstance(config.input, WordInput) else None
    projection = isinstance(config.input, CharacterInput) and config.input.projection
    published = published if isinstance(published, dict) else {}
    options, lstm_projection = OptionReader(published, OPTIONS), config.lstm_projection
    with suppress(WeightsError):
        described = config_from_options(
            options, words=words, character_projection=projection, lstm_projection=lstm_projection
        )
        if described == config:
            return published
    return options_from_config(config)


class Table(NamedTuple):
    """A table of word vectors.

    Attributes:
        vectors: (words, projection size).
        words: The word of each row.
        vocab: The file of the words, for messages.
    """

    vectors: np.ndarray
    words: tuple[str, ...]
    vocab: Path


def find_weights(path: str | Path) -> Path:
    """Return the weights file that a path means, as `read` takes it.

    Raises:
        WeightsError: Where a directory has several.
    """
    path = Path(path)
    if not path.is_dir() and not _is_options(path):
        return path
    folder = path if path.is_dir() else path.parent
    files = [file_in(folder, file.name) for file in _weights_files(folder)]
    if folder != path:
        prefix = path.name.partition("options")[0]
        files = [file for file in files if file.name.startswith(prefix)] or files
    files = [file for file in files if "weights" in file.name] or files
    if len(files) != 1:
        names = ", ".join(file.name for file in files) or "none"
        raise WeightsError(f"{folder}: needs one HDF5 weights file, has {names}; give the path of the file itself")
    return files[0]


def list_files(path: str | Path) -> list[Path]:
    """Return the files that have the numbers of the weights that a path means."""
    weights = find_weights(path)
    return [weights, *(weights.parent.glob(f"{weights.stem}.data-*") if weights.suffix == INDEX else ())]


def _is_options(path: Path) -> bool:
    return path.suffix == ".json" and path.is_file()


def _weights_files(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if file.name != SOFTMAX)
    found = [file for file in files if file.suffix in SUFFIXES]
    return found or last_index(folder, [file for file in files if file.suffix == INDEX])


def _options_path(weights: Path) -> Path:
    """Return the options beside weights."""
    prefix = weights.name.partition("weights")[0]
    names = dict.fromkeys((prefix + OPTIONS, OPTIONS))
    for name in names:
        if weights.with_name(name).exists():
            return file_in(weights.parent, name)
    others = sorted(weights.parent.glob("*.json"))
    remedy = f"if {others[0]} has the options, name that" if others else "put the options file of these weights there"
    raise WeightsError(f"{weights}: no {' or '.join(names)} beside it; {remedy}")


def _read_table(
    datasets: Datasets, options: OptionReader, embedding: str | Path | None, vocab: str | Path | None
) -> Table:
    """Read the word table from a file of its own, or from the weights."""
    path = datasets.path if embedding is None else Path(embedding)
    if embedding is None and TABLE not in datasets:
        if CHARACTERS in datasets:
            remedy = "give the embedding too, or leave the vocab out"
            raise WeightsError(f"{path}: has no table of words for {vocab}; {remedy}")
        raise WeightsError(f"{path}: has neither dataset {CHARACTERS} nor {TABLE}; it needs one for its words")
    if vocab is not None:
        vocab_path = Path(vocab)
        words = tuple(read_word_list(vocab_path, error=WeightsError))
    else:
        vocab_path = file_in(path.parent, WORDS if (path.parent / WORDS).exists() else VOCAB)
        words = read_words(vocab_path)
    shape, option = (len(words), options.size("lstm", "projection_dim")), f"{vocab_path.name}, lstm.projection_dim"
    if embedding is None:
        return Table(datasets.read(TABLE, shape, option), words, vocab_path)
    with open_datasets(path) as own:
        return Table(own.read(TABLE, shape, option), words, vocab_path)


def _read_model(datasets: Datasets, options: OptionReader, table: Table | None, unknown: str) -> tuple[BiLM, bool]:
    """Return the model, and whether its cells have a level of their own in the file."""
    cell_level = options.size("lstm", "n_layers") > 1 or f"{cell_name(0, 0, True)}/W_0" in datasets
    config = config_from_options(
        options,
        words=None if table is None else _word_input(table, unknown),
        character_projection="CNN_proj/W_proj" in datasets,
        lstm_projection=f"{cell_name(0, 0, cell_level)}/W_P_0" in datasets,
    )
    parameters: dict[str, Tensor] = {}
    for entry in layout(config, cell_level=cell_level):
        if table is not None and entry.dataset == TABLE:
            values = table.vectors
        else:
            values = datasets.read(entry.dataset, entry.shape, entry.option)
        parameters |= {name: torch.from_numpy(part) for name, part in entry.split(values).items()}
    model = empty_model(config, () if table is None else table.words, source=table.vocab if table else datasets.path)
    return fill_model(model, parameters, source=datasets.path), cell_level


def _word_input(table: Table, unknown: str) -> WordInput:
    try:
        return WordInput(len(table.words), unknown)
    except ConfigError as error:
        raise WeightsError(f"{table.vocab}: {error}") from error


def _check_unread(datasets: Datasets, options: OptionReader, table: Table | None) -> None:
    """Datasets of layers that the options do not speak of are a disagreement; any others only look odd."""
    unread = [name for name in sorted(datasets.unread) if table is None or not OF_CHARACTERS.match(name)]
    layers = [name for name in unread if OF_CHARACTERS.match(name) or OF_CELLS.match(name)]
    if layers:
        problem = f"datasets {', '.join(layers)} are beyond what {options.path} describes"
        raise WeightsError(f"{datasets.path}: {problem}; check lstm.n_layers, char_cnn.filters and char_cnn.n_highway")
    if unread:
        names = printable(", ".join(unread))
        warnings.warn(f"{datasets.path}: no part of the model uses datasets {names}", stacklevel=3)


def _read_head(weights: Datasets, folder: Path, config: BiLMConfig) -> Head | None:
    is_inside = isinstance(weights, Checkpoint) and "softmax/W" in weights
    if not ((is_inside or (folder / SOFTMAX).exists()) and (folder / VOCAB).exists()):
        return None
    words, option = read_words(file_in(folder, VOCAB)), f"{VOCAB}, lstm.projection_dim"
    with nullcontext(weights) if is_inside else open_datasets(file_in(folder, SOFTMAX)) as datasets:
        weight = datasets.read("softmax/W", (len(words), config.projection_size), option)
        bias = datasets.read("softmax/b", (len(words),), option)
    return Head(words, torch.from_numpy(weight), torch.from_numpy(bias))
