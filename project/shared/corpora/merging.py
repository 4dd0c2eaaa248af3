"""Multiword tokens: several words of a sentence that the text writes as one, as French *du* for *de le*."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from graphlib import TopologicalSorter
from typing import Any, NamedTuple

Splitter = Callable[[str], Sequence[str]]


class Multiword(NamedTuple):
    """A multiword token.

    Attributes:
        form: What the text writes.
        start: The index of its first word.
        end: That of the word behind its last one.
    """

    form: str
    start: int
    end: int


def merge(
    values: dict[str, Any], multiword: Sequence[Multiword], split: Splitter | None
) -> tuple[dict[str, Any], list[tuple[int, int]]]:
    """Make multiword tokens one token each where a tokenizer does not split them into their words.

    Args:
        values: Keyword arguments of `Doc`, with a value a word.
        multiword: The multiword tokens, in their order.
        split: What a tokenizer makes of a form; None keeps all words.

    Returns:
        Keyword arguments of `Doc`, with a value a token, and the start and the end of each multiword token in it. What
        is merged has the part of speech, head and relation of the word that is nearest to the root (the first of
        several), its tags joined by "_", its lemmas by a space, and its features united.
    """
    words = values["words"]
    merged = [m for m in multiword if split is not None and list(split(m.form)) != words[m.start : m.end]]
    forms = {m.start: m for m in merged}
    groups: list[range] = []
    while (start := groups[-1].stop if groups else 0) < len(words):
        groups.append(range(start, forms[start].end if start in forms else start + 1))
    token_of = [number for number, group in enumerate(groups) for _ in group]
    spans = [(token_of[m.start], token_of[m.end - 1] + 1) for m in multiword]
    if not merged:
        return values, spans
    depths = _depths(values.get("heads", range(len(words))))
    mains = [min(group, key=lambda i: (depths[i], i)) for group in groups]
    found = {}
    for name, given in values.items():
        found[name] = [_JOIN.get(name, _any)([given[i] for i in group]) for group in groups]
    for name in {"pos", "deps"} & values.keys():
        found[name] = [values[name][main] for main in mains]
    found["words"] = [forms[group.start].form if group.start in forms else words[group.start] for group in groups]
    found["spaces"] = [values["spaces"][group.stop - 1] for group in groups]
    if "heads" in values:
        found["heads"] = [token_of[values["heads"][main]] for main in mains]
    if "ents" in values:
        found["ents"] = _reopen(found["ents"])
    return found, spans


def _depths(heads: Sequence[int]) -> list[int]:
    """Return how far each word is from its root. Heads of the words that are nearest lead in no circle."""
    depths = [0] * len(heads)
    for i in TopologicalSorter({i: [head] for i, head in enumerate(heads) if head != i}).static_order():
        depths[i] = depths[heads[i]] + (heads[i] != i)
    return depths


def _any(given: Sequence[Any]) -> Any:
    return next((value for value in given if value), given[0])


def _unite(features: Iterable[str]) -> str:
    """Return features with all values that any word has, as A=1|B=2,3."""
    values: dict[str, set[str]] = {}
    for feature in (feature for text in features if text for feature in text.split("|")):
        name, _, value = feature.partition("=")
        values.setdefault(name, set()).update(value.split(","))
    return "|".join(f"{name}={','.join(sorted(values[name]))}" for name in sorted(values))


def _entity(tags: Sequence[str]) -> str:
    return next((tag for tag in tags if tag != "O"), "O")


def _reopen(tags: Sequence[str]) -> list[str]:
    """Return IOB2 where an entity may have lost the word that opened it."""
    return [
        f"B{tag[1:]}" if tag.startswith("I") and tag[1:] != before[1:] else tag
        for before, tag in zip(["O", *tags], tags)
    ]


_JOIN: dict[str, Callable[[Sequence[Any]], Any]] = {
    "tags": lambda tags: "_".join(filter(None, tags)),
    "lemmas": lambda lemmas: " ".join(filter(None, lemmas)),
    "morphs": _unite,
    "ents": _entity,
}
