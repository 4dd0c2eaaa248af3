"""Small files, read with errors that name them, and directories written as a whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


class WeightsError(ValueError):
    """Weights that cannot be used; the message names the file, the field and the remedy."""


class WriteError(OSError):
    """A place where nothing can be written; the message names it and says why."""


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file of a model, with its line ends as they are.

    Args:
        path: The file.

    Raises:
        WeightsError: Where there is no such file, or it is not UTF-8 text.
    """
    try:
        return path.read_bytes().decode("utf8")
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); is the model complete?") from error
    except UnicodeDecodeError as error:
        raise WeightsError(f"{path}: not UTF-8 text ({error}); save it in this encoding") from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file of a model.

    Args:
        path: The file.

    Raises:
        WeightsError: Where there is no such file, or it holds no object.
    """
    try:
        values = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise WeightsError(f"{path}: not JSON ({error}); copy or download it again") from error
    if not isinstance(values, dict):
        raise WeightsError(f"{path}: holds {values!r:.50} where a JSON object is needed")
    return values


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON object, in lines that people can read."""
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf8")


def read_words(path: Path) -> tuple[str, ...]:
    """Return the words of a vocabulary file, one a line.

    Args:
        path: The file.

    Raises:
        WeightsError: Where there is no such file, or it is not UTF-8 text.
    """
    return _lines(read_text(path))


def write_words(path: Path, words: Sequence[str]) -> None:
    """Write a vocabulary file, one word a line.

    Args:
        path: The file.
        words: The words.

    Raises:
        WeightsError: For a word that would not come back from the file.
    """
    text = "".join(f"{word}\n" for word in words)
    for word in words if _lines(text) != tuple(words) else ():
        if _lines(f"{word}\n") != (word,):
            raise WeightsError(f"{path.name}: the word {word!r} has a line end, and a line is a word; leave it out")
    try:
        path.write_bytes(text.encode("utf8"))
    except UnicodeEncodeError as error:
        raise WeightsError(f"{path.name}: a word is not Unicode text ({error}); leave it out") from error


def _lines(text: str) -> tuple[str, ...]:
    lines = text.split("\n")
    return tuple(line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1]))


@contextmanager
def staged(directory: Path, names: Sequence[str]) -> Iterator[Path]:
    """Write files into a directory: all of them, or nothing.

    The block writes into an empty folder. When it ends, the files move into the directory. When it fails, the
    directory stays as it was, or absent.

    Args:
        directory: Made if it is missing.
        names: Every file that such a directory can have, the main one first. Where that one is there already, those
            that the block does not write are removed.

    Yields:
        The empty folder.

    Raises:
        WriteError: Where the system refuses. The directory is named.
    """
    try:
        with new_folder(directory), TemporaryDirectory(prefix=".staged-", dir=directory) as stage:
            yield Path(stage)
            _move(Path(stage), directory, names)
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


def _move(stage: Path, directory: Path, names: Sequence[str]) -> None:
    """Move files by replacing: a process that has the old file mapped, even this one, keeps it whole."""
    held_earlier = (directory / names[0]).exists()
    new = sorted(os.listdir(stage))
    for name in new:
        os.replace(stage / name, directory / name)
    for name in set(names) - set(new) if held_earlier else ():
        (directory / name).unlink(missing_ok=True)
