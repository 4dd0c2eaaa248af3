"""Checkpoints of a run: directories `step-N` that are there whole or not at all, whenever the process dies.

    step-N/  state.safetensors  state.json
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import warnings
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from ...util.digests import digest_file
from ...util.files import WeightsError, read_json, write_json
from ...util.tensors import load_tensors, save_tensors

SCHEMA = 1  # of the facts and of the names of tensors; the first checkpoints had no number, and are the same
TENSORS, FACTS = "state.safetensors", "state.json"
NAME, PARTIAL, DAMAGED = "step-{step:09d}", ".partial-", "damaged-"
_STEP = re.compile(r"step-(\d+)$")


class Checkpoint(NamedTuple):
    """The state of a run after a step.

    Attributes:
        path: Its directory.
        step: Number of steps taken.
        tensors: Tensors by name.
        facts: Plain JSON values.
    """

    path: Path
    step: int
    tensors: dict[str, Tensor]
    facts: dict[str, Any]


def write_checkpoint(folder: Path, step: int, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> Path:
    """Write a checkpoint under a temporary name, force it onto the disk, and only then give it its name.

    Args:
        folder: Where the checkpoints of the run are; made if it is missing.
        step: Number of steps taken.
        tensors: With facts, all that it takes to go on.
        facts: JSON values.

    Returns:
        Its directory.

    Raises:
        OSError: The system refuses. The earlier checkpoints are untouched, and the message says how to go on.
    """
    path = folder / NAME.format(step=step)
    partial = folder / f"{PARTIAL}{path.name}"
    if path.exists():
        problem = f"{path}: is there already, so another process trains in this directory too"
        raise OSError(f"{problem}; end one of them, and start the other again with --resume")
    try:
        _remove(partial)
        partial.mkdir(parents=True)
        save_tensors(partial / TENSORS, {name: _alone(tensor) for name, tensor in tensors.items()})
        facts = {"schema": SCHEMA, "step": step, **facts}
        write_json(partial / FACTS, {**facts, "digest": _digest(partial / TENSORS, facts)})
        for place in (partial / TENSORS, partial / FACTS, partial):
            _to_disk(place)
        os.rename(partial, path)
        _to_disk(folder)
    except OSError as error:
        _remove(partial)
        raise OSError(_explain(folder, step, error)) from error
    return path


def latest_checkpoint(folder: Path, check: Callable[[Checkpoint], None] = lambda _: None) -> Checkpoint | None:
    """Read all checkpoints, set aside those that are damaged, and return the newest of the others.

    A damaged one gets another name, with a warning: so its step is written again, and nothing takes it for whole.

    Args:
        folder: Where the checkpoints of the run are.
        check: Raises WeightsError for one that the run cannot go on from.

    Returns:
        The newest that is whole; None where there has been none.

    Raises:
        WeightsError: There are some, and none of them is whole. All stay as they are.
        ValueError: A newer version wrote one.
    """
    newest: Checkpoint | None = None
    damaged: dict[int, str] = {}
    for step in reversed(list_checkpoints(folder)):
        try:
            found = read_checkpoint(folder, step)
            check(found)
        except WeightsError as error:
            damaged[step] = str(error)
        else:
            newest = newest or found
    if newest is None and has_checkpoints(folder):
        reasons = "; ".join(damaged.values()) or "all were set aside"
        problem = f"{folder}: none of its checkpoints is whole ({reasons})"
        raise WeightsError(f"{problem}; choose another --output, or remove the directory to start anew")
    for step, problem in damaged.items():
        name = NAME.format(step=step)
        warnings.warn(f"{problem}; it is set aside as {DAMAGED}{name}, and can be removed", stacklevel=2)
        _remove(folder / f"{DAMAGED}{name}")
        os.rename(folder / name, folder / f"{DAMAGED}{name}")
    return newest


def read_checkpoint(folder: Path, step: int) -> Checkpoint:
    """Read the checkpoint of a step.

    Raises:
        WeightsError: It is missing or damaged.
        ValueError: A newer version wrote it.
    """
    path = folder / NAME.format(step=step)
    facts = read_json(path / FACTS)
    schema = facts.get("schema", SCHEMA)
    if schema != SCHEMA:
        problem = f"schema = {schema!r}: this version reads {SCHEMA}, so another one wrote it"
        raise ValueError(f"{path / FACTS}: {problem}; upgrade spacy-elmo to go on with this run")
    tensors, digest = load_tensors(path / TENSORS), facts.pop("digest", None)
    if digest is not None and digest != _digest(path / TENSORS, facts):  # the first versions wrote none
        raise WeightsError(f"{path}: is damaged, its bytes are not those that were written")
    return Checkpoint(path, step, tensors, facts)


def has_checkpoints(folder: Path) -> bool:
    """Return whether there is a checkpoint, or one that was set aside."""
    return bool(list_checkpoints(folder)) or any(folder.glob(f"{DAMAGED}step-*"))


def list_checkpoints(folder: Path) -> list[int]:
    """Return the steps that have a checkpoint, in order."""
    names = os.listdir(folder) if folder.is_dir() else []
    return sorted(int(found[1]) for found in map(_STEP.match, names) if found)


def remove_old(folder: Path, *, keep: int, others: Collection[int] = ()) -> None:
    """Remove all checkpoints but the newest ones, and what killed processes left.

    Args:
        folder: Where the checkpoints of the run are.
        keep: Number of the newest that stay.
        others: Steps that stay as well.
    """
    for step in list_checkpoints(folder)[:-keep]:
        if step not in others:
            path = folder / NAME.format(step=step)
            partial = folder / f"{PARTIAL}{path.name}"
            os.rename(path, partial)  # half of it gone, it must not pass for a checkpoint
            _remove(partial)
    remove_unfinished(folder)


def remove_unfinished(folder: Path) -> None:
    """Remove what killed processes left of writing and removing checkpoints."""
    for path in folder.glob(f"{PARTIAL}*"):
        _remove(path)


def _digest(tensors: Path, facts: Mapping[str, Any]) -> str:
    """Return the digest of a file of tensors and of the facts beside it."""
    both = f"{digest_file(tensors)} {json.dumps(facts, sort_keys=True)}"
    return hashlib.sha256(both.encode()).hexdigest()


def _alone(tensor: Tensor) -> Tensor:
    """Return a tensor that shares its memory with no other, as the format wants it."""
    tensor = tensor.detach().cpu().contiguous()
    return tensor if tensor.untyped_storage().nbytes() == tensor.nbytes else tensor.clone()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def _explain(folder: Path, step: int, error: OSError) -> str:
    steps = list_checkpoints(folder)
    whole = f"the last one, {NAME.format(step=steps[-1])}, is whole" if steps else "there is none yet"
    problem = f"{folder}: the checkpoint of step {step} cannot be written ({error.strerror or error}); {whole}"
    return f"{problem}; make room, then go on with --resume"
