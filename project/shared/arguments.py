"""Arguments of steps: the variables of a project.yml, which people set on the command line."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache, wraps
from pathlib import Path
from typing import NoReturn

import spacy
from wasabi import msg

from spacy_elmo.util.files import printable

from .workspace import Workspace

Main = Callable[[Workspace, Sequence[str]], None]


class StepError(ValueError):
    """What ends a step with a message: it says what is wrong, where, and what to do."""


def clear_errors(main: Main) -> Main:
    """Let a step end with a message where it fails, and with 130 at Ctrl-C. Lines after the first stay as they are."""

    @wraps(main)
    def run(workspace: Workspace, arguments: Sequence[str]) -> None:
        try:
            main(workspace, arguments)
        except (ValueError, OSError) as error:
            title, _, rest = str(error).partition("\n")
            msg.fail(printable(title))
            print(rest, end="\n" if rest else "")
            sys.exit(1)
        except KeyboardInterrupt:
            msg.warn("Interrupted. What was done is kept: the same command goes on from there")
            sys.exit(130)

    return run


class Parser(argparse.ArgumentParser):
    """A parser that ends with a message alone."""

    def __init__(self, description: str):
        super().__init__(description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise StepError."""
        raise StepError(message.removeprefix("argument --"))


def whole_number(smallest: int) -> Callable[[str], int]:
    """Return a type of arguments: whole numbers of at least `smallest`."""

    def convert(value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value) or int(value) < smallest:
            raise argparse.ArgumentTypeError(f"{value!r}: must be a whole number of at least {smallest}")
        return int(value)

    return convert


def seed_list(value: str) -> list[int]:
    """Return the numbers of a list as `0,1,2`, each once; none for an empty one."""
    convert = whole_number(0)
    return list(dict.fromkeys(convert(seed.strip()) for seed in value.split(","))) if value.strip() else []


def names_of(known: Collection[str], kind: str) -> Callable[[str], list[str]]:
    """Return a type of arguments: names with commas between them, each once; none for an empty list.

    Args:
        known: All names that there are.
        kind: What they are names of, in one word.
    """

    def convert(value: str) -> list[str]:
        names = list(dict.fromkeys(name.strip() for name in value.split(","))) if value.strip() else []
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r}: no such {kind}; choose from {', '.join(known)}")
        return names

    return convert


def given_path(value: str) -> Path:
    """Return a path, which must not be empty: that would be the folder of the project."""
    if not value.strip():
        raise argparse.ArgumentTypeError(f"{value!r}: must be the path of a file or folder")
    return Path(value)


def folder_name(value: str) -> str:
    """Check what becomes the name of a folder; it may be empty."""
    if value and not re.fullmatch(r"\w[\w. -]{0,99}", value):
        problem = "must be letters, digits, spaces and _ - . alone, the first a letter or digit: folders have this name"
        raise argparse.ArgumentTypeError(f"{value!r}: {problem}")
    return value


@lru_cache
def language(value: str) -> str:
    """Check that spaCy has a language, and what it needs."""
    try:
        spacy.blank(value)
    except Exception as error:  # of the modules that languages import, too
        reason = str(error).splitlines()[0]
        raise argparse.ArgumentTypeError(f"{value!r}: not a language that spaCy can make here ({reason})") from error
    return value
