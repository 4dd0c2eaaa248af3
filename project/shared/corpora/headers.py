"""What the columns of a file hold: by a setting, or by its first line."""

from __future__ import annotations

from collections.abc import Sequence

from project.shared.assets import CorpusError

NAMES = {
    "word": {"word", "words", "token", "tokens", "form"},
    "tag": {"tag", "tags", "ner", "ner_tag", "ner_tags", "iob", "iob2", "bio", "ne", "entity", "label", "labels"},
    "category": {"category", "label", "class", "sentiment", "polarity", "topic", "intent", "target", "cat"},
    "text": {"text", "texts", "sentence", "review", "tweet", "document", "comment"},
}


def find_columns(cells: Sequence[str], kinds: Sequence[str]) -> dict[str, int]:
    """Return the place of the first cell with a name of each kind, for those that have one."""
    lower = [cell.strip().lower() for cell in cells]
    return {kind: i for kind in kinds for i in [_first(lower, NAMES[kind])] if i is not None}


def _first(cells: list[str], names: set[str]) -> int | None:
    return next((i for i, cell in enumerate(cells) if cell in names), None)


def parse_columns(columns: str, kinds: Sequence[str]) -> dict[str, int]:
    """Return the place of each kind by a setting as `_,word,tag`. Raises CorpusError where one is missing."""
    found = find_columns(columns.split(","), kinds)
    if len(found) < len(kinds):
        example = ",".join(["_", *kinds])
        raise CorpusError(
            f"columns = {columns!r}: must name {' and '.join(kinds)}, in the order of the file, and _ for what is left"
            f" out, as {example}"
        )
    return found
