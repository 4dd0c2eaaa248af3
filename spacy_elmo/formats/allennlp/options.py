"""Published `options.json`: what it says of a model, and the same said of any model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...bilm import BiLMConfig, CharacterInput, ConfigError, WordInput
from ...bilm.config import ACTIVATIONS
from ...util.checks import check_size
from ...util.files import WeightsError

Options = dict[str, Any]


class OptionReader:
    """Read options by path.

    Args:
        options: What the file holds.
        path: The file, for messages.
    """

    def __init__(self, options: Mapping[str, Any], path: object):
        self.options = options
        self.path = path

    def get(self, *keys: str, default: Any = None) -> Any:
        """Return an option, or a default where it is missing."""
        value: Any = self.options
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return default if value is None else value

    def need(self, *keys: str) -> Any:
        """Return an option.

        Raises:
            WeightsError: Where it is missing.
        """
        value = self.get(*keys)
        if value is None:
            raise WeightsError(f"{self.path}: {'.'.join(keys)} is missing; use the options file of these weights")
        return value

    def size(self, *keys: str) -> int:
        """Return an option that is a whole number above 0.

        Raises:
            WeightsError: Where it is not.
        """
        value = self.need(*keys)
        check_size(f"{self.path}: {'.'.join(keys)}", value, error=WeightsError)
        return int(value)


def config_from_options(
    options: OptionReader, *, words: WordInput | None, character_projection: bool, lstm_projection: bool
) -> BiLMConfig:
    """Return the configuration of published weights.

    Args:
        options: The published options.
        words: The table that takes the place of the characters, if any.
        character_projection: Whether the weights have this matrix. Some models leave it out where dimensions agree.
        lstm_projection: The same of the LSTM's.

    Raises:
        WeightsError: For options that are missing or make no sense.
    """
    hidden, width = options.size("lstm", "dim"), options.size("lstm", "projection_dim")
    try:
        return BiLMConfig(
            input=words or _character_input(options, width, character_projection),
            hidden_size=hidden,
            projection_size=width,
            n_layers=options.size("lstm", "n_layers"),
            cell_clip=options.get("lstm", "cell_clip"),
            projection_clip=options.get("lstm", "proj_clip"),
            skip_connections=options.get("lstm", "use_skip_connections", default=False),
            lstm_projection=hidden != width or lstm_projection,
        )
    except ConfigError as error:
        raise WeightsError(f"{options.path}: {error}") from error


def _character_input(options: OptionReader, width: int, projection: bool) -> CharacterInput:
    activation = options.need("char_cnn", "activation")
    if activation not in ACTIVATIONS:
        remedy = f"must be one of {', '.join(ACTIVATIONS)}"
        raise WeightsError(f"{options.path}: char_cnn.activation = {activation!r}: {remedy}")
    config = CharacterInput(
        embedding_size=options.size("char_cnn", "embedding", "dim"),
        filters=options.need("char_cnn", "filters"),
        n_highway=options.get("char_cnn", "n_highway", default=0),
        activation=activation,
        max_characters=options.get("char_cnn", "max_characters_per_token", default=50),
    )
    return replace(config, projection=projection or config.n_filters != width)


def options_from_config(config: BiLMConfig) -> Options:
    """Return options, as for inference with AllenNLP or bilm-tf, that describe a model."""
    lstm = {
        "dim": config.hidden_size,
        "projection_dim": config.projection_size,
        "n_layers": config.n_layers,
        "cell_clip": config.cell_clip,
        "proj_clip": config.projection_clip,
        "use_skip_connections": config.skip_connections,
    }
    if isinstance(config.input, WordInput):
        return {"lstm": lstm}
    cnn = {
        "embedding": {"dim": config.input.embedding_size},
        "filters": [list(pair) for pair in config.input.filters],
        "n_highway": config.input.n_highway,
        "n_characters": 262,
        "max_characters_per_token": config.input.max_characters,
        "activation": config.input.activation,
    }
    return {"lstm": lstm, "char_cnn": cnn}
