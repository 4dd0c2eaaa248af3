"""The folder of a job: its manifest and text are written first and do not change; then come the shards, in any order.

    _job/manifest.json   settings, digests of model and inputs, and the shards: bytes of the text, records
    _job/text.jsonl      the records of all inputs, one a line
    _job/counts.json     how often each word is in the text, where weights need it
    _job/part-N.json     shard N is done: its rows and words, and the sizes and digests of its files
    part-N.*             the files of shard N

A shard is done when its note is there, which is written after its files. So what is missing is what is still to do,
whoever dies whenever, and nothing is there twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..text.readers import CorpusError
from ..util.digests import digest_file
from ..util.files import WeightsError, read_json, write_json
from ..util.staging import is_stage, staged
from ..util.types import Floats1d
from .embedder import Counts, sif_weights
from .records import Record, count_characters
from .settings import Settings

SCHEMA = 1
FOLDER, MANIFEST, TEXT, COUNTS, LOCK = "_job", "manifest.json", "text.jsonl", "counts.json", "lock"
MOST_SHOWN = 3  # differences that a message lists


@dataclass(frozen=True)
class Shard:
    """Some of the records.

    Attributes:
        number: From 0 on.
        start: The first byte of its lines in the text.
        end: The byte behind them.
        records: How many there are.
        digest: SHA-256 of these bytes.
    """

    number: int
    start: int
    end: int
    records: int
    digest: str

    @property
    def name(self) -> str:
        """How the names of its files begin."""
        return f"part-{self.number:06}"


class Job:
    """A job that was planned.

    Args:
        folder: Where its shards are.

    Raises:
        CorpusError: There is none, or it is one of another version.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.notes = folder / FOLDER
        try:
            self.manifest = read_json(self.notes / MANIFEST)
            if self.manifest.get("schema") != SCHEMA:
                raise WeightsError(f"schema = {self.manifest.get('schema')!r}: this version needs {SCHEMA}")
            self.settings = Settings.from_dict(self.manifest["settings"])
            self.shards = [Shard(i, *values) for i, values in enumerate(self.manifest["shards"])]
        except (WeightsError, KeyError, TypeError, ValueError) as error:
            raise CorpusError(f"{folder}: no job that can be read ({error}); choose another place") from error

    def records(self, shard: Shard) -> Iterator[Record]:
        """Yield the records of a shard, once it is known that they are those that were planned."""
        path = self.notes / TEXT
        with path.open("rb") as file:
            file.seek(shard.start)
            data = file.read(shard.end - shard.start)
        if hashlib.sha256(data).hexdigest() != shard.digest:
            raise CorpusError(f"{path}: has changed since the job was planned; remove {self.folder} and start again")
        return map(json.loads, data.splitlines())

    def weigh(self) -> Callable[[Sequence[str]], Floats1d] | None:
        """Return the weights of words in the vectors of their units; None where they are equal."""
        if self.settings.pooling == "mean":
            return None
        counts = read_json(self.notes / COUNTS)
        return sif_weights(counts["words"], counts["total"])

    def note(self, shard: Shard) -> dict[str, Any] | None:
        """Return what is noted of a shard that is done; None of one that is not, or whose files are not there."""
        try:
            note = read_json(self.notes / f"{shard.name}.json")
            whole = all(
                (self.folder / name).stat().st_size == facts["bytes"] for name, facts in note["files"].items()
            )
        except (WeightsError, OSError, KeyError, TypeError, AttributeError):
            return None
        return note if whole else None

    def finish(self, shard: Shard, paths: Sequence[Path], **facts: int) -> None:
        """Note that a shard is done."""
        files = {path.name: {"bytes": path.stat().st_size, "sha256": digest_file(path)} for path in paths}
        with staged(self.notes, [f"{shard.name}.json"]) as stage:
            write_json(stage / f"{shard.name}.json", {**facts, "files": files})

    def missing(self) -> list[int]:
        """Return the numbers of the shards that are not done."""
        return [shard.number for shard in self.shards if self.note(shard) is None]

    @cached_property
    def size(self) -> int:
        """Bytes of the text."""
        return self.shards[-1].end if self.shards else 0


def find_job(folder: Path) -> Job | None:
    """Return the job of a folder; None where there is nothing yet.

    Raises:
        CorpusError: The folder has files of something else.
    """
    if (folder / FOLDER / MANIFEST).exists():
        return Job(folder)
    if folder.exists() and not folder.is_dir():
        raise CorpusError(f"{folder}: exists and is no directory; choose another place")
    if folder.is_dir() and not all(is_stage(path) or _is_unplanned(path) for path in folder.iterdir()):
        raise CorpusError(f"{folder}: not empty, and not of a job that could go on; choose another place")
    return None


def _is_unplanned(path: Path) -> bool:
    return path.name == FOLDER and path.is_dir() and all(is_stage(file) or file.name == LOCK for file in path.iterdir())


def plan(
    folder: Path, records: Iterable[Record], facts: dict[str, Any], *, characters: int, counts: Counts | None = None
) -> Job:
    """Write the manifest and the text of a job: both, or nothing.

    Args:
        folder: The folder of the job.
        records: All records.
        facts: What else the manifest has: "settings", "inputs" and "versions".
        characters: The most that the records of a shard may have, unless one alone has more.
        counts: What the words are counted by, where counts are needed.

    Raises:
        CorpusError: There are no records.
        WriteError: The folder cannot be written.
    """
    with staged(folder / FOLDER, [MANIFEST, TEXT, COUNTS]) as stage:
        given = records if counts is None else counts.counted(records)
        shards = list(_write_text(stage / TEXT, given, characters))
        if not shards:
            raise CorpusError("the inputs hold no text; name others")
        if counts is not None:
            write_json(stage / COUNTS, {"total": counts.total, "words": counts.words})
        write_json(stage / MANIFEST, {"schema": SCHEMA, **facts, "shards": shards})
    return Job(folder)


def _write_text(path: Path, records: Iterable[Record], characters: int) -> Iterator[list[Any]]:
    """Write records, and yield where each shard starts and ends, how many it has, and its digest."""
    start, end, count, size, digest = 0, 0, 0, 0, hashlib.sha256()
    with path.open("wb") as file:
        for record in records:
            length = count_characters(record)
            if count and size + length > characters:
                yield [start, end, count, digest.hexdigest()]
                start, count, size, digest = end, 0, 0, hashlib.sha256()
            line = json.dumps(record, ensure_ascii=False).encode("utf8") + b"\n"
            file.write(line)
            digest.update(line)
            end, count, size = end + len(line), count + 1, size + length
    if count:
        yield [start, end, count, digest.hexdigest()]


def find_differences(job: Job, facts: dict[str, Any]) -> list[str]:
    """Return for people in what a job is not the one that is asked for now."""
    asked = json.loads(json.dumps(facts))
    before, now = (
        {"inputs": values["inputs"], **values["settings"], **values["versions"]} for values in (job.manifest, asked)
    )
    before.pop("shard_mb", None)  # the shards are planned
    now.pop("shard_mb", None)
    return [_tell(key, before.get(key), now[key]) for key in now if before.get(key) != now[key]]


def _tell(key: str, before: Any, now: Any) -> str:
    if key != "inputs":
        return f"{key}: was {before!r:.80}, now {now!r:.80}"
    names = [", ".join(str(file["name"]) for file in files[:MOST_SHOWN]) for files in (before, now)]
    return f"inputs: {names[0]} have changed" if names[0] == names[1] else f"inputs: were {names[0]}, now {names[1]}"
