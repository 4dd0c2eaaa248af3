"""A biLM in plain NumPy, one word and one step at a time, from the layout of published files alone.

Weights are a dict of arrays under the names of the HDF5 datasets, options are those of `options.json`. All is computed
in double precision, so that a difference from the package is the package's own rounding.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Weights = dict[str, np.ndarray]
Options = dict[str, Any]


class CellState(NamedTuple):
    h: np.ndarray  # (projection size,)
    c: np.ndarray  # (hidden size,)


SentenceState = list[list[CellState]]  # direction, layer


def make_options(
    *,
    hidden: int = 12,
    projection: int = 6,
    layers: int = 2,
    filters: Sequence[tuple[int, int]] = ((1, 4), (2, 5), (3, 3)),
    characters: int = 4,
    highways: int = 1,
    activation: str = "relu",
    skip: bool = True,
    cell_clip: float | None = 3.0,
    projection_clip: float | None = 3.0,
    max_characters: int = 50,
    n_characters: int = 262,
) -> Options:
    """Return options as `options.json` has them."""
    return {
        "lstm": {
            "dim": hidden,
            "projection_dim": projection,
            "n_layers": layers,
            "cell_clip": cell_clip,
            "proj_clip": projection_clip,
            "use_skip_connections": skip,
        },
        "char_cnn": {
            "embedding": {"dim": characters},
            "filters": [list(pair) for pair in filters],
            "n_highway": highways,
            "n_characters": n_characters,
            "max_characters_per_token": max_characters,
            "activation": activation,
        },
    }


def random_weights(
    options: Options, *, seed: int = 0, scale: float = 1.0, character_projection: bool = True
) -> Weights:
    """Return float32 weights of the shapes that the options ask for.

    Args:
        options: As `options.json` has them.
        seed: Of the random numbers.
        scale: Factor on the LSTM's matrices; well above 1 it drives the LSTM into its clips.
        character_projection: False leaves `CNN_proj` out, for filters that sum to the projection size.
    """
    lstm, cnn = options["lstm"], options["char_cnn"]
    n, p, width = lstm["dim"], lstm["projection_dim"], cnn["embedding"]["dim"]
    total = sum(count for _, count in cnn["filters"])
    shapes: dict[str, tuple[int, ...]] = {"char_embed": (261, width)}
    for i, (size, count) in enumerate(cnn["filters"]):
        shapes |= {f"CNN/W_cnn_{i}": (1, size, width, count), f"CNN/b_cnn_{i}": (count,)}
    for k in range(cnn["n_highway"]):
        shapes |= {f"CNN_high_{k}/W_{part}": (total, total) for part in ("carry", "transform")}
        shapes |= {f"CNN_high_{k}/b_{part}": (total,) for part in ("carry", "transform")}
    if character_projection:
        shapes |= {"CNN_proj/W_proj": (total, p), "CNN_proj/b_proj": (p,)}
    for direction in range(2):
        for layer in range(lstm["n_layers"]):
            cell = cell_name(options, direction, layer)
            shapes |= {f"{cell}/W_0": (2 * p, 4 * n), f"{cell}/B": (4 * n,)}
            if n != p:
                shapes[f"{cell}/W_P_0"] = (n, p)
    rng = np.random.default_rng(seed)
    weights = {name: _unit_gain(rng, name, shape) for name, shape in shapes.items()}
    factors = {name: scale if name.endswith(("/W_0", "/W_P_0")) else 1.0 for name in shapes}
    return {name: (factors[name] * values).astype("float32") for name, values in weights.items()}


def _unit_gain(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Matrices keep the size of what they are multiplied with, biases are smaller, characters are told well apart."""
    fan_in = 1 if name == "char_embed" else 4 if len(shape) == 1 else np.prod(shape[:-1])
    return rng.normal(size=shape) / np.sqrt(fan_in)


def write_files(folder: Path, weights: Weights, options: Options) -> Path:
    """Write `options.json` and `weights.hdf5` into a folder, and return the path of the weights."""
    import h5py

    (folder / "options.json").write_text(json.dumps(options), encoding="utf8")
    with h5py.File(folder / "weights.hdf5", "w") as file:
        for name, values in weights.items():
            file[name] = values
    return folder / "weights.hdf5"


def cell_name(options: Options, direction: int, layer: int) -> str:
    """Return the group of an LSTM cell; models of one layer have a level less."""
    level = f"MultiRNNCell/Cell{layer}/" if options["lstm"]["n_layers"] > 1 else ""
    return f"RNN_{direction}/RNN/{level}LSTMCell"


def character_ids(word: str, max_characters: int) -> list[int]:
    """Return the ids of a word: bytes between word markers, then padding, all one higher."""
    if word in ("<S>", "</S>"):
        inner = [256 if word == "<S>" else 257]
    else:
        inner = [byte for char in word for byte in char.encode("utf8", "ignore")][: max_characters - 2]
    ids = [258, *inner, 259]
    return [i + 1 for i in ids + [260] * (max_characters - len(ids))]


def word_vector(weights: Weights, options: Options, word: str) -> np.ndarray:
    """Return (projection size,), the vector of a word from its characters."""
    cnn = options["char_cnn"]
    table = np.vstack([np.zeros(cnn["embedding"]["dim"]), weights["char_embed"]]).astype("float64")
    characters = table[character_ids(word, cnn["max_characters_per_token"])]
    filtered = []
    for i, (size, _) in enumerate(cnn["filters"]):
        kernel, bias = weights[f"CNN/W_cnn_{i}"][0], weights[f"CNN/b_cnn_{i}"]
        positions = range(len(characters) - size + 1)
        responses = [np.einsum("wd,wdn->n", characters[j : j + size], kernel) + bias for j in positions]
        filtered.append(np.max(responses, axis=0))
    x = np.concatenate(filtered)
    x = np.tanh(x) if cnn["activation"] == "tanh" else _relu(x)
    for k in range(cnn["n_highway"]):
        high = f"CNN_high_{k}"
        gate = _sigmoid(x @ weights[f"{high}/W_carry"] + weights[f"{high}/b_carry"])
        x = gate * _relu(x @ weights[f"{high}/W_transform"] + weights[f"{high}/b_transform"]) + (1 - gate) * x
    if "CNN_proj/W_proj" in weights:
        x = x @ weights["CNN_proj/W_proj"] + weights["CNN_proj/b_proj"]
    return x


def forward(
    weights: Weights,
    options: Options,
    sentences: Sequence[Sequence[str]],
    states: Sequence[SentenceState] | None = None,
    *,
    vocabulary: Sequence[str] = (),
) -> tuple[list[np.ndarray], list[SentenceState]]:
    """Compute all layers of sentences.

    Args:
        weights: Arrays by the names of published datasets.
        options: As `options.json` has them.
        sentences: Words.
        states: What each sentence starts from; zeros if None.
        vocabulary: The words of the rows of the `embedding` dataset, where it takes the place of the characters.

    Returns:
        (L + 1, words, 2 * projection size) of each sentence, and the state after it.
    """
    if states is None:
        states = [zero_state(options) for _ in sentences]
    outputs, next_states = [], []
    for sentence, state in zip(sentences, states):
        words = ["<S>", *sentence, "</S>"]
        if vocabulary:
            rows = dict(zip(vocabulary, weights["embedding"].astype("float64")))
            x = np.array([rows.get(word, rows["<UNK>"]) for word in words])
        else:
            x = np.array([word_vector(weights, options, word) for word in words])
        ahead, state_ahead = _direction(weights, options, 0, x, state[0])
        back, state_back = _direction(weights, options, 1, x[::-1], state[1])
        layers = [np.hstack([x, x])] + [np.hstack([a, b[::-1]]) for a, b in zip(ahead, back)]
        outputs.append(np.array(layers)[:, 1:-1])
        next_states.append([state_ahead, state_back])
    return outputs, next_states


def zero_state(options: Options) -> SentenceState:
    """Return the state before any text."""
    lstm = options["lstm"]
    zeros = CellState(np.zeros(lstm["projection_dim"]), np.zeros(lstm["dim"]))
    return [[zeros] * lstm["n_layers"] for _ in range(2)]


def _direction(
    weights: Weights, options: Options, direction: int, x: np.ndarray, state: list[CellState]
) -> tuple[list[np.ndarray], list[CellState]]:
    """Return each layer's outputs with the skip connection, and its state without."""
    outputs, next_state = [], []
    for layer in range(options["lstm"]["n_layers"]):
        y, cell_state = _lstm(weights, cell_name(options, direction, layer), options["lstm"], x, state[layer])
        x = x + y if layer > 0 and options["lstm"]["use_skip_connections"] else y
        outputs.append(x)
        next_state.append(cell_state)
    return outputs, next_state


def _lstm(
    weights: Weights, cell: str, lstm: dict[str, Any], x: np.ndarray, state: CellState
) -> tuple[np.ndarray, CellState]:
    h, c = state
    outputs = []
    for step in x:
        i, g, f, o = np.split(np.concatenate([step, h]) @ weights[f"{cell}/W_0"] + weights[f"{cell}/B"], 4)
        c = _clip(_sigmoid(f + 1) * c + _sigmoid(i) * np.tanh(g), lstm["cell_clip"])
        h = _sigmoid(o) * np.tanh(c)
        if f"{cell}/W_P_0" in weights:
            h = _clip(h @ weights[f"{cell}/W_P_0"], lstm["proj_clip"])
        outputs.append(h)
    return np.array(outputs), CellState(h, c)


def _clip(x: np.ndarray, bound: float | None) -> np.ndarray:
    return x if bound is None else np.clip(x, -bound, bound)


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
