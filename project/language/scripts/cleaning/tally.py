"""What was left out, and why; what was not."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from spacy_elmo.util.files import printable

MOST_NAMES = 20


class Tally:
    """Counts of a text, and names of files.

    Attributes:
        files: Names of files that are left out, by the reason.
        far: Names of files that are used, though their language seems to be another.
        paragraphs: Numbers of paragraphs that are left out, by the reason.
        encodings: Numbers of files, by their encoding.
        figures: Other numbers.
    """

    def __init__(self) -> None:
        self.files: dict[str, list[str]] = defaultdict(list)
        self.far: list[str] = []
        self.paragraphs: Counter[str] = Counter()
        self.encodings: Counter[str] = Counter()
        self.figures: Counter[str] = Counter()

    def describe_left_out(self) -> list[str]:
        """Return a line for each reason: files, of which 20 are named at most, and paragraphs."""
        lines = []
        most = max(1, MOST_NAMES // max(1, len(self.files)))
        for reason, names in sorted(self.files.items()):
            lines.append(f"{_count(len(names), 'file')} left out, {reason}: {_list(names, most)}")
        for reason, n in self.paragraphs.most_common():
            lines.append(f"{_count(n, 'paragraph')} left out: {reason}")
        return lines

    def report(self) -> dict[str, Any]:
        """Return notes and figures, as all steps write them."""
        level = "warning" if self.files else "info"
        notes = [{"level": level, "text": line} for line in self.describe_left_out()]
        if self.far:
            text = f"{_count(len(self.far), 'file')} used, but the language seems to be another than the treebank's"
            notes.append({"level": "warning", "text": f"{text}: {_list(self.far, MOST_NAMES)}"})
        figures = {
            **self.figures,
            "encodings": dict(self.encodings.most_common()),
            "files_left_out": {reason: len(names) for reason, names in sorted(self.files.items())},
            "paragraphs_left_out": dict(self.paragraphs.most_common()),
        }
        return {"notes": notes, "figures": figures}


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _list(names: list[str], most: int) -> str:
    more = f", and {len(names) - most:,} more" if len(names) > most else ""
    return printable(", ".join(names[:most])) + more
