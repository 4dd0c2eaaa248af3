"""Frequent words of a corpus, and the mean of their vectors."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import srsly

from ..embedding import embed_files
from ..embedding.embedder import Counts
from ..embedding.engines.local import count_cores, default_processes
from ..embedding.job import Job
from ..text.processes import map_in_order
from ..text.readers import CorpusError
from ..util.checks import check_size
from ..util.types import Floats2d
from .sums import ROWS, Summer, Sums, Total, sum_shard

SHARD_MB = 16  # of vectors, which a process adds up at a time


class StaticVectors(NamedTuple):
    """Words and a vector for each.

    Attributes:
        words: The most frequent first; of equally frequent ones, in the order of their characters.
        vectors: (words, width), float32: the mean over all uses.
        counts: (words,), how many uses there were.
        row_of: Each spelling of the corpus, and its row: with `lower`, several have the same.
        lang: Language of the words.
    """

    words: list[str]
    vectors: Floats2d
    counts: np.ndarray
    row_of: dict[str, int]
    lang: str


def static_vectors(
    inputs: Sequence[str | Path],
    *,
    model: str = "en_elmo_sm",
    layers: str = "average",
    lower: bool = False,
    min_count: int = 5,
    words: int = 50_000,
    lang: str | None = None,
    n_process: int | None = None,
    notify: Callable[[str], object] = lambda line: None,
    progress: bool = False,
    folder: Path | None = None,
    check: Callable[[Sequence[str]], object] = lambda words: None,
    **reading: Any,
) -> StaticVectors:
    """Return the mean of the vectors of each frequent word of a corpus, over all its uses.

    The corpus is read twice: words are counted, then the vectors of those that are wanted are added up, in float64. The
    result is the same for any number of processes. Memory holds the wanted words, and the counts of two million others.

    Args:
        inputs: What `spacy_elmo.embedding.embed_files` reads.
        model: Model name, model directory or published weights; with learned layers, a trained pipeline.
        layers: "average", "top", a layer number, a weight for each layer, or "learned:COMPONENT".
        lower: Whether to fold case, so that "The" and "the" are one word.
        min_count: How many uses a word needs.
        words: The most words that have a vector; the most frequent ones have.
        lang: Language whose tokenizer to use. None for that of the model, or English where it has none.
        n_process: How many processes; None for one for two cores.
        notify: Called with lines for people.
        progress: Whether to show a bar with the time left, on a terminal.
        folder: For a copy of the text, an empty one. None for one in the temporary folder of the system.
        check: Called with the words before anything is computed, and may refuse them.
        **reading: `lines`, `key`, `on_error` and `initial_state` of `spacy_elmo.embedding.Settings`.

    Raises:
        CorpusError: The inputs cannot be read or hold no text, or no word is frequent enough.
        WeightsError: The model cannot be loaded.
        ValueError: A setting is out of range.
    """
    check_size("min_count", min_count)
    check_size("words", words)
    if layers == "all":
        raise ValueError("layers = 'all': a word has one vector here; choose average, top, a number or weights")
    found: list[StaticVectors] = []

    def engine(job_folder: Path, numbers: Sequence[int]) -> Iterator[int]:
        """Add up the shards of a job, and note that they are done."""
        job = Job(job_folder)
        counts = Counts(job.settings.lang)
        for shard in job.shards:
            deque(counts.counted(job.records(shard)), maxlen=0)
        chosen, row_of = choose_words(counts.words, lower=lower, min_count=min_count, most=words)
        check(chosen)
        srsly.write_msgpack(job_folder / ROWS, row_of)
        total = Total(len(chosen))
        for part, number in zip(_sums(job_folder, numbers, n_process), numbers):
            total.add(part)
            job.finish(job.shards[number], [], rows=0, words=int(part.counts.sum()))
            yield number
        found.append(StaticVectors(chosen, total.means(), total.counts, row_of, job.settings.lang))

    with nullcontext(folder) if folder else TemporaryDirectory(prefix="spacy-elmo-") as place:
        embed_files(
            inputs,
            Path(place) / "job",
            model=model,
            layers=layers,
            format="npy",
            unit="words",
            shard_mb=SHARD_MB,
            lang=lang,
            engine=engine,
            n_process=n_process,
            notify=notify,
            progress=progress,
            **reading,
        )
    return found[0]


def _sums(folder: Path, numbers: Sequence[int], n_process: int | None) -> Iterable[Sums]:
    n_process = min(n_process or default_processes(), len(numbers))
    if n_process == 1:
        return map(Summer(folder), numbers)
    work = partial(sum_shard, folder=folder, threads=max(1, count_cores() // n_process))
    return map_in_order(work, numbers, n_process, doing="embeds")


def choose_words(
    counts: Mapping[str, int], *, lower: bool, min_count: int, most: int
) -> tuple[list[str], dict[str, int]]:
    """Return the words that are wanted, and the row of each spelling of theirs.

    Args:
        counts: How often each spelling is in the text. Whitespace is left out.
        lower: Whether spellings that differ in case are one word.
        min_count: How often a word must be there.
        most: How many words there may be.

    Raises:
        CorpusError: There are none.
    """
    folded = {spelling: spelling.lower() if lower else spelling for spelling in counts if not spelling.isspace()}
    totals = Counter[str]()
    for spelling, word in folded.items():
        totals[word] += counts[spelling]
    ranked = sorted(totals, key=lambda word: (-totals[word], word))
    words = [word for word in ranked[:most] if totals[word] >= min_count]
    if not words:
        seen = f"{ranked[0]!r:.60}, the most frequent, {totals[ranked[0]]}" if ranked else "it has none"
        raise CorpusError(f"min_count = {min_count}: the text has no word so often ({seen}); choose a lower one")
    places = {word: row for row, word in enumerate(words)}
    return words, {spelling: places[word] for spelling, word in folded.items() if word in places}
