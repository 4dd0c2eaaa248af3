"""The dimensions of a model: a JSON file that its `config.json` names, mostly by a path of its author's machine."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from ...bilm import BiLMConfig, ConfigError, LexiconInput
from ...util.checks import check_size
from ...util.files import WeightsError
from ..allennlp.options import OptionReader
from .files import CONFIG, Files, read_json

SAMPLE = {  # what comes with ELMoForManyLangs; models that were trained by it do not bring it along
    "encoder": {"name": "elmo", "projection_dim": 512, "cell_clip": 3, "proj_clip": 3, "dim": 4096, "n_layers": 2},
    "token_embedder": {
        "name": "cnn",
        "activation": "relu",
        "filters": [[1, 32], [2, 32], [3, 64], [4, 128], [5, 256], [6, 512], [7, 1024]],
        "n_highway": 2,
        "word_dim": 100,
        "char_dim": 50,
        "max_characters_per_token": 50,
    },
}
SAMPLES = ("cnn_50_100_512_4096_sample.json", "cnn_0_100_512_4096_sample.json")  # which are the same


def read_options(files: Files) -> OptionReader:
    """Return the options of a model, from its own folder or, where they are those of the sample, from here.

    Raises:
        WeightsError: Where there are none.
    """
    path = read_json(files, CONFIG).get("config_path")
    if not isinstance(path, str):
        remedy = "it must name the JSON file of the dimensions"
        raise WeightsError(f"{files.where(CONFIG)}: config_path = {path!r:.60}: {remedy}")
    parts = re.split(r"[\\/]", path)
    is_inside = bool(parts[0]) and ":" not in parts[0] and ".." not in parts
    names = [str(PurePosixPath(*parts))] if is_inside else []
    for name in (*names, parts[-1], f"configs/{parts[-1]}"):
        if parts[-1] not in ("", "..") and files.has(name):
            return OptionReader(read_json(files, name), files.where(name))
    if parts[-1] in SAMPLES:
        return OptionReader(SAMPLE, f"{parts[-1]} of ELMoForManyLangs")
    problem = f"config_path = {path!r:.200}: there is no {parts[-1]!r:.100} in the model"
    raise WeightsError(f"{files.where(CONFIG)}: {problem}; put that file beside {CONFIG}")


def size_of_embedding(options: OptionReader, key: str) -> int:
    """Return the width of the embeddings of words ("word_dim") or of characters ("char_dim"), 0 for none.

    Raises:
        WeightsError: Where it is no such number.
    """
    value = options.need("token_embedder", key)
    check_size(f"{options.path}: token_embedder.{key}", value, smallest=0, error=WeightsError)
    return int(value)


def config_from_options(options: OptionReader, *, n_words: int, n_characters: int) -> BiLMConfig:
    """Return the configuration of a model.

    Args:
        options: Its options.
        n_words: Entries of its lexicon of words; 0 where these have no embedding.
        n_characters: Entries of its lexicon of characters, likewise.

    Raises:
        WeightsError: For options that are missing, make no sense, or are of a variant that is not read.
    """
    for part, known in (("token_embedder", "cnn"), ("encoder", "elmo")):
        name = options.need(part, "name")
        if str(name).lower() != known:
            remedy = f"only {known!r} is read, which all published models have"
            raise WeightsError(f"{options.path}: {part}.name = {name!r:.60}: {remedy}")
    cnn: dict[str, Any] = {"filters": (), "n_highway": 0, "activation": "relu"}
    if n_characters:
        cnn = {key: options.need("token_embedder", key) for key in cnn}
    try:
        words = LexiconInput(
            n_words=n_words,
            word_size=size_of_embedding(options, "word_dim"),
            n_characters=n_characters,
            embedding_size=size_of_embedding(options, "char_dim"),
            max_characters=options.need("token_embedder", "max_characters_per_token"),
            **cnn,
        )
        return BiLMConfig(
            input=words,
            hidden_size=options.size("encoder", "dim"),
            projection_size=options.size("encoder", "projection_dim"),
            n_layers=options.size("encoder", "n_layers"),
            cell_clip=_clip(options, "cell_clip"),
            projection_clip=_clip(options, "proj_clip"),
            forget_bias=0.0,
        )
    except ConfigError as error:
        raise WeightsError(f"{options.path}: {error}") from error


def _clip(options: OptionReader, key: str) -> Any:
    """Return a bound; 0 and null mean none."""
    value = options.get("encoder", key) if key in options.get("encoder") else options.need("encoder", key)
    return None if value == 0 else value
