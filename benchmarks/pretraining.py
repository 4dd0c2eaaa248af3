"""Measure the speed of training steps beside a plain loop, in one run.

python -m benchmarks.pretraining [--text FILE ...]

The plain loop is the biLM as it is written down: every word of a window through the character CNN, `ProjectedLSTM` step
by step under autograd, a sampled softmax of torch's own functions, and a dense optimizer. A second one encodes distinct
words once. What moving averages of the weights add to a step is printed after them.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F

from spacy_elmo.bilm import BiLM, State
from spacy_elmo.bilm.characters import BOS, EOS, UNK
from spacy_elmo.pretraining.corpus.windows import Window
from spacy_elmo.pretraining.network.objective import Objective
from spacy_elmo.pretraining.network.softmax import SampledSoftmax, draw_negatives
from spacy_elmo.pretraining.optimizers import Averages, Optimizer, constant
from spacy_elmo.pretraining.optimizers.averages import AVERAGED_EVERY

from .sizes import PUBLISHED_SMALL, random_model, size_names
from .text import read_sentences

LANES, STEPS, N_WORDS, N_SAMPLES, DROPOUT, CLIP = 64, 20, 28_000, 8192, 0.1, 1.0
Step = Callable[[Window], None]


def main() -> None:
    """Print the speed of each system at all sizes that the command line asks for."""
    args = _parse()
    torch.set_num_threads(args.threads)
    words = _words(args.text)
    print(f"torch {torch.__version__}, {args.threads} threads of {os.cpu_count()}; {LANES} lanes of {STEPS} steps")
    for size in args.sizes:
        vocabulary = [BOS, EOS, UNK, *(word for word, _ in Counter(words).most_common(N_WORDS - 3))]
        windows = _windows(words, vocabulary)
        counts = [1 + N_WORDS // (rank + 1) for rank in range(len(vocabulary))]
        systems = {
            "plain loop": _plain_step(size, counts, distinct=False),
            "the same, distinct words once": _plain_step(size, counts, distinct=True),
            "spacy-elmo": _fast_step(size, counts),
        }
        seconds: dict[str, list[float]] = {name: [] for name in systems}
        for i, window in enumerate(itertools.islice(windows, args.rounds + 1)):
            for name, step in systems.items():
                start = time.perf_counter()
                step(window)
                seconds[name] += [time.perf_counter() - start] if i else []  # the first one warms up
        for name, found in seconds.items():
            ratio = median(other / fast for other, fast in zip(found, seconds["spacy-elmo"]))
            print(f"{size:15} {name:30} {LANES * STEPS / median(found):7,.0f} tokens/s; spacy-elmo: {ratio:.2f} times")
        share = _average_seconds(size, counts, args.rounds) / median(seconds["spacy-elmo"])
        print(f"averages of weights, {size}: {share:.2%} of a step of spacy-elmo")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pretraining", description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, action="append", default=[], help="a text file; synthetic words if none")
    parser.add_argument("--sizes", nargs="+", choices=size_names(), default=["small", PUBLISHED_SMALL])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    return parser.parse_args()


def _words(paths: Sequence[Path]) -> list[str]:
    """Return the words of a text, or words of natural frequencies and lengths: rare ones are longer."""
    if paths:
        return [word for sentence in read_sentences(paths) for word in (BOS, *sentence, EOS)]
    generator = torch.Generator().manual_seed(0)
    ranks = torch.exp(torch.rand(400_000, generator=generator) * torch.log(torch.tensor(2.0 * N_WORDS))).long()
    return [_spelling(rank) for rank in ranks.tolist()]


def _spelling(rank: int) -> str:
    """Return two letters for each digit of a rank in base 8: 2 to 12 letters, 5 in the mean of a text."""
    return "".join("abcdefgh"[int(digit)] + "aeiouxyz"[int(digit)] for digit in oct(rank)[2:])


def _windows(words: list[str], vocabulary: list[str]) -> Iterator[Window]:
    """Yield windows of the same words in both directions."""
    ids = {word: i for i, word in enumerate(vocabulary)}
    length = len(words) // LANES
    lanes = [words[lane * length : (lane + 1) * length] for lane in range(LANES)]
    for start in itertools.cycle(range(0, length - STEPS - 1, STEPS)):
        forward = [lane[start : start + STEPS + 1] for lane in lanes]
        backward = [row[::-1] for row in forward]
        distinct = {word: None for row in (*forward, *backward) for word in row[:-1]}
        numbers = {word: i for i, word in enumerate(distinct)}
        inputs = [[[numbers[word] for word in row[:-1]] for row in rows] for rows in (forward, backward)]
        targets = [[[ids.get(word, 2) for word in row[1:]] for row in rows] for rows in (forward, backward)]
        transposed = (torch.tensor(t).transpose(1, 2).contiguous() for t in (inputs, targets))
        yield Window(list(numbers), *transposed)


def _fast_step(size: str, counts: Sequence[int]) -> Step:
    model = random_model(size)
    softmax = SampledSoftmax(counts, model.config.projection_size, n_samples=N_SAMPLES)
    objective = Objective(model, softmax, dropout=DROPOUT)
    optimizer = Optimizer(objective, make=torch.optim.Adam, learn_rate=constant(1e-3), clip_norm=CLIP)
    state = model.zero_state(LANES)

    def step(window: Window) -> None:
        nonlocal state
        losses, state = objective(window, state)
        losses.mean().backward()
        optimizer.step()

    return step


def _average_seconds(size: str, counts: Sequence[int], rounds: int) -> float:
    """Return what averages take of a step, in the mean: they move at some steps only."""
    model = random_model(size)
    objective = Objective(model, SampledSoftmax(counts, model.config.projection_size, n_samples=N_SAMPLES))
    averages, seconds = Averages(dict(objective.named_parameters()), 0.999), []
    for _ in range(rounds):
        start = time.perf_counter()
        averages.update(AVERAGED_EVERY)
        seconds.append((time.perf_counter() - start) / AVERAGED_EVERY)
    return median(seconds)


def _plain_step(size: str, counts: Sequence[int], *, distinct: bool) -> Step:
    model = random_model(size)
    softmax = SampledSoftmax(counts, model.config.projection_size, n_samples=N_SAMPLES)
    parameters = [*model.parameters(), *softmax.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    state = model.zero_state(LANES)

    def step(window: Window) -> None:
        nonlocal state
        y, state = _plain_window(model, window, state, distinct=distinct)
        loss = _plain_softmax(softmax, F.dropout(y, DROPOUT), window.targets)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimizer.step()

    return step


def _plain_window(model: BiLM, window: Window, state: State, *, distinct: bool) -> tuple[torch.Tensor, State]:
    """Return (2, steps, lanes, projection size), and the state after the window."""
    if distinct:
        vectors = model.word_vectors(window.words)[window.inputs]
    else:
        words = [window.words[i] for i in window.inputs.flatten().tolist()]
        vectors = model.word_vectors(words).view(*window.inputs.shape, -1)
    lengths, outputs, hs, cs = torch.full((LANES,), STEPS), [], [], []
    for direction, layers in enumerate((model.forward_layers, model.backward_layers)):
        x = vectors[direction]
        for i, lstm in enumerate(layers):
            x = F.dropout(x, DROPOUT)
            y, h, c = lstm(x, lengths, state.h[direction, i], state.c[direction, i])
            x = x + y if i else y
            hs.append(h.detach())
            cs.append(c.detach())
        outputs.append(x)
    return torch.stack(outputs), State(torch.stack(hs).view_as(state.h), torch.stack(cs).view_as(state.c))


def _plain_softmax(softmax: SampledSoftmax, y: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    negatives = draw_negatives(softmax.p, N_SAMPLES, torch.default_generator)
    h, ids = y.flatten(0, 2), targets.flatten()
    true = (h * F.embedding(ids, softmax.weight)).sum(dim=1) + softmax.bias[ids]
    logits = h @ softmax.weight[negatives.ids].T + softmax.bias[negatives.ids] + negatives.offsets
    logits = logits.masked_fill(negatives.ids == ids[:, None], -torch.inf)
    every = torch.cat([true[:, None], logits], dim=1)
    return F.cross_entropy(every, torch.zeros_like(ids))


if __name__ == "__main__":
    main()
