"""Where weights come from: the name of an installed model, a model directory, or published weights. No network."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from ..bilm import BiLM
from ..formats.allennlp.weights import read_published
from ..formats.model_directory import CONFIG, WEIGHTS, Head, WeightsError, read_head, read_model

GROUP = "spacy_elmo_models"  # an entry point of this group is a model directory, or a function that returns one


def names() -> list[str]:
    """Return the names of the installed models."""
    return sorted(_entry_points())


def find_pretrained(name_or_path: str | Path) -> Path:
    """Return where the weights are.

    name_or_path: the name of an installed model; or the path of a model directory, of a published weights file, or of
        a directory that has one. A string without separator and without suffix is a name, whatever folders there are;
        "./NAME" is the folder.
    RETURNS: a path that exists.
    Raises WeightsError for an unknown name, and for a path where nothing is.
    """
    if isinstance(name_or_path, str) and _is_name(name_or_path):
        path = _installed(name_or_path)
    else:
        path = Path(name_or_path)
    if not path.exists():
        raise WeightsError(f"{path}: no such file or directory; give a model directory, a weights file, or a name")
    return path


def is_model_directory(path: Path) -> bool:
    """Tell a directory in the native format, be it broken, from published weights."""
    return any((path / name).exists() for name in (CONFIG, WEIGHTS))


def load_pretrained(name_or_path: str | Path) -> tuple[BiLM, dict[str, Any]]:
    """Load a model from wherever `find_pretrained` finds it.

    RETURNS: the model, frozen, and the facts of its meta.json.
    Raises WeightsError for weights that are missing, broken or do not fit together.
    """
    path = find_pretrained(name_or_path)
    if is_model_directory(path):
        return read_model(path)
    model, meta, _ = read_published(path)
    return model, meta


def load_with_head(name_or_path: str | Path, **published: Any) -> tuple[BiLM, dict[str, Any], Head | None]:
    """Load a model and the head of its language model, None where it has none.

    published: settings of `read_published`, for published weights only.
    Raises WeightsError as `load_pretrained`, and for such settings where the source is a model directory.
    """
    path = find_pretrained(name_or_path)
    if not is_model_directory(path):
        return read_published(path, **published)
    if published:
        settings = ", ".join(published)
        raise WeightsError(f"{path}: {settings} cannot be set for a model directory, only for published weights")
    return *read_model(path), read_head(path)


def _entry_points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _is_name(text: str) -> bool:
    return text not in (".", "..") and not Path(text).suffix and "/" not in text and "\\" not in text


def _installed(name: str) -> Path:
    points = _entry_points()
    if name not in points:
        installed = ", ".join(sorted(points)) or "none"
        known = f"no model named {name!r} is installed (installed: {installed})"
        raise WeightsError(f"{known}; for a folder, write './{name}'")
    try:
        target = points[name].load()
        return Path(target() if callable(target) else target)
    except Exception as error:
        broken = f"the installed model {name!r} ({points[name].value}) is broken: {error}"
        raise WeightsError(f"{broken}; install it again") from error
