"""Small files of a model, read and written with errors that name them."""

from __future__ import annotations

import json
import os
import stat
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LONGEST_TEXT = 2**28  # bytes of a file of text that is read at once


class WeightsError(ValueError):
    """Weights that cannot be used; the message names the file, the field and the remedy."""

    def __init__(self, message: str):
        super().__init__(printable(message))


def printable(text: str) -> str:
    """Return text without what a terminal would obey: control characters, but for line ends and tabs, are spelled."""
    hidden = {character for character in text if unicodedata.category(character) in ("Cc", "Cs")} - {"\n", "\t"}
    return text.translate({ord(character): f"\\u{ord(character):04x}" for character in hidden})


def check_file(path: Path, *, missing: str) -> None:
    """Check that a path is a file that can be read, before anything waits for it.

    Args:
        path: The file, or a link to it.
        missing: What to do where there is none, for the message.

    Raises:
        WeightsError: Where there is none, for a pipe, a device or a directory, and where reading is not allowed.
    """
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except PermissionError as error:
        raise WeightsError(f"{path}: no permission to read it; change its rights") from error
    except (OSError, ValueError) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else getattr(error, "strerror", error)
        raise WeightsError(f"{path}: {reason}; {missing}") from error
    if not is_file:
        raise WeightsError(f"{path}: a directory, a pipe or a device where a file is needed; name a file")
    if not os.access(path, os.R_OK):
        raise WeightsError(f"{path}: no permission to read it; change its rights")


def file_in(folder: Path, name: str) -> Path:
    """Return the path of a file of a directory.

    Raises:
        WeightsError: For a link that leads out of the directory: a model that others made would take files along that
            were never part of it.
    """
    path = folder / name
    if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise WeightsError(f"{path}: a link that leads out of {folder}; put the file itself there")
    return path


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file of a model, with its line ends as they are.

    Args:
        path: The file.

    Raises:
        WeightsError: Where there is no such file, or it is not UTF-8 text, or too long.
    """
    if os.path.exists(path):
        check_file(path, missing="is the model complete?")
    try:
        if path.stat().st_size > LONGEST_TEXT:
            raise WeightsError(f"{path}: longer than {LONGEST_TEXT:,} bytes; is it the right file?")
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
        WeightsError: Where there is no such file, or it holds no object, or what no file can hold.
    """
    return parse_json(read_text(path), path)


def parse_json(text: str, path: Path | str) -> dict[str, Any]:
    """Return the object in a text of JSON.

    Args:
        text: The text.
        path: The file that has it, for messages.

    Raises:
        WeightsError: Where it holds no object, or what no file can hold.
    """
    try:
        values = json.loads(text.removeprefix("\ufeff"))  # which some editors begin text with
        json.dumps(values, ensure_ascii=False).encode("utf8")
    except UnicodeEncodeError as error:
        raise WeightsError(f"{path}: not Unicode text ({error.reason}); correct its escapes") from error
    except (ValueError, RecursionError) as error:  # numbers of too many digits too
        raise WeightsError(f"{path}: not JSON ({error}); copy or download it again") from error
    if not isinstance(values, dict):
        raise WeightsError(f"{path}: holds {type(values).__name__} where a JSON object is needed")
    return values


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON object, in lines that people can read.

    Raises:
        WeightsError: For text that is not Unicode.
    """
    path.write_bytes(json_bytes(values, path.name))


def json_bytes(values: Mapping[str, Any], name: str) -> bytes:
    """Return a JSON object as it stands in a file, in lines that people can read.

    Args:
        values: The object.
        name: Of the file, for the message.

    Raises:
        WeightsError: For text that is not Unicode.
    """
    try:
        return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode("utf8")
    except UnicodeEncodeError as error:
        raise WeightsError(f"{name}: not Unicode text ({error.reason}); leave it out") from error


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
