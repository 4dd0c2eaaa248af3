"""The tokenizers of spaCy pipelines that are installed, or in a folder."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import spacy.util
import srsly
from spacy.language import Language

from ..util.digests import digest_file

CONFIG, TOKENIZER = "config.cfg", "tokenizer"


def load_tokenizer(name: str, lang: str) -> Language:
    """Load the tokenizer of a pipeline, and none of its components, vectors and words.

    Args:
        name: Name of an installed pipeline, or path of its folder, as `spacy.load` takes them.
        lang: Code of the language that it must be of.

    Returns:
        A pipeline without components.

    Raises:
        ValueError: There is no such pipeline, it cannot be loaded, or it is of another language.
    """
    folder = _find(name)
    try:
        pipes = spacy.util.load_config(folder / CONFIG)["nlp"]["pipeline"]
        nlp = spacy.util.load_model_from_path(folder, exclude=[*pipes, "vocab"])
    except Exception as error:  # whatever code a language, a tokenizer or a callback has
        reason = " ".join(str(error).split()) or type(error).__name__
        problem = f"spaCy cannot load its tokenizer ({reason})"
        raise ValueError(f"tokenizer = {name!r}: {problem}; install what it needs, or name another") from error
    if nlp.lang != lang:
        problem = f"is of a pipeline for {nlp.lang!r}, and the text is read as {lang!r}"
        raise ValueError(f"tokenizer = {name!r}: {problem}; correct lang, or name another tokenizer")
    return nlp


def describe_tokenizer(name: str) -> list[dict[str, str]]:
    """Return facts by which a change of a pipeline's tokenizer shows: its settings and its files, and nothing else.

    Args:
        name: As of `load_tokenizer`.

    Raises:
        ValueError: There is no such pipeline.
    """
    folder = _find(name)
    try:
        settings = spacy.util.load_config(folder / CONFIG)["nlp"].get(TOKENIZER)
        found = sorted(path for path in (folder / TOKENIZER, *folder.glob(f"{TOKENIZER}/**/*")) if path.is_file())
        facts: list[Any] = [settings, *([path.relative_to(folder).as_posix(), digest_file(path)] for path in found)]
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"tokenizer = {name!r}: {folder} cannot be read ({error}); correct it") from error
    digest = hashlib.blake2b(srsly.json_dumps(facts, sort_keys=True).encode("utf8"), digest_size=16).hexdigest()
    return [{"name": folder.name, "digest": digest}]


def _find(name: str) -> Path:
    """Return the folder of a pipeline. Raises ValueError where there is none."""
    folder = Path(name).expanduser()
    if spacy.util.is_package(name):
        with suppress(ImportError):  # a package of another kind
            folder = spacy.util.get_package_path(name)
            folder = next((path.parent for path in sorted(folder.glob(f"*/{CONFIG}"))), folder)  # NAME-VERSION
    if not folder.is_dir():
        remedy = "name one that is installed, or the folder of one"
        raise ValueError(f"tokenizer = {name!r}: no pipeline has this name, and no folder; {remedy}")
    if not (folder / CONFIG).is_file():
        remedy = "name the folder that `nlp.to_disk` or `spacy train` wrote"
        raise ValueError(f"tokenizer = {name!r}: {folder} has no {CONFIG}, so it is no pipeline; {remedy}")
    return folder
