"""The joint objective of both directions (Peters et al. 2018, section 3.1): all is shared but the LSTMs."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...bilm.model import BiLM, State
from ...util.threads import CPU
from ..corpus.windows import Window
from .char_cnn import encode_words
from .graphs import WindowGraphs
from .lstm import run_window
from .products import Precision
from .softmax import Softmax

LOWEST = torch.iinfo(torch.int64).min


class Losses(NamedTuple):
    """What a window costs.

    Attributes:
        sums: (2,), nats of the forward and of the backward direction.
        n_tokens: Number of tokens predicted in each.
    """

    sums: Tensor
    n_tokens: int

    def mean(self) -> Tensor:
        """Return nats a token, the mean of both directions: what training minimises."""
        return self.sums.sum() / (2 * self.n_tokens)


class Objective(nn.Module):
    """A biLM and a softmax, and what it costs them to predict a text.

    Args:
        model: Is trained in place, on the device where it is.
        softmax: Over the vocabulary of the targets, on the same device.
        dropout: Share of numbers dropped from the input of each LSTM layer and from the last output, as in bilm-tf.
            None where the biLM is frozen.
        seed: Of dropout and negatives, see `manual_seed`.
        precision: Of what the products of LSTMs and softmax multiply in training. Everything else is float32:
            parameters, gradients, sums, evaluation, and an adaptive softmax.
        frozen: Whether the biLM stays as it is, and the softmax alone is trained.
        graphs: Whether a GPU computes by `WindowGraphs`.

    Raises:
        ValueError: Dropout is not a share, or the softmax has another width than the model.
    """

    def __init__(
        self,
        model: BiLM,
        softmax: Softmax,
        *,
        dropout: float = 0.1,
        seed: int = 0,
        precision: Precision = "float32",
        frozen: bool = False,
        graphs: bool = True,
    ):
        super().__init__()
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout = {dropout}: must be at least 0 and below 1")
        if softmax.width != model.config.projection_size:
            widths = (
                f"the softmax takes vectors of width {softmax.width}, the model's are {model.config.projection_size}"
            )
            raise ValueError(f"{widths}; they must agree")
        self.model = model.requires_grad_(not frozen)
        self.softmax = softmax
        self.dropout = 0.0 if frozen else dropout
        self.frozen = frozen
        self.dtype = getattr(torch, precision)
        self.generator = torch.Generator()  # of negatives: the same on every device
        self.dropout_generator = self.generator if model.device == CPU else torch.Generator(model.device)
        self.manual_seed(seed)
        self._graphs = WindowGraphs(model, self.dtype) if graphs and not frozen else None

    def manual_seed(self, seed: int) -> None:
        """Set what the next draws are."""
        self.generator.manual_seed(seed)
        self.dropout_generator.manual_seed(seed)

    def prepare(self, window: Window) -> Window:
        """Return a window on the model's device, with all that the CPU does for it done while a GPU still computes."""
        window = window.to(self.model.device)
        if window.inputs.is_cuda and self._graphs is not None:
            self._graphs.prepare(window)
        return window

    def forward(self, window: Window, state: State) -> tuple[Losses, State]:
        """Compute what training minimises.

        Args:
            window: Some steps of every lane.
            state: Before the window, e.g. `model.zero_state(lanes)`.

        Returns:
            Losses with gradients, estimates where the softmax samples; and the state after the window.
        """
        window = window.to(self.model.device)
        masks = self._masks(window.inputs) if self.dropout else None
        if window.inputs.is_cuda and self._graphs is not None:
            y, state = self._graphs(window, state, masks)
        else:
            with torch.no_grad() if self.frozen else nullcontext():
                y, state = run_window(self.model, self._word_vectors(window), state, masks, dtype=self.dtype)
        sums = self.softmax.loss(y.flatten(1, 2), window.targets.flatten(1), self.generator, dtype=self.dtype)
        return Losses(sums, window.targets[0].numel()), state

    @torch.no_grad()
    def evaluate(self, window: Window, state: State) -> tuple[Losses, State]:
        """Compute the exact losses over the whole vocabulary, without gradients and dropout, else as `forward`."""
        window = window.to(self.model.device)
        y, state = run_window(self.model, self._word_vectors(window), state)
        likelihoods = self.softmax.log_likelihoods(y.flatten(0, 2), window.targets.flatten())
        sums = -likelihoods.view(2, -1).sum(dim=1, dtype=torch.float64)
        return Losses(sums.float(), window.targets[0].numel()), state

    def _word_vectors(self, window: Window) -> Tensor:
        """Return (2, steps, lanes, projection size)."""
        return F.embedding(window.inputs, encode_words(self.model.word_encoder, window.words))

    def _masks(self, inputs: Tensor) -> list[Tensor]:
        """Return tensors of the shape of the word vectors, for each layer's input and the output.

        They have zeros, and 1 / (1 - dropout) to 16 bits.
        """
        shape = *inputs.shape, self.model.config.projection_size
        size = math.prod(shape)
        kept = max(1, round((1 - self.dropout) * 2**16))  # of the numbers of 16 bits
        # Four of them to a draw of 64 bits, since it is the draws that take time
        draws = torch.empty(self.model.config.n_layers + 1, -(-size // 4), dtype=torch.int64, device=inputs.device)
        numbers = draws.random_(LOWEST, None, generator=self.dropout_generator).view(torch.int16)[:, :size]
        masks = (numbers <= kept - 2**15 - 1).to(torch.float32)
        return list(masks.mul_(2**16 / kept).view(-1, *shape))
