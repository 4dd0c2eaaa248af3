"""Where each number of a biLM stands in a published file.

Published matrices are (input, output), torch's are (output, input); published gates are in order i, g, f, o, those of
`ProjectedLSTM` in order i, f, o, g. Both keep the raw forget bias, so nothing is ever computed, only moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ...bilm import BiLMConfig, CharacterInput
from ...bilm.characters import N_CHARACTERS

CHARACTERS, TABLE = "char_embed", "embedding"  # datasets of which a model has one

Arrays = Mapping[str, np.ndarray]


class Entry(NamedTuple):
    """A dataset and the parameters it holds.

    Attributes:
        dataset: Its name.
        shape: Its shape.
        option: The published options that the shape comes from.
        parameters: Names in `BiLM.state_dict()`; the dataset holds their inputs one below the other.
        to_published: Rearranges the one parameter, or all of them side by side, into the dataset.
        to_native: The way back.
    """

    dataset: str
    shape: tuple[int, ...]
    option: str
    parameters: tuple[str, ...]
    to_published: Callable[[np.ndarray], np.ndarray]
    to_native: Callable[[np.ndarray], np.ndarray]

    def publish(self, parameters: Arrays) -> np.ndarray:
        """Return the dataset."""
        native = np.concatenate([parameters[name] for name in self.parameters], axis=-1)
        return np.ascontiguousarray(self.to_published(native))

    def split(self, dataset: np.ndarray) -> dict[str, np.ndarray]:
        """Return the parameters."""
        parts = np.split(self.to_native(dataset), len(self.parameters), axis=-1)
        return {name: np.ascontiguousarray(part) for name, part in zip(self.parameters, parts)}


def layout(config: BiLMConfig, *, cell_level: bool = True) -> Iterator[Entry]:
    """Yield all datasets of a model.

    Args:
        config: The dimensions of the model.
        cell_level: False leaves out the level `MultiRNNCell/Cell0`, as bilm-tf does for models of one layer.
    """
    if isinstance(config.input, CharacterInput):
        yield from _characters(config.input, config.projection_size)
    else:
        shape = (config.input.n_words, config.projection_size)
        yield _plain(TABLE, shape, "the vocabulary, lstm.projection_dim", "word_encoder.embedding.weight")
    for direction, name in enumerate(("forward_layers", "backward_layers")):
        for i in range(config.n_layers):
            yield from _cell(config, cell_name(direction, i, cell_level), f"{name}.{i}")


def cell_name(direction: int, layer: int, cell_level: bool) -> str:
    """Return the group of an LSTM."""
    return f"RNN_{direction}/RNN/" + (f"MultiRNNCell/Cell{layer}/" if cell_level else "") + "LSTMCell"


def _characters(config: CharacterInput, p: int) -> Iterator[Entry]:
    d, total = config.embedding_size, config.n_filters
    yield _plain(CHARACTERS, (N_CHARACTERS, d), "char_cnn.embedding.dim", "word_encoder.embedding.weight")
    for i, (width, n) in enumerate(config.filters):
        option, native = f"char_cnn.filters[{i}]", f"word_encoder.convolutions.{i}"
        names = (f"CNN/W_cnn_{i}", (1, width, d, n), option, (f"{native}.weight",))
        yield Entry(*names, lambda x: x.transpose(2, 1, 0)[None], lambda x: x[0].transpose(2, 1, 0))
        yield _plain(f"CNN/b_cnn_{i}", (n,), option, f"{native}.bias")
    for k in range(config.n_highway):
        for part in ("carry", "transform"):
            native = f"word_encoder.highways.{k}.{part}"
            yield _matrix(f"CNN_high_{k}/W_{part}", (total, total), "char_cnn.n_highway, filters", f"{native}.weight")
            yield _plain(f"CNN_high_{k}/b_{part}", (total,), "char_cnn.n_highway, filters", f"{native}.bias")
    if config.projection:
        option = "char_cnn.filters, lstm.projection_dim"
        yield _matrix("CNN_proj/W_proj", (total, p), option, "word_encoder.projection.weight")
        yield _plain("CNN_proj/b_proj", (p,), option, "word_encoder.projection.bias")


def _cell(config: BiLMConfig, cell: str, native: str) -> Iterator[Entry]:
    p, n = config.projection_size, config.hidden_size
    option = "lstm.n_layers, dim, projection_dim"
    inputs = (f"{native}.input.weight", f"{native}.hidden.weight")
    yield Entry(
        f"{cell}/W_0",
        (2 * p, 4 * n),
        option,
        inputs,
        lambda x: _publish_gates(x.T),
        lambda x: _native_gates(x).T,
    )
    yield Entry(f"{cell}/B", (4 * n,), option, (f"{native}.input.bias",), _publish_gates, _native_gates)
    if config.lstm_projection:
        yield _matrix(f"{cell}/W_P_0", (n, p), option, f"{native}.projection.weight")


def _plain(dataset: str, shape: tuple[int, ...], option: str, parameter: str) -> Entry:
    return Entry(dataset, shape, option, (parameter,), lambda x: x, lambda x: x)


def _matrix(dataset: str, shape: tuple[int, ...], option: str, parameter: str) -> Entry:
    return Entry(dataset, shape, option, (parameter,), np.transpose, np.transpose)


def _native_gates(x: np.ndarray) -> np.ndarray:
    i, g, f, o = np.split(x, 4, axis=-1)
    return np.concatenate([i, f, o, g], axis=-1)


def _publish_gates(x: np.ndarray) -> np.ndarray:
    i, f, o, g = np.split(x, 4, axis=-1)
    return np.concatenate([i, g, f, o], axis=-1)
