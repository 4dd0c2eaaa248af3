"""What is measured: ways from sentences to vectors, each a function that the same text is given to."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from spacy_elmo.bilm import BiLM
from spacy_elmo.bilm.inference.encoder import Encoder
from spacy_elmo.bilm.inference.native import SWITCH
from spacy_elmo.formats import allennlp

from .text import Sentences

WARM, COLD, SINGLE, PIPE = "encoder, warm", "encoder, cold", "encoder, one sentence at a time", "nlp.pipe, warm"
TORCH, TORCH_SINGLE = "encoder, warm, with torch", "encoder, one sentence at a time, with torch"
PLAIN, LSTM, YARDSTICK = (
    "plain model",
    "nn.LSTM(proj_size), no clips",
    "yardstick",
)
BATCHED = (PLAIN, LSTM, YARDSTICK)  # these take their best batch size; sentences come sorted by length


class System(NamedTuple):
    """A way from sentences to vectors.

    Attributes:
        run: Computes all vectors of sentences.
        prepare: What is done before each run and not measured.
    """

    run: Callable[..., Any]
    prepare: Callable[[], None] = lambda: None


def build(name: str, directory: Path, yardstick: str | None = None) -> System:
    """Build one system.

    Args:
        name: One of the names above.
        directory: Weights in the published format.
        yardstick: `module:function` or `path.py:function`. The function takes the paths of options and weights and
            returns one that takes sentences and `batch_size`.
    """
    if name == YARDSTICK:
        assert yardstick is not None
        return System(load_function(yardstick)(str(directory / "options.json"), str(directory / "weights.hdf5")))
    model = allennlp.read(directory).model.requires_grad_(False)
    if name == PLAIN:
        return System(lambda sentences, batch_size: _run_plain(model, sentences, batch_size))
    if name == LSTM:
        return System(_lstm(model))
    if name == PIPE:
        return System(_pipe(directory))
    encoder = Encoder(model)
    if name in (TORCH, TORCH_SINGLE):
        _start_with_torch(encoder)
    if name in (SINGLE, TORCH_SINGLE):
        return System(lambda sentences: [encoder.encode([sentence]) for sentence in sentences])
    return System(encoder.encode, encoder.clear if name == COLD else System._field_defaults["prepare"])


def load_function(spec: str) -> Callable[..., Any]:
    """Return the function that `module:function` or `path.py:function` names.

    Raises:
        SystemExit: For a path that is no Python file.
    """
    source, _, function = spec.rpartition(":")
    if not source.endswith(".py"):
        return getattr(importlib.import_module(source), function)
    found = importlib.util.spec_from_file_location(Path(source).stem, source)
    if found is None or found.loader is None:
        raise SystemExit(f"--yardstick: {source} is not a Python file")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return getattr(module, function)


def batches(sentences: Sentences, size: int) -> Iterator[Sentences]:
    """Yield sentences in batches of a number of them."""
    return (sentences[i : i + size] for i in range(0, len(sentences), size))


def _start_with_torch(encoder: Encoder) -> None:
    """Let an encoder choose torch, as it does for good when it first encodes."""
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = "0"
    encoder.encode([["one"]])
    if before is None:
        del os.environ[SWITCH]
    else:
        os.environ[SWITCH] = before


@torch.inference_mode()
def _run_plain(model: BiLM, sentences: Sentences, batch_size: int) -> None:
    for batch in batches(sentences, batch_size):
        model(batch, model.initial_state("zeros", len(batch)))


def _lstm(model: BiLM) -> Callable[..., None]:
    """Two stacks of PyTorch's own LSTM over the word vectors: no character CNN, no clipping, no skip connections."""
    config = model.config
    size = config.projection_size if config.lstm_projection else 0
    directions = [
        nn.LSTM(config.projection_size, config.hidden_size, config.n_layers, proj_size=size) for _ in range(2)
    ]

    @torch.inference_mode()
    def run(sentences: Sentences, batch_size: int) -> None:
        for batch in batches(sentences, batch_size):
            x = nn.utils.rnn.pack_sequence(
                [torch.zeros(len(sentence), config.projection_size) for sentence in batch if sentence],
                enforce_sorted=False,
            )
            for direction in directions:
                direction(x)

    return run


def _pipe(directory: Path) -> Callable[[Sentences], None]:
    """The component alone, on Docs of ten sentences that are made and annotated beforehand."""
    import spacy
    from spacy.tokens import Doc

    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(directory / "weights.hdf5")})
    made: dict[int, list[Doc]] = {}

    def run(sentences: Sentences) -> None:
        if id(sentences) not in made:
            made[id(sentences)] = [_doc(nlp.vocab, part) for part in batches(sentences, 10)]
        for doc in nlp.pipe(made[id(sentences)]):
            doc.user_data.clear()

    def _doc(vocab: Any, part: Sentences) -> Doc:
        words = [word for sentence in part for word in sentence]
        return Doc(vocab, words=words, sent_starts=[i == 0 for sentence in part for i in range(len(sentence))])

    return run
