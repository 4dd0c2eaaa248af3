"""Models of ELMoForManyLangs: files with random numbers, and a forward pass in plain NumPy, from the format alone.

All is computed in double precision, one word and one step at a time. Weights have the names of the two pickles.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

Weights = dict[str, np.ndarray]
Options = dict[str, Any]

SPECIAL_WORDS = ("<oov>", "<bos>", "<eos>", "<pad>")
SPECIAL_CHARACTERS = ("<bos>", "<eos>", "<oov>", "<pad>", "<bow>", "<eow>")
WORDS = (*SPECIAL_WORDS, "the", "bank", "river", "The", "日本", "New York", "\u3000", "𝔘𝔫𝔦", "x" * 60)
CHARACTERS = (*"<bos>eThankrivx.日本é𝔘𝔫\u3000", *SPECIAL_CHARACTERS)
ARCHITECTURE = "configs/cnn_50_100_512_4096_sample.json"


class Published(NamedTuple):
    """A model of ELMoForManyLangs in memory."""

    options: Options
    words: tuple[str, ...]
    characters: tuple[str, ...]
    tokens: Weights
    encoder: Weights


def make_published(
    *,
    seed: int = 0,
    word_dim: int = 5,
    char_dim: int = 3,
    filters: Sequence[tuple[int, int]] = ((1, 4), (3, 5), (2, 3)),
    highways: int = 2,
    hidden: int = 11,
    projection: int = 6,
    layers: int = 2,
    activation: str = "relu",
    max_characters: int = 50,
    cell_clip: float | None = 3,
    projection_clip: float | None = 3,
    scale: float = 1.0,
) -> Published:
    """Return a model with random float32 weights. A scale well above 1 drives the LSTMs into their clips."""
    options = {
        "encoder": {
            "name": "elmo",
            "projection_dim": projection,
            "cell_clip": cell_clip,
            "proj_clip": projection_clip,
            "dim": hidden,
            "n_layers": layers,
        },
        "token_embedder": {
            "name": "cnn",
            "activation": activation,
            "filters": [list(pair) for pair in filters],
            "n_highway": highways,
            "word_dim": word_dim,
            "char_dim": char_dim,
            "max_characters_per_token": max_characters,
        },
        "classifier": {"name": "sampled_softmax", "n_samples": 8192},
        "dropout": 0.1,
    }
    rng = np.random.default_rng(seed)
    words, characters = (tuple(dict.fromkeys(rng.permutation(np.array(all_, object)))) for all_ in (WORDS, CHARACTERS))
    n = sum(count for _, count in filters) if char_dim else 0
    shapes: dict[str, tuple[int, ...]] = {}
    if word_dim:
        shapes["word_emb_layer.embedding.weight"] = (len(words), word_dim)
    if char_dim:
        shapes["char_emb_layer.embedding.weight"] = (len(characters), char_dim)
        for i, (width, count) in enumerate(filters):
            shapes |= {f"convolutions.{i}.weight": (count, char_dim, width), f"convolutions.{i}.bias": (count,)}
        for k in range(highways):
            shapes |= {f"highways._layers.{k}.weight": (2 * n, n), f"highways._layers.{k}.bias": (2 * n,)}
    shapes |= {"projection.weight": (projection, word_dim + n), "projection.bias": (projection,)}
    cells: dict[str, tuple[int, ...]] = {}
    for direction in ("forward", "backward"):
        for layer in range(layers):
            cell = f"{direction}_layer_{layer}"
            cells |= {f"{cell}.{kind}_linearity.weight": (4 * hidden, projection) for kind in ("input", "state")}
            cells |= {f"{cell}.state_linearity.bias": (4 * hidden,)}
            cells |= {f"{cell}.state_projection.weight": (projection, hidden)}
    tokens = {name: _random(rng, shape) for name, shape in shapes.items()}
    encoder = {name: (scale * _random(rng, shape)).astype("float32") for name, shape in cells.items()}
    return Published(options, words, characters, tokens, encoder)


def _random(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    fan_in = 1 if len(shape) == 1 else np.prod(shape[1:])
    return (rng.normal(size=shape) / np.sqrt(fan_in)).astype("float32")


def write_published(folder: Path, model: Published, *, legacy: bool = True) -> Path:
    """Write a model as it is in the archives of NLPL, with pickles as PyTorch 0.4 wrote them, or as it does today."""
    (folder / "configs").mkdir(parents=True)
    (folder / ARCHITECTURE).write_text(json.dumps(model.options), encoding="utf8")
    config = {"config_path": f"/users4/somebody/{ARCHITECTURE}", "max_vocab_size": 150000, "word_embedding": None}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf8")
    for name, entries in (("word.dic", model.words), ("char.dic", model.characters)):
        lines = [f"{entry}\t{row}\n" for row, entry in enumerate(entries)]
        (folder / name).write_bytes("".join(reversed(lines)).encode("utf8"))
    for name, weights in (("token_embedder.pkl", model.tokens), ("encoder.pkl", model.encoder)):
        tensors = {key: torch.from_numpy(values) for key, values in weights.items()}
        torch.save(tensors, folder / name, _use_new_zipfile_serialization=not legacy)
    return folder


def write_zip(path: Path, folder: Path, *, inside: str = "") -> Path:
    """Write a folder as a zip file, and return its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            archive.write(file, inside + file.relative_to(folder).as_posix())
    return path


def forward(model: Published, sentences: Sequence[Sequence[str]]) -> list[np.ndarray]:
    """Return (L + 1, words, 2 * projection) of each sentence, from a state of zeros."""
    outputs = []
    for sentence in sentences:
        x = np.array([word_vector(model, word) for word in ("<bos>", *sentence, "<eos>")])
        ahead, back = _direction(model, "forward", x), _direction(model, "backward", x[::-1])
        layers = [np.hstack([x, x])] + [np.hstack([a, b[::-1]]) for a, b in zip(ahead, back)]
        outputs.append(np.array(layers)[:, 1:-1])
    return outputs


def word_vector(model: Published, word: str) -> np.ndarray:
    """Return (projection,), the vector of a word without context."""
    options, tokens = model.options["token_embedder"], _double(model.tokens)
    word = word[: options["max_characters_per_token"] - 2]
    parts = []
    if options["word_dim"]:
        row = model.words.index(word if word in model.words else "<oov>")
        parts.append(tokens["word_emb_layer.embedding.weight"][row])
    if options["char_dim"]:
        parts.append(_filtered(model, tokens, word))
    return tokens["projection.weight"] @ np.concatenate(parts) + tokens["projection.bias"]


def _filtered(model: Published, tokens: Weights, word: str) -> np.ndarray:
    options, rows = model.options["token_embedder"], {entry: i for i, entry in enumerate(model.characters)}
    inner = [word] if word in ("<bos>", "<eos>") else [c if c in rows else "<oov>" for c in word]
    entries = ["<eow>", *inner, "<bow>"]  # so it is, and not the other way round
    entries += ["<pad>"] * (options["max_characters_per_token"] - len(entries))
    x = tokens["char_emb_layer.embedding.weight"][[rows[entry] for entry in entries]]
    found = []
    for i, (width, _) in enumerate(options["filters"]):
        kernel, bias = tokens[f"convolutions.{i}.weight"], tokens[f"convolutions.{i}.bias"]
        responses = [np.einsum("wd,ndw->n", x[j : j + width], kernel) + bias for j in range(len(x) - width + 1)]
        highest = np.max(responses, axis=0)
        found.append(np.tanh(highest) if options["activation"] == "tanh" else np.maximum(highest, 0))
    y = np.concatenate(found)
    for k in range(options["n_highway"]):
        z = tokens[f"highways._layers.{k}.weight"] @ y + tokens[f"highways._layers.{k}.bias"]
        transformed, gate = np.maximum(z[: len(y)], 0), _sigmoid(z[len(y) :])
        y = gate * y + (1 - gate) * transformed
    return y


def _direction(model: Published, direction: str, x: np.ndarray) -> list[np.ndarray]:
    options, encoder = model.options["encoder"], _double(model.encoder)
    outputs = []
    for layer in range(options["n_layers"]):
        prefix = f"{direction}_layer_{layer}."
        cell = {name.removeprefix(prefix): values for name, values in encoder.items() if name.startswith(prefix)}
        h, c, y = np.zeros(options["projection_dim"]), np.zeros(options["dim"]), []
        for step in x:
            gates = cell["input_linearity.weight"] @ step + cell["state_linearity.weight"] @ h
            i, f, g, o = np.split(gates + cell["state_linearity.bias"], 4)
            c = _clip(_sigmoid(i) * np.tanh(g) + _sigmoid(f) * c, options["cell_clip"])
            h = _clip(cell["state_projection.weight"] @ (_sigmoid(o) * np.tanh(c)), options["proj_clip"])
            y.append(h)
        x = np.array(y) + x if layer else np.array(y)
        outputs.append(x)
    return outputs


def _double(weights: Weights) -> Weights:
    return {name: values.astype("float64") for name, values in weights.items()}


def _clip(x: np.ndarray, bound: float | None) -> np.ndarray:
    return np.clip(x, -bound, bound) if bound else x


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
