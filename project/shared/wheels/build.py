"""Wheels of pipelines and of this package, made without a network.

`spacy package` writes the folder of a package, and pip makes the wheel with the setuptools of this environment, which
spaCy needs anyway. Its own `--build wheel` makes an environment of its own, for which it downloads setuptools.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

import srsly

import spacy_elmo

from .commands import run
from .repack import repack

BACKEND = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
SOURCE = Path(spacy_elmo.__file__).parents[1]
SOURCE_FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "MANIFEST.in")
BUILT = shutil.ignore_patterns("__pycache__", "*.so", "*.dll", ".staged-*")


def build_pipeline(model: Path, folder: Path, *, name: str | None = None) -> Path:
    """Make the wheel of a pipeline.

    Args:
        model: The saved pipeline; name, version and all else are those of its meta.json.
        folder: Where the wheel goes.
        name: In place of that in its meta.json.

    Returns:
        The path of the wheel.

    Raises:
        StepError: spaCy or pip fails.
    """
    with TemporaryDirectory() as stage:
        lang = srsly.read_json(model / "meta.json")["lang"]
        named = ["--name", name.removeprefix(f"{lang}_")] if name else []  # spaCy puts the language before it
        run([sys.executable, "-m", "spacy", "package", model, stage, "--build", "none", *named])
        (package,) = Path(stage).iterdir()
        (package / "pyproject.toml").write_text(BACKEND, encoding="utf8")
        return _build(package, folder)


def build_this_package(folder: Path) -> Path:
    """Make the wheel of spacy-elmo and return its path: of the source that runs here, or else of what is installed."""
    if not has_source():
        return repack(distribution("spacy-elmo"), folder)
    with TemporaryDirectory() as stage:  # a build leaves files in the source
        copy = Path(stage) / "source"
        shutil.copytree(SOURCE / "spacy_elmo", copy / "spacy_elmo", ignore=BUILT)
        for name in SOURCE_FILES:
            shutil.copy(SOURCE / name, copy)
        return _build(copy, folder)


def has_source() -> bool:
    """Return whether spacy-elmo runs from a folder that it can be built from."""
    return all((SOURCE / name).is_file() for name in SOURCE_FILES)


def digest_this_package() -> str:
    """Return a digest of what the wheel of spacy-elmo is made from."""
    digest = hashlib.md5()
    files = sorted(path for path in (SOURCE / "spacy_elmo").rglob("*") if path.is_file())
    for path in [*files, *(SOURCE / name for name in SOURCE_FILES if has_source())]:
        if path.suffix not in (".pyc", ".so", ".dll"):
            digest.update(f"{path.relative_to(SOURCE)} {path.stat().st_size} ".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _build(source: Path, folder: Path) -> Path:
    """Build a folder by pip in an empty one, and return the path of the wheel, moved to where it shall go."""
    with TemporaryDirectory(dir=folder) as stage:
        options = ["--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
        run([sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", stage, source])
        (wheel,) = Path(stage).glob("*.whl")
        return wheel.replace(folder / wheel.name)
