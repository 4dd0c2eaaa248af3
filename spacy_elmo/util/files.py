"""Small files of a model, read with errors that name them, and a directory written as a whole or not at all."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Iterator, Mapping, Sequence


class WeightsError(ValueError):
    """Weights that cannot be read or written; the message names the file, the field and the remedy."""


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, line ends as they are. Raises WeightsError where there is none."""
    try:
        return path.read_bytes().decode("utf8")
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); is the model complete?") from error
    except UnicodeDecodeError as error:
        raise WeightsError(f"{path}: not UTF-8 text ({error}); save it in this encoding") from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file. Raises WeightsError where there is none."""
    try:
        values = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise WeightsError(f"{path}: not JSON ({error}); copy or download it again") from error
    if not isinstance(values, dict):
        raise WeightsError(f"{path}: holds {values!r:.50} where a JSON object is needed")
    return values


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON object for people to read."""
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf8")


def read_words(path: Path) -> tuple[str, ...]:
    """Return the lines of a vocabulary file, one word each. Raises WeightsError where it is not UTF-8 text."""
    return _lines(read_text(path))


def write_words(path: Path, words: Sequence[str]) -> None:
    """Write a vocabulary file. Raises WeightsError for words that would not come back from it."""
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
    """Yield an empty folder to write a model into. When the block ends, the files move into the directory; when it
    fails, the directory stays as it was, or absent.

    directory: made if it is missing.
    names: every file a model can have, its weights first; those an earlier model left in the directory are removed.
    Raises WeightsError naming the directory where the system refuses.
    """
    made = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".staged-", dir=directory) as stage:
            yield Path(stage)
            _move(Path(stage), directory, names)
    except BaseException as error:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            problem = f"cannot be written ({error.strerror or error}); nothing was changed"
            raise WeightsError(f"{directory}: {problem}; choose another place") from error
        raise


def _move(stage: Path, directory: Path, names: Sequence[str]) -> None:
    """Replacing a file leaves it whole for whoever has it mapped, this process included."""
    held_model = (directory / names[0]).exists()
    new = sorted(os.listdir(stage))
    for name in new:
        os.replace(stage / name, directory / name)
    for name in set(names) - set(new) if held_model else ():
        (directory / name).unlink(missing_ok=True)
