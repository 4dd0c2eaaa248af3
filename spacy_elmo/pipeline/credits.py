"""Whose work the weights are: their licence and sources in the meta of a pipeline, which spaCy's commands show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from weakref import ref

from spacy.language import Language

KEYS = ("name", "author", "url", "license")  # that spaCy and the hub's model cards know of a source


class Credits:
    """Fills `license` and `sources` in the meta of a pipeline where a user has said nothing.

    Args:
        nlp: The pipeline.
    """

    def __init__(self, nlp: Language):
        self._nlp = ref(nlp)
        self._given: dict[str, Any] = {}

    def update(self, facts: Mapping[str, Any]) -> None:
        """Fill in what the facts of weights say, in place of what those of earlier weights said."""
        nlp = self._nlp()
        if nlp is None:
            return
        for key, value in (("license", _text(facts, "license")), ("sources", list(_sources(facts)))):
            if nlp.meta.get(key) in (None, "", [], self._given.get(key)):
                nlp.meta[key] = self._given[key] = value


def _sources(facts: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the weights themselves, and the text that they were trained on."""
    name = _text(facts, "name")
    if name:
        yield {**_known(facts), "name": f"{name} {_text(facts, 'version')}".strip()}
    data = facts.get("training_data")
    for source in data if isinstance(data, list) else [data]:
        if isinstance(source, str) and source:
            yield {"name": source}
        elif isinstance(source, Mapping) and _text(source, "name"):
            yield _known(source)


def _known(facts: Mapping[str, Any]) -> dict[str, str]:
    return {key: _text(facts, key) for key in KEYS if _text(facts, key)}


def _text(facts: Mapping[str, Any], key: str) -> str:
    value = facts.get(key)
    return value if isinstance(value, str) else ""
