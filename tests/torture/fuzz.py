"""Files with changed bytes: how does reading them end?"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import numpy as np
import spacy
import torch

from spacy_elmo import formats
from spacy_elmo.pretraining.corpus.prepare import CorpusSettings, open_prepared, prepare_corpus
from spacy_elmo.pretraining.loop.checkpoint import read_checkpoint, write_checkpoint
from tests.support.random_models import TINY, contents, random_head, random_model, random_table_model

MEMORY = 4 * 2**30  # bytes that a case may take beyond what it starts with
SECONDS = 20  # that it may take
ENDS = ("refused", "same", "other", "traceback", "hang", "crash")
META = {"name": "tiny", "lang": "en", "license": "CC0-1.0", "license_text": "Do as you like."}

Write, Read = Callable[[Path], object], Callable[[Path], list[bytes]]


def _tensors(*values: object) -> list[bytes]:
    return [np.asarray(value).tobytes() for value in values]


def _write_model(folder: Path) -> object:
    model = random_model(TINY)
    return formats.model_directory.write(folder, model, META, head=random_head(model))


def _read_model(folder: Path) -> list[bytes]:
    pretrained = formats.load(folder)
    head = [] if pretrained.head is None else [pretrained.head.weight, pretrained.head.bias]
    return _tensors(*pretrained.model.state_dict().values(), *head)


def _write_bytes(folder: Path) -> object:
    nlp = spacy.blank("en")
    formats.model_directory.write(folder / "source", random_model(TINY), META)
    data = nlp.add_pipe("elmo", config={"pretrained": str(folder / "source")}).to_bytes()  # type: ignore[attr-defined]
    shutil.rmtree(folder / "source")
    return (folder / "pipe.bin").write_bytes(data)


def _read_bytes(folder: Path) -> list[bytes]:
    pipe = spacy.blank("en").add_pipe("elmo")
    pipe.from_bytes((folder / "pipe.bin").read_bytes())  # type: ignore[attr-defined]
    return _tensors(*pipe.shim.model.state_dict().values())  # type: ignore[attr-defined]


def _write_corpus(folder: Path) -> object:
    documents = [[["the", "bank", f"word{i % 7}"], ["a", "river"]] for i in range(30)]
    return prepare_corpus(documents, folder / "corpus", CorpusSettings(min_count=1))


def _read_corpus(folder: Path) -> list[bytes]:
    prepared = open_prepared(folder / "corpus")
    return [str(prepared.vocabulary.words).encode(), *contents(folder / "corpus").values()]


FORMATS: dict[str, tuple[Write, Read]] = {
    "model directory": (_write_model, _read_model),
    "table of words": (lambda folder: formats.model_directory.write(folder, random_table_model(), META), _read_model),
    "published files": (lambda folder: formats.allennlp.write(folder, random_model(TINY), META), _read_model),
    "bytes of a pipe": (_write_bytes, _read_bytes),
    "checkpoint": (
        lambda folder: write_checkpoint(folder, 3, {"a": torch.ones(9), "b": torch.zeros(2, 3)}, {"rows": [1, 2]}),
        lambda folder: _tensors(*read_checkpoint(folder, 3).tensors.values()),
    ),
    "prepared text": (_write_corpus, _read_corpus),
}

WITHOUT_DIGESTS = ("published files", "bytes of a pipe")


def damage(data: bytes, chance: random.Random) -> bytes:
    """Return the bytes of a file, changed in one of six ways."""
    place, length = chance.randrange(len(data)), chance.choice([1, 1, 2, 8, 64])
    before, part, after = data[:place], data[place : place + length], data[place + length :]
    ways = [
        before + bytes(byte ^ (1 << chance.randrange(8)) for byte in part) + after,
        before + bytes(len(part)) + after,
        before + chance.randbytes(len(part)) + after,
        before,
        before + chance.randbytes(length) + part + after,
        before + after,
    ]
    return chance.choice(ways)


def read_in_a_fork(read: Read, folder: Path, expected: list[bytes]) -> str:
    """Return how reading ends, one of `ENDS`."""
    child = os.fork()
    if not child:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
        try:
            end = "same" if read(folder) == expected else "other"
        except (ValueError, OSError):  # what commands show as one message
            end = "refused"
        except BaseException:
            end = "traceback"
        os._exit(ENDS.index(end))
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return ENDS[os.WEXITSTATUS(status)] if os.WIFEXITED(status) else "crash"
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hang"


def fuzz(folder: Path, *, seconds: float, seed: int = 0) -> Iterator[tuple[str, Counter[str], list[str]]]:
    """Damage one file of each format after the other, until the time is over.

    Yields:
        The format, how often each end was met, and what to look at: the cases that were neither refused nor the same,
        nor read as other numbers where nothing could tell.
    """
    chance, counts, cases = random.Random(seed), {name: Counter[str]() for name in FORMATS}, dict[str, list[str]]()
    expected = {}
    for name, (write, read) in FORMATS.items():
        write(folder / name / "whole")
        expected[name] = read(folder / name / "whole")
    until = time.monotonic() + seconds
    for number, name in enumerate(cycle(FORMATS)):
        if time.monotonic() > until:
            break
        whole, damaged = folder / name / "whole", folder / name / "damaged"
        shutil.rmtree(damaged, ignore_errors=True)
        shutil.copytree(whole, damaged)
        file = chance.choice(sorted(path for path in damaged.rglob("*") if path.is_file() and path.stat().st_size))
        file.write_bytes(damage(file.read_bytes(), chance))
        end = read_in_a_fork(FORMATS[name][1], damaged, expected[name])
        counts[name][end] += 1
        if end not in ("refused", "same") and not (end == "other" and name in WITHOUT_DIGESTS):
            kept = folder / f"{number}-{end}"
            shutil.copytree(damaged, kept)
            cases.setdefault(name, []).append(f"{kept} ({file.name})")
    for name, ends in counts.items():
        yield name, ends, cases.get(name, [])
