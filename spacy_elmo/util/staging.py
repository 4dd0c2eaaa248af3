"""Files that are written as a whole or not at all, alone or several in a directory."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from platform import node
from tempfile import mkdtemp

STAGE = ".staged-"  # the name goes on with machine and process, so that others know whether it is still at work
ABANDONED = 24 * 3600  # seconds after which a stage counts as left behind, where its process cannot be asked after


class WriteError(OSError):
    """A place where nothing can be written; the message names it and says why."""


def file_to_write(path: Path) -> Path:
    """Return the file that a path means: links are followed, so that they stay, and what they name is written.

    Raises:
        WriteError: For links that lead in a circle, and for anything but a file: a directory, a device, a pipe.
    """
    target = Path(os.path.realpath(path))
    try:
        found = target.lstat().st_mode
    except OSError:  # nothing is there, or what is there cannot be reached, which writing will say
        return target
    if not stat.S_ISREG(found):
        what = "a circle of links" if stat.S_ISLNK(found) else "not a file (a directory, a device or a pipe)"
        raise WriteError(f"{path}: {what}, and is left as it is; name a file")
    return target


@contextmanager
def staged(directory: Path, names: Sequence[str]) -> Iterator[Path]:
    """Write files into a directory: all of them, or nothing.

    The block writes into an empty folder. When it ends, the files are forced onto the disk and move into the directory.
    When anything fails, the directory is as it was, or absent. Where the process is killed or the power fails, one file
    alone is the old or the new one. Of several, the first goes before the others change and comes when they have: a
    directory without it is unfinished.

    Args:
        directory: Made if it is missing.
        names: Every file that such a directory can have, the main one first. Where one of the first two is there
            already, those that the block does not write are removed. A name may be that of a folder, as long as
            nothing is there.

    Yields:
        The empty folder. What earlier processes that were killed left of theirs is removed.

    Raises:
        WriteError: Where the system refuses. The directory is named.
    """
    try:
        with new_folder(directory), _stage(directory) as stage:
            yield stage
            for path in stage.rglob("*"):
                if path.is_file():
                    to_disk(path)
            _move(stage, directory, names)
    except WriteError:
        raise
    except OSError as error:
        problem = f"cannot be written ({error.strerror or error}); nothing was changed"
        raise WriteError(f"{directory}: {problem}; choose another place") from error


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Make a folder and its parents where they are missing.

    When the block fails, those that were made and are empty are gone again.
    """
    made = [missing for missing in (folder, *folder.parents) if not missing.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for missing in made:
            with suppress(OSError):
                missing.rmdir()
        raise


def is_stage(path: Path) -> bool:
    """Return whether a path is a folder of `staged`, which is no part of the directory that it lies in."""
    return path.name.startswith(STAGE)


def remove_abandoned(directory: Path) -> None:
    """Remove the folders that killed processes left of `staged`, as far as this is allowed."""
    with suppress(OSError):
        for path in directory.iterdir():
            if is_stage(path) and path not in _at_work and _is_abandoned(path):
                shutil.rmtree(path, ignore_errors=True)


def to_disk(path: Path) -> None:
    """Force a file onto the disk, or the names in a directory."""
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)  # Windows flushes what can be written
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_at_work: set[Path] = set()  # stages of this process


@contextmanager
def _stage(directory: Path) -> Iterator[Path]:
    remove_abandoned(directory)
    stage = Path(mkdtemp(prefix=f"{STAGE}{_machine()}-{os.getpid()}-", dir=directory))
    _at_work.add(stage)
    try:
        yield stage
    finally:
        _at_work.discard(stage)
        shutil.rmtree(stage, ignore_errors=True)


def _machine() -> str:
    return "".join(character for character in node() if character.isalnum())


def _is_abandoned(stage: Path) -> bool:
    """Return whether the process of a stage is dead; where it cannot be asked after, whether the stage is old."""
    machine, _, process = stage.name[len(STAGE) :].rpartition("-")[0].rpartition("-")
    if not machine:  # of an earlier version, which did not say whose it was
        return True
    if os.name == "posix" and machine == _machine() and process.isdecimal():
        try:
            os.kill(int(process), 0)
        except (ProcessLookupError, OverflowError):
            return True
        except PermissionError:  # it lives, and belongs to somebody else
            return False
        return int(process) == os.getpid()  # a dead one had the number that is now ours
    return time.time() - stage.stat().st_mtime > ABANDONED


def _move(stage: Path, directory: Path, names: Sequence[str]) -> None:
    """Move files by renaming: a process that has the old file mapped, even this one, keeps it whole."""
    main, *others = names
    new = set(os.listdir(stage))
    is_earlier = any((directory / name).exists() for name in names[:2])
    stale = set(names) - new if is_earlier else set()
    for name in new | stale:
        _check_replaceable(directory / name)
    old = Path(mkdtemp(dir=stage))
    done: list[tuple[Path, Path]] = []

    def rename(source: Path, target: Path) -> None:
        os.rename(source, target)
        done.append((source, target))

    def take_away(name: str) -> None:
        if os.path.lexists(directory / name):
            rename(directory / name, old / name)

    try:
        for name in ([main] if others else []) + sorted(stale - {main}):
            take_away(name)
        _names_to_disk(directory)
        for name in sorted(new - {main}):
            take_away(name)
            rename(stage / name, directory / name)
        _names_to_disk(directory)
        if main in new:
            os.replace(stage / main, directory / main)
    except BaseException as error:
        _undo(done, directory, error)
        raise
    _names_to_disk(directory)


def _undo(done: Sequence[tuple[Path, Path]], directory: Path, error: BaseException) -> None:
    try:
        for source, target in reversed(done):
            os.rename(target, source)
    except OSError as again:
        problem = f"cannot be written ({error}), nor put back as it was ({again}): its files belong to two models"
        raise WriteError(f"{directory}: {problem}; write it again") from error


def _check_replaceable(path: Path) -> None:
    """Refuse what cannot be renamed back, or is no file."""
    if os.path.lexists(path) and not (stat.S_ISREG(path.lstat().st_mode) or path.is_symlink()):
        raise OSError(f"{path.name} is a directory, a device or a pipe")


def _names_to_disk(directory: Path) -> None:
    with suppress(OSError):  # not all systems can
        to_disk(directory)
