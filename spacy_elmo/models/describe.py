"""What the files of a model say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..formats import WeightsError, allennlp, is_model_directory, model_directory
from ..util.files import read_json
from .load import find_model, load_model


def check_files(name_or_path: str | Path) -> None:
    """Check that the files of a model are, to the last byte, those that were written.

    Args:
        name_or_path: As `find_model` takes it.

    Raises:
        WeightsError: Where one of them is not, and where the model has no digests to compare with.
    """
    path = find_model(name_or_path)
    if not (is_model_directory(path) and model_directory.check(path)):
        raise WeightsError(f"{path}: has no digests of its files to check; `convert` makes a model that has them")


def read_facts(name_or_path: str | Path | None) -> dict[str, Any]:
    """Return the facts of meta.json, without loading weights; none where there is no such file, or no model."""
    try:
        path = find_model(name_or_path or "")
        return read_json(path / model_directory.META) if is_model_directory(path) else {}
    except WeightsError:  # loading will say it
        return {}


def describe_model(name_or_path: str | Path) -> dict[str, Any]:
    """Return the facts of meta.json and, under keys of their own, what the files say.

    Args:
        name_or_path: As `find_model` takes it.

    Returns:
        JSON-ready values; "bytes" counts all files of the model, "vocabulary" the words of its head.

    Raises:
        WeightsError: For weights that cannot be loaded.
    """
    path = find_model(name_or_path)
    is_directory = is_model_directory(path)
    model, meta, head = load_model(path)
    files = [file for file in path.iterdir() if file.is_file()] if path.is_dir() else allennlp.list_files(path)
    meta.pop("license_text", None)
    return {
        **meta,
        "path": str(path),
        "config": model.config.to_dict(),
        "width": model.config.width,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "dtype": model_directory.stored_dtype(path) if is_directory else "float32",
        "bytes": sum(file.stat().st_size for file in files),
        "vocabulary": None if head is None else len(head.words),
    }
