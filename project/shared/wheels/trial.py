"""Wheels in a new environment: whether they install there, and do the same as here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import Distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import spacy

from project.shared.arguments import StepError

from .closure import read_wheel
from .commands import run

ANNOTATE = """
import json, sys, spacy
nlp = spacy.load(sys.argv[1])
print(json.dumps([doc.to_json() for doc in nlp.pipe(json.load(sys.stdin))]))
"""


class Environment:
    """A new environment with a wheel in it.

    Args:
        python: Its Python.
    """

    def __init__(self, python: Path):
        self.python = python

    def call(self, *arguments: object, given: str = "") -> str:
        """Return what its Python prints. Raises StepError where it fails."""
        return run([self.python, "-I", *arguments], given=given, is_apart=True)

    def annotate(self, name: str, texts: Sequence[str]) -> Any:
        """Return what an installed pipeline finds in texts, as JSON."""
        return json.loads(self.call("-c", ANNOTATE, name, given=json.dumps(list(texts))).splitlines()[-1])


@contextmanager
def installed(wheel: Path, *, links: Path, lent: Sequence[Distribution]) -> Iterator[Environment]:
    """Install a wheel by `pip install --no-index --find-links` where there is nothing else.

    Args:
        wheel: The wheel.
        links: A folder with the wheels that it needs.
        lent: Distributions of this environment that are there as well, by links to their files.

    Yields:
        The environment, which is gone afterwards.

    Raises:
        StepError: It cannot be installed; the message has what pip says.
    """
    about = read_wheel(wheel)
    with TemporaryDirectory() as folder:
        try:
            venv.create(folder, with_pip=True)
        except (subprocess.CalledProcessError, OSError) as error:
            raise StepError(f"a new environment cannot be made ({error}); python3-venv may be missing") from error
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        environment = Environment(python)
        site = Path(environment.call("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        for dist in lent:
            lend(dist, site)
        options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-index", "--find-links", links]
        environment.call("-m", "pip", "install", *options, f"{about.metadata['Name']}=={about.version}")
        yield environment


def lend(dist: Distribution, site: Path) -> None:
    """Link the files of a distribution, each alone: folders may belong to several of them."""
    for path in dist.files or ():
        source, target = Path(str(path.locate())), site / path
        if ".." not in path.parts and source.is_file() and not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)


def compare(environment: Environment, name: str, model: Path, texts: Sequence[str]) -> None:
    """Raise StepError unless an installed pipeline does the same as the one that it was made of.

    Args:
        environment: Where it is installed.
        name: Of the package.
        model: The saved pipeline.
        texts: What both annotate.
    """
    expected = json.loads(json.dumps([doc.to_json() for doc in spacy.load(model).pipe(texts)]))
    for text, here, there in zip(texts, expected, environment.annotate(name, texts), strict=True):
        if here != there:
            raise StepError(f"{name}: predicts otherwise than {model} for {text!r}\n{there}\n{here}\n")
