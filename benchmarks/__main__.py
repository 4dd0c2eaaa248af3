"""Measure speed and memory, side by side in one run.

python -m benchmarks --text FILE [--text FILE ...] [--yardstick MODULE:FUNCTION]

Systems take turns, several rounds of the same text, and medians are printed: a machine's speed changes from minute to
minute, the ratios of one run much less.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Literal

import torch
from wasabi import table

from spacy_elmo.formats import allennlp
from spacy_elmo.util.batches import take_words

from . import roofline
from .children import busy_process, measure
from .sizes import PUBLISHED_SMALL, find_config, random_model, size_names
from .systems import BATCHED, COLD, LSTM, PIPE, PLAIN, SINGLE, TORCH, TORCH_SINGLE, WARM, YARDSTICK, System, build
from .text import Sentences, count_words, read_sentences

ROOFLINE, BANDWIDTH = "limit by matrix products", "limit by memory, one sentence at a time"
BATCH_SIZES = (32, 64, 128)
SINGLE_WORDS = 1000  # of the text that is given one sentence at a time
Speeds = dict[str, list[float]]


def main() -> None:
    """Print the tables of all sizes that the command line asks for."""
    args = _parse()
    text = read_sentences(args.text)
    torch.set_num_threads(args.threads)
    print(f"{count_words(text):,} words of text; torch {torch.__version__}, {args.threads} threads of {os.cpu_count()}")
    for size in args.sizes:
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            allennlp.write(directory, random_model(size), {"name": size})
            _speed_table(size, directory, take_words(text, args.words), args)
            if not args.no_memory:
                _memory_table(directory, take_words(text, args.words), args.yardstick)
            if args.growth:
                _growth_table(directory, text)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, action="append", required=True, help="a text file; may be repeated")
    parser.add_argument("--sizes", nargs="+", choices=size_names(), default=["small", PUBLISHED_SMALL, "original"])
    parser.add_argument("--words", type=int, default=8000, help="words of the text that are used")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--yardstick", help="another system: module:function or path.py:function")
    parser.add_argument("--growth", action="store_true", help="also from 1,000 to 100,000 words, and one long sentence")
    parser.add_argument("--no-memory", action="store_true", help="leave the memory out")
    return parser.parse_args()


def _speed_table(size: str, directory: Path, sentences: Sentences, args: argparse.Namespace) -> None:
    names = [COLD, WARM, TORCH, SINGLE, TORCH_SINGLE, PIPE, PLAIN, LSTM] + ([YARDSTICK] if args.yardstick else [])
    built = {name: build(name, directory, args.yardstick) for name in names}
    texts = {name: sorted(sentences, key=len) if name in BATCHED else sentences for name in names}
    texts.update(dict.fromkeys((SINGLE, TORCH_SINGLE), take_words(sentences, SINGLE_WORDS)))
    options = {name: {"batch_size": _best_batch(built[name], texts[name])} if name in BATCHED else {} for name in names}
    products = roofline.products(find_config(size), sentences)
    speeds: Speeds = {ROOFLINE: [], BANDWIDTH: [], **{name: [] for name in names}}
    for _ in range(args.rounds):
        speeds[ROOFLINE].append(count_words(sentences) / roofline.seconds(products))
        speeds[BANDWIDTH].append(roofline.bandwidth() / roofline.bytes_per_word(find_config(size)))
        for name in names:
            speeds[name].append(_words_per_second(built[name], texts[name], **options[name]))
    with busy_process():
        speeds[busy := WARM + ", beside a busy process"] = [_words_per_second(built[WARM], sentences)]
    _print_speeds(size, speeds, roofline.flops(products) / count_words(sentences), options)
    print(f"Beside a busy process: {speeds[busy][0] / median(speeds[WARM]):.0%} of the quiet speed")


def _print_speeds(size: str, speeds: Speeds, flops: float, options: dict[str, dict[str, int]]) -> None:
    header, rows = ["", "words/s", "of limit"], []
    if YARDSTICK in speeds:
        header.append("to yardstick")
    for name, values in speeds.items():
        limit = speeds[BANDWIDTH if name in (SINGLE, TORCH_SINGLE, BANDWIDTH) else ROOFLINE]
        batch = f", batch {options[name]['batch_size']}" if options.get(name) else ""
        row = [name + batch, f"{median(values):,.0f}", f"{_ratio(values, limit):.0%}"]
        rows.append([*row, f"{_ratio(values, speeds[YARDSTICK]):.2f}"] if YARDSTICK in speeds else row)
    _print_table(rows, header, title=f"{size}: {flops / 1e6:.0f} MFLOP a word")


def _print_table(rows: list[list[str]], header: list[str], *, title: str | None = None) -> None:
    if title:
        print(f"\n{title}")
    width = max(len(row[0]) for row in rows)
    right: list[Literal["l", "r"]] = ["r"] * (len(header) - 1)
    print(table(rows, header=header, divider=True, aligns=["l", *right], widths=(width, *[12] * (len(header) - 1))))


def _memory_table(directory: Path, sentences: Sentences, yardstick: str | None) -> None:
    names = [WARM, TORCH, SINGLE, PIPE, PLAIN, LSTM] + ([YARDSTICK] if yardstick else [])
    rows = []
    for name in names:
        text = take_words(sentences, 100) if name == SINGLE else sentences
        found = measure(name, directory, sorted(text, key=len) if name in BATCHED else text, yardstick=yardstick)
        rows.append([name, f"{found.added:,.0f}", f"{found.peak:,.0f}"])
    _print_table(rows, ["each in its own process", "MB added", "MB peak"])


def _growth_table(directory: Path, text: Sentences) -> None:
    rows = []
    for n_words in (1000, 10_000, 100_000):
        found = measure(WARM, directory, take_words(text, n_words), yardstick=None, stream=4096)
        rows.append([f"{n_words:,} words", f"{found.words_per_second:,.0f}", f"{found.peak:,.0f}"])
    long = [[word for sentence in take_words(text, 5000) for word in sentence]]
    found = measure(WARM, directory, long, yardstick=None)
    rows.append(["one sentence of 5,000", f"{found.words_per_second:,.0f}", f"{found.peak:,.0f}"])
    _print_table(rows, ["vectors dropped as they come", "words/s", "MB peak"])


def _best_batch(system: System, sentences: Sentences) -> int:
    """Return the fastest on a quarter of the text, of which every length is there."""
    part = sentences[::4]
    return max(BATCH_SIZES, key=lambda size: _words_per_second(system, part, batch_size=size))


def _words_per_second(system: System, sentences: Sentences, **options: int) -> float:
    system.prepare()
    start = time.perf_counter()
    system.run(sentences, **options)
    return count_words(sentences) / (time.perf_counter() - start)


def _ratio(values: list[float], others: list[float]) -> float:
    """Return the median over rounds of the ratio within a round."""
    return median(value / other for value, other in zip(values, others))


if __name__ == "__main__":
    main()
