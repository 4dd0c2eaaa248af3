"""Where weights come from: the name of an installed or downloaded model, a directory, published weights. No network."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from ..formats import Head, Pretrained, WeightsError, elmoformanylangs, explain, find_format, load, model_directory
from .catalogue import LIST, find_downloaded, known_facts

BEST = "model-best"  # of a run of `pretrain`, and of `spacy train`
GROUP = "spacy_elmo_models"  # an entry point of this group is a model directory, or a function that returns one


def model_names() -> list[str]:
    """Return the names of the installed models."""
    return sorted(_entry_points())


def find_model(name_or_path: str | Path) -> Path:
    """Return where the weights of a model are.

    Args:
        name_or_path: The name of an installed or downloaded model; or the path of a model directory or a file in it, of
            a published weights file or its options file, or of a directory that has one of these: a run of `pretrain`
            (its `model-best`), a pipeline. A string without separator and without suffix is a name, whatever folders
            there are; "./NAME" is the folder. "~" is the user's folder.

    Returns:
        A path that exists.

    Raises:
        WeightsError: For a name that is unknown or not downloaded, for a path where nothing is, and for a directory
            with several models.
    """
    if isinstance(name_or_path, str) and _is_name(name_or_path):
        path = _named(name_or_path)
    elif "://" in str(name_or_path):
        remedy = "download the weights and their options file into one folder, and name that"
        raise WeightsError(f"{name_or_path}: an address, and loading uses no network; {remedy}")
    else:
        path = Path(name_or_path).expanduser()
    if not path.exists():
        raise WeightsError(f"{path}: no such file or directory; give a model directory, a weights file, or a name")
    return _model_at(path)


def _model_at(path: Path) -> Path:
    """Return the model that a path means."""
    of_folders = (model_directory, elmoformanylangs)
    if path.is_file() and any(path.name in kind.FILES and kind.recognises(path.parent) for kind in of_folders):
        return path.parent
    if not path.is_dir() or find_format(path) is not None:
        return path
    if (path / BEST).is_dir():
        return _model_at(path / BEST)
    models = sorted(part for part in path.iterdir() if part.is_dir() and model_directory.recognises(part))
    if len(models) > 1:
        raise WeightsError(f"{path}: has several models; name one, as {models[0]}")
    return models[0] if models else path


def check_loadable(name_or_path: str | Path) -> None:
    """Check that something of a known format is where `find_model` looks. Its weights are not read.

    Raises:
        WeightsError: Where nothing is there, or something else.
    """
    path = find_model(name_or_path)
    if find_format(path) is None:
        raise WeightsError(f"{path}: {explain(path)}")


def load_model(name_or_path: str | Path, *, with_head: bool = True, **settings: Any) -> Pretrained:
    """Load a model from wherever `find_model` finds it.

    Args:
        name_or_path: Name or path, see `find_model`.
        with_head: Whether to read the softmax of its language model, if there is one.
        **settings: Settings of `formats.allennlp.read`, for published weights only.

    Returns:
        The model, frozen; facts about it; and the head of its language model, None where it has none.

    Raises:
        WeightsError: For weights that are missing, broken or do not fit together.
    """
    path = find_model(name_or_path)
    found = load(path, with_head=with_head, **settings)
    return found._replace(meta={**known_facts(name_or_path, path), **found.meta})


def require_head(name_or_path: str | Path, head: Head | None) -> Head:
    """Return the softmax of a model, for what predicts words.

    Args:
        name_or_path: Where the model comes from, for the message.
        head: Its softmax, None where it has none.

    Raises:
        WeightsError: It has none; the message says how to get one.
    """
    if head is None:
        remedy = "`convert` keeps it where there is one (softmax.hdf5 and vocab.txt beside the weights), and"
        remedy += f" `pretrain --init {name_or_path} --training.frozen true` trains a new one for the model as it is"
        raise WeightsError(f"{name_or_path}: has no softmax, so it predicts no words; {remedy}")
    return head


def _entry_points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _is_name(text: str) -> bool:
    return text not in (".", "..") and not Path(text).suffix and "/" not in text and "\\" not in text


def _named(name: str) -> Path:
    points = _entry_points()
    if name not in points:
        if (downloaded := find_downloaded(name)) is not None:
            return downloaded
        installed = ", ".join(sorted(points)) or "none"
        known = f"no model named {name!r} is installed (installed: {installed})"
        raise WeightsError(f"{known}; for a folder, write './{name}'; `{LIST}` prints the published ones")
    try:
        target = points[name].load()
        return Path(target() if callable(target) else target)
    except Exception as error:
        broken = f"the installed model {name!r} ({points[name].value}) is broken: {error}"
        raise WeightsError(f"{broken}; install it again") from error
