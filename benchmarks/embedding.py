"""Measure what `embed` takes: python -m benchmarks.embedding [--model NAME] --text FILE.

It prints words a second of one thread, of the bare encoder and into each format, bytes a word, and what a billion words
take. Systems take turns on the same text, in processor time, and medians are printed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch
from wasabi import table

from spacy_elmo import Encoder, load_model
from spacy_elmo.embedding import embed_files
from spacy_elmo.embedding.shard import ShardWorker
from spacy_elmo.text import tokenize_files
from spacy_elmo.util.batches import batch_by_size

DAY, BILLION, GIB = 86_400, 10**9, 2**30
BARE = "encoder alone"
OUTPUTS: dict[str, dict[str, Any]] = {
    "parquet, average": {"format": "parquet"},
    "parquet, average, float16": {"format": "parquet", "dtype": "float16"},
    "parquet, all layers and their average": {"format": "parquet", "layers": "all"},
    "parquet, average, sentences": {"format": "parquet", "unit": "sentences"},
    "npy, average": {"format": "npy"},
    "spacy, average": {"format": "spacy"},
    "allennlp, all layers, shards": {"format": "allennlp", "layers": "all"},
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embedding", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="en_elmo_sm")
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--words", type=int, default=50_000, help="words of the text that are used, about")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        with args.text.open(encoding="utf8") as file:
            text.write_text(file.read(6 * args.words), encoding="utf8")
        sentences = list(chain.from_iterable(tokenize_files([text])))
        words = sum(map(len, sentences))
        runs = {BARE: _bare(args.model, sentences)}
        runs |= {name: _shards(args.model, text, Path(folder), name, more) for name, more in OUTPUTS.items()}
        times: dict[str, list[float]] = {name: [] for name in runs}
        sizes: dict[str, int] = {}
        for _ in range(args.rounds):
            for name, run in runs.items():
                start = time.process_time()
                sizes[name] = run()
                times[name].append(time.process_time() - start)
    print(f"{words:,} words, {args.model}, one thread")
    header = ("", "words/s", "of the encoder", "million words/day", "bytes/word", "10^9 words: core days", "GiB")
    rows = [_row(name, times, sizes, words) for name in runs]
    print(table(rows, header=header, divider=True, aligns=("l", *"rrrrrr"), max_col=60))


def _row(name: str, times: dict[str, list[float]], sizes: dict[str, int], words: int) -> tuple[str, ...]:
    speed, share = words / median(times[name]), median(a / b for a, b in zip(times[BARE], times[name]))
    size = sizes[name] / words
    figures = (f"{speed:,.0f}", f"{share:.0%}", f"{speed * DAY / 1e6:,.0f}", f"{size:,.0f}")
    return (name, *figures, f"{BILLION / speed / DAY:,.1f}", f"{BILLION * size / GIB:,.0f}")


def _bare(model: str, sentences: list[list[str]]) -> Callable[[], int]:
    encoder = Encoder(load_model(model, with_head=False).model)
    encoder.encode(list(islice(sentences, 100)))

    def run() -> int:
        for batch in batch_by_size(sentences, encoder.max_batch_words):
            encoder.encode(batch)
        return 0

    return run


def _shards(model: str, text: Path, folder: Path, name: str, settings: dict[str, Any]) -> Callable[[], int]:
    """Return what does all shards of a job, again and again, and returns their bytes."""
    ending = ".hdf5" if settings["format"] == "allennlp" else ""
    workers: list[ShardWorker] = []

    def run() -> int:
        worker = workers[0]
        for shard in worker.job.shards:
            worker(shard.number)
        files = (file for shard in worker.job.shards for file in worker.job.folder.glob(f"{shard.name}.*"))
        return sum(file.stat().st_size for file in files)

    def keep(job: Path, numbers: Any) -> list[int]:
        workers.append(ShardWorker(job))
        return []

    with suppress(ValueError):  # that they are not done
        embed_files([text], folder / f"{name.replace(', ', '-')}{ending}", model=model, engine=keep, **settings)
    workers[0](0)
    return run


if __name__ == "__main__":
    main()
