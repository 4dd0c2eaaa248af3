"""Tiny random models, and disks that refuse, for all tests."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from spacy_elmo.bilm import BiLM, BiLMConfig, CharacterInput, LexiconInput, WordInput
from spacy_elmo.formats import Head, model_directory

CHARACTERS = CharacterInput(embedding_size=4, filters=((1, 4), (2, 5), (3, 3)), n_highway=1)
CONFIG = BiLMConfig(CHARACTERS, hidden_size=12, projection_size=6)
TINY = BiLMConfig(CharacterInput(4, ((1, 4), (2, 4), (3, 4)), n_highway=1), hidden_size=8, projection_size=4)
WORDS = ("<S>", "</S>", "<UNK>", "the", "bank", "river")
ENTRIES = ("<oov>", "<bos>", "<eos>", "<pad>", "the", "bank", "river")
LETTERS = ("<bos>", "<eos>", "<oov>", "<pad>", "<bow>", "<eow>", *"abcdefghnkrtv\u00e9\U0001d518")
LEXICONS = LexiconInput(len(ENTRIES), 5, len(LETTERS), 4, ((1, 4), (2, 5), (3, 3)), n_highway=1)
SENTENCE = ["The", "bank", "raised", "its", "rates", "."]


def random_model(config: BiLMConfig = CONFIG, *, seed: int = 0, **entries: tuple[str, ...]) -> BiLM:
    """Return a frozen model with the start values of training, and the words and characters that it lists."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return BiLM(config, **entries).eval().requires_grad_(False)


def random_table_model(unknown: str = "row", **changes: Any) -> BiLM:
    """Return a frozen model over WORDS."""
    return random_model(replace(CONFIG, input=WordInput(len(WORDS), unknown), **changes), words=WORDS)


def random_lexicon_model(seed: int = 0, **changes: Any) -> BiLM:
    """Return a frozen model over ENTRIES and LETTERS."""
    config = replace(CONFIG, input=LEXICONS, forget_bias=0.0, **changes)
    return random_model(config, words=ENTRIES, characters=LETTERS, seed=seed)


def random_head(model: BiLM, *, words: tuple[str, ...] = WORDS, seed: int = 0) -> Head:
    """Return a softmax over words."""
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(len(words), model.config.projection_size, generator=generator)
    return Head(words, weight, torch.randn(len(words), generator=generator))


def write_random_model(folder: Path, config: BiLMConfig = CONFIG, *, seed: int = 0, **meta: Any) -> Path:
    """Write a model directory and return its path."""
    model_directory.write(folder, random_model(config, seed=seed), {"name": "tiny", "lang": "en", **meta})
    return folder


def assert_same_model(left: BiLM, right: BiLM) -> None:
    """Both have the same configuration and vocabulary, and the same parameters bit for bit."""
    assert left.config == right.config
    for entries in ("words", "characters"):
        assert getattr(left.word_encoder, entries, ()) == getattr(right.word_encoder, entries, ())
    ours, theirs = left.state_dict(), right.state_dict()
    assert list(ours) == list(theirs)
    for name in ours:
        assert torch.equal(ours[name], theirs[name]), name


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder, temporary ones included."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@contextmanager
def small_disk(folder: Path, *, size: str = "16k") -> Iterator[Path]:
    """Mount an empty disk of a size at a folder; skip the test where this is not allowed."""
    folder.mkdir(exist_ok=True)
    with _mounted(["-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], folder):
        yield folder


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """Let nobody write into a folder, root included; skip the test where this is not allowed."""
    with _mounted(["--bind", "-o", "ro", str(folder), str(folder)], folder):
        yield folder


@contextmanager
def _mounted(arguments: list[str], folder: Path) -> Iterator[None]:
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"mounting is not possible here: {getattr(error, 'stderr', error)}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
