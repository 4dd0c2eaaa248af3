"""Measure the search in a corpus by meaning, and print a table in Markdown.

python -m benchmarks.search CORPUS [--model NAME] [--layers all] [--queries 20] [--approximate] [--index FOLDER]

Queries are words of the corpus in their sentences. Memory is what a search allocates; mapped files are not counted,
which the system takes back when it needs the room. Seconds are of the clock, and in brackets of the processor, where
other work may delay them. An index that is kept by --index is built once.
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.children import peak_memory
from spacy_elmo.search.index import Index, build_index, open_index
from spacy_elmo.search.index.query import find_spans

LONG = 4  # letters of a word to search, at least
MB, GIB = 1e6, 2**30


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__.splitlines()[0])
    parser.add_argument("corpus", nargs="+", help="files or directories of text")
    parser.add_argument("--model", default="en_elmo_sm")
    parser.add_argument("--layers", default="all")
    parser.add_argument("--queries", type=int, default=20)
    parser.add_argument(
        "--approximate", action="store_true", help="also with a graph, and how much of the exact it finds"
    )
    parser.add_argument("--index", type=Path, help="where the index is kept; nowhere")
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = args.index or Path(folder) / "index"
        seconds, built = _time(lambda: build_index(args.corpus, path, model=args.model, layers=args.layers))
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        opening, index = _time(lambda: open_index(path))
        queries = list(find_queries(path, index, args.queries))
        rows = [
            ("words", f"{built.words:,}"),
            ("sentences", f"{built.sentences:,}"),
            ("build, s", f"{seconds:,.1f}"),
            ("disk, GiB", f"{size / GIB:.2f}"),
            ("bytes a word", f"{size / built.words:,.0f}"),
            ("open, s", f"{opening:.2f}"),
        ]
        settings: dict[str, dict[str, Any]] = {"all words": {}, "same word": {"same_word": True}}
        if args.layers == "all":
            settings = {"all words, one layer": {"layer": "top"}, **settings}
        for name, more in settings.items():
            took, memory = measure(index, queries, **more)
            rows += [(f"{name}: s a query", f"{took:.3f}"), (f"{name}: MB", f"{memory / MB:,.1f}")]
        if args.approximate:
            start = time.process_time()
            seconds, _ = _time(lambda: build_index(args.corpus, path, approximate=True))
            processor = time.process_time() - start
            index = open_index(path)
            took, _ = measure(index, queries)
            size = sum(file.stat().st_size for file in path.glob("texts-*/graph.usearch"))
            rows += [("graph: build, s", f"{seconds:,.1f} ({processor:,.1f})")]
            rows += [("graph: bytes a word", f"{size / built.words:,.0f}"), ("graph: s a query", f"{took:.4f}")]
            rows += [("graph: recall@10", f"{recall(index, queries):.3f}")]
            rows += [("peak of memory, mapped files included, MB", f"{peak_memory():,.0f}")]
    print("\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]))


def find_queries(path: Path, index: Index, count: int) -> Iterator[str]:
    """Yield words of an index in brackets, in their sentences, from all over it."""
    files = sorted(path.glob("texts-*/part-*.jsonl"))
    lines = [line for file in files for line in file.read_text(encoding="utf8").splitlines()]
    step = max(1, len(lines) // (2 * count))
    for line in map(json.loads, lines[::step]):
        text, words = line["text"], line["words"]
        spans = [span for word, span in zip(words, find_spans(text, words)) if len(word) >= LONG and word.isalpha()]
        if count and spans and "[" not in text and "]" not in text:
            start, end = spans[len(spans) // 2]
            query = f"{text[:start]}[{text[start:end]}]{text[end:]}"
            with suppress(ValueError):  # where the words of a sentence alone are others
                index.nearest(query, top=1, same_word=True)
                yield query
                count -= 1


def measure(index: Index, queries: list[str], **settings: Any) -> tuple[float, int]:
    """Return the median of the seconds that a query takes, and the most bytes that one allocates."""
    tracemalloc.start()
    index.nearest(queries[0], **settings)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return median(_time(partial(index.nearest, query, **settings))[0] for query in queries), peak


def recall(index: Index, queries: list[str]) -> float:
    """Return the share of the ten nearest that are found by the graph."""
    shares = []
    for query in queries:
        nearest = set(index.nearest(query, exact=True))
        shares.append(len(nearest & set(index.nearest(query))) / len(nearest))
    return sum(shares) / len(shares)


def _time(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


if __name__ == "__main__":
    main()
