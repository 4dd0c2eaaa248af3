"""The bidirectional language model of ELMo (Peters et al. 2018, section 3.1), plain and differentiable.

    words --word encoder--> x;  layer 0 = [x; x];  layer l = [forward LSTM l; backward LSTM l]

`inference.Encoder` computes the same numbers faster, where no gradient is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .config import BiLMConfig, CharacterInput, LexiconInput
from .lexicons import LexiconEncoder
from .lstm import ProjectedLSTM
from .word_encoder import CharacterEncoder, WordTable

INITIAL_STATES = ("warm", "zeros")
DIGESTED = 64  # numbers of each parameter that tell weights from others: trained weights differ everywhere


class State(NamedTuple):
    """What the LSTMs remember of each row of a batch, the forward direction first.

    Attributes:
        h: (directions, layers, rows, projection size), the outputs.
        c: (directions, layers, rows, hidden size), the cells.
    """

    h: Tensor
    c: Tensor


class BiLM(nn.Module):
    """A bidirectional language model without its softmax.

    Args:
        config: Dimensions and variants.
        words: The vocabulary, for models whose input is a table of words, or lexicons.
        characters: The lexicon of characters, for models whose input is lexicons.

    Raises:
        ConfigError: Where the vocabulary does not fit the configuration.
    """

    def __init__(self, config: BiLMConfig, *, words: Sequence[str] = (), characters: Sequence[str] = ()):
        super().__init__()
        self.config = config
        self.source = "the weights"  # where the parameters come from, for messages
        width = config.projection_size
        self.word_encoder: CharacterEncoder | WordTable | LexiconEncoder
        if isinstance(config.input, CharacterInput):
            self.word_encoder = CharacterEncoder(config.input, width)
        elif isinstance(config.input, LexiconInput):
            self.word_encoder = LexiconEncoder(config.input, width, words, characters)
        else:
            self.word_encoder = WordTable(config.input, width, words)
        self.forward_layers = nn.ModuleList(ProjectedLSTM(config) for _ in range(config.n_layers))
        self.backward_layers = nn.ModuleList(ProjectedLSTM(config) for _ in range(config.n_layers))

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(self.parameters()).device

    def word_vectors(self, words: Sequence[str]) -> Tensor:
        """Return (words, projection size), the vectors of words without context."""
        return self.word_encoder(self.word_encoder.word_ids(words))

    def digest(self) -> str:
        """Return a digest of samples of the weights in half precision: those stored so have the same."""
        digest = hashlib.sha256()
        for name, parameter in self.named_parameters():
            flat = parameter.detach().reshape(-1)
            places = [i * (len(flat) - 1) // (DIGESTED - 1) for i in range(DIGESTED)]
            sample = torch.stack([flat[place] for place in places]).half().cpu().numpy()
            digest.update(f"{name} {tuple(parameter.shape)}".encode())
            digest.update(sample.astype("<f2").tobytes())
        return digest.hexdigest()

    def zero_state(self, rows: int) -> State:
        """Return the state of that many rows before any text."""
        config, weight = self.config, next(self.parameters())
        shape = (2, config.n_layers, rows)
        return State(weight.new_zeros(*shape, config.projection_size), weight.new_zeros(*shape, config.hidden_size))

    def initial_state(self, kind: str, rows: int) -> State:
        """Return a fixed state to start every sentence from.

        Args:
            kind: "zeros"; or "warm", the state that one empty sentence leaves, which is nearer to what the published
                models met in training.
            rows: Number of sentences.

        Raises:
            ValueError: For another kind.
        """
        if kind not in INITIAL_STATES:
            raise ValueError(f"initial_state = {kind!r}: must be one of {', '.join(INITIAL_STATES)}")
        if kind == "zeros":
            return self.zero_state(rows)
        _, state = self([[]], self.zero_state(1))
        return State(state.h.expand(-1, -1, rows, -1), state.c.expand(-1, -1, rows, -1))

    def forward(self, sentences: Sequence[Sequence[str]], state: State | None = None) -> tuple[list[Tensor], State]:
        """Compute all layers of sentences.

        The sentence markers of the model, as `<S>` and `</S>`, are put around each sentence and taken out again.

        Args:
            sentences: Lists of words, which may be empty.
            state: The state before each sentence, one row a sentence; zeros if None. To have the stateful behaviour of
                AllenNLP and bilm-tf, pass on what the last call returned.

        Returns:
            (L + 1, words, 2 * projection size) of each sentence, and the state after them.

        Raises:
            ValueError: Where the state has another number of rows than there are sentences.
        """
        state = self.zero_state(len(sentences)) if state is None else state
        if state.h.shape[2] != len(sentences):
            raise ValueError(f"the state has {state.h.shape[2]} rows for {len(sentences)} sentences; they must agree")
        if not sentences:
            return [], state
        lengths = torch.tensor([len(sentence) + 2 for sentence in sentences], device=self.device)
        x = self._embed(sentences, lengths)
        forward, state_forward = self._run(self.forward_layers, x, lengths, State(state.h[0], state.c[0]))
        reversed_x = _reverse(x, lengths)
        backward, state_backward = self._run(self.backward_layers, reversed_x, lengths, State(state.h[1], state.c[1]))
        layers = [torch.cat([x, x], dim=2)]
        layers += [torch.cat([f, _reverse(b, lengths)], dim=2) for f, b in zip(forward, backward)]
        stacked = torch.stack(layers)
        outputs = [stacked[:, 1 : len(sentence) + 1, row] for row, sentence in enumerate(sentences)]
        return outputs, State(*(torch.stack(pair) for pair in zip(state_forward, state_backward)))

    def _embed(self, sentences: Sequence[Sequence[str]], lengths: Tensor) -> Tensor:
        """Return (steps, sentences, projection size), with zeros after the end. Each distinct word is encoded once."""
        begin, end = self.word_encoder.markers
        marked = [[begin, *sentence, end] for sentence in sentences]
        numbers = {word: i for i, word in enumerate(dict.fromkeys(word for sentence in marked for word in sentence))}
        vectors = self.word_vectors(list(numbers))
        flat = vectors[torch.tensor([numbers[word] for sentence in marked for word in sentence], device=self.device)]
        return nn.utils.rnn.pad_sequence(list(flat.split(lengths.tolist())))

    def _run(self, layers: nn.ModuleList, x: Tensor, lengths: Tensor, state: State) -> tuple[list[Tensor], State]:
        """Run one direction. The carried state is the output before the skip connection."""
        outputs, hs, cs = [], [], []
        for i, lstm in enumerate(layers):
            y, h, c = lstm(x, lengths, state.h[i], state.c[i])
            x = x + y if i and self.config.skip_connections else y
            outputs.append(x)
            hs.append(h)
            cs.append(c)
        return outputs, State(torch.stack(hs), torch.stack(cs))


def _reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """Reverse each row of (steps, rows, width) within its own length."""
    steps = torch.arange(len(x), device=x.device).unsqueeze(1)
    index = torch.where(steps < lengths, lengths - 1 - steps, steps)
    return x.gather(0, index.unsqueeze(2).expand_as(x))
