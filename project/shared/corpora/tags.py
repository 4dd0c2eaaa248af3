"""Tags of entities in any scheme, as IOB2."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from project.shared.assets import CorpusError

TAG = re.compile(r"O|[BIELSUMW](-\S+)?")
BILUO = {"E": "L", "S": "U", "M": "I", "W": "U"}  # from BIOES, BMES and BMEWO
NO_TYPE = "ENTITY"  # the type where tags name none, as in corpora of one type


def is_tag(value: str) -> bool:
    """Return whether a value may be the tag of an entity."""
    return TAG.fullmatch(value) is not None


def looks_like_tag(value: str) -> bool:
    """Return whether a value can hardly be anything else; single letters but O may be parts of speech."""
    return value == "O" or ("-" in value and is_tag(value))


def opens_with_i(sentences: Iterable[list[str]]) -> bool:
    """Return whether tags are in IOB1: I- opens an entity, and B- only one right after another of its type."""
    found = False
    for tags in sentences:
        for before, tag in zip(["O", *tags], tags):
            is_new = before == "O" or before[1:] != tag[1:]
            if tag[:1] not in ("I", "O") and (is_new or tag[:1] != "B"):
                return False
            found |= is_new and tag[:1] == "I"
    return found


def to_iob2(path: Path, numbers: Iterable[int], tags: list[str], *, is_iob1: bool) -> list[str]:
    """Return the tags of a sentence in IOB2.

    Args:
        path: Their file, for messages.
        numbers: The line of each.
        tags: Tags in IOB2, BILUO, BIOES or BMES, with or without types; or in IOB1.
        is_iob1: Whether I- may open an entity.

    Raises:
        CorpusError: For what is no tag, and for one that goes on with an entity where there is none.
    """
    found = []
    entity = ""  # the type of that which may go on
    for number, before, tag in zip(numbers, ["O", *tags], tags):
        if not is_tag(tag):
            raise CorpusError(f"{path}:{number}: tag {tag!r}: must be O, B-TYPE or I-TYPE, or those of BILUO or BIOES")
        letter, _, label = tag.partition("-")
        letter, label = BILUO.get(letter, letter), label or NO_TYPE
        goes_on = letter in "IL" and label == entity
        if letter in "IL" and not goes_on and not is_iob1:
            raise CorpusError(
                f"{path}:{number}: {tag} opens inside an entity, after {before}: IOB2 starts each entity with B-"
            )
        found.append("O" if letter == "O" else f"{'I' if goes_on else 'B'}-{label}")
        entity = label if letter in "BI" else ""
    return found
