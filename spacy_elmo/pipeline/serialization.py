"""A pipe from its folder and from bytes, which may be damaged, or of another pipe or language."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thinc.api import Config

from ..formats import Pretrained, WeightsError, model_directory
from ..layers.shim import BiLMShim
from ..util.staging import remove_abandoned


def read_folder(path: str | Path, *, with_head: bool = False) -> Pretrained:
    """Read the folder of a pipe, and remove what killed processes left in it: `spacy package` loads, then copies all.

    Args:
        path: The folder.
        with_head: As of `model_directory.read`.

    Raises:
        WeightsError: As `model_directory.read` does.
    """
    pretrained = model_directory.read(path, with_head=with_head)
    remove_abandoned(Path(path))
    return pretrained


def check_override(path: str | Path, pretrained: str | None) -> None:
    """Warn where a pipeline on disk is loaded with another `pretrained` than it was saved with: it has no effect."""
    path = Path(path)
    try:
        saved = Config().from_disk(path.parent / "config.cfg")["components"][path.name]["pretrained"]
    except (OSError, ValueError, KeyError, TypeError):  # the folder of a pipe alone, or a config of another kind
        return
    if saved != pretrained:
        warnings.warn(
            f"pretrained = {pretrained!r} has no effect on a pipeline that is loaded: the weights of {path} are used. "
            f'For others: nlp.get_pipe("{path.name}").initialize(lambda: [], pretrained={pretrained!r})',
            stacklevel=3,
        )


def check_language(pretrained: str, lang: object, expected: str) -> None:
    """Warn where weights are for another language than a pipeline. Either may be unknown."""
    if lang not in (None, "", "xx", expected) and expected not in ("", "xx"):
        warnings.warn(
            f"the weights of '{pretrained}' are for language '{lang}', the pipeline is for '{expected}'", stacklevel=3
        )


@contextmanager
def reading_bytes(shim: BiLMShim, name: str, *, has_weights: bool) -> Iterator[None]:
    """Make one error of all that spaCy, Thinc and MessagePack raise for bytes that no such pipe wrote.

    Args:
        shim: Gets its weights in the block.
        name: Of the pipe, for the message.
        has_weights: Whether weights are asked for.

    Raises:
        WeightsError: For these errors, and where no weights came.
    """
    before = shim.model if shim.is_loaded else None
    try:
        yield
    except WeightsError:
        raise
    except Exception as error:
        problem = f"cut short, or not what `to_bytes` returned ({error})"
        raise WeightsError(f"bytes of the pipe '{name}': {problem}; serialize it again") from error
    if has_weights and (not shim.is_loaded or shim.model is before):
        raise WeightsError(f"bytes of the pipe '{name}': hold no weights; are they of another pipe?")
