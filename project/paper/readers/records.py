"""Lines of JSON, each an object with some fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from project.features.scripts.corpora.lines import read_lines
from project.shared.assets import CorpusError


def read_records(path: Path, **fields: type) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of each line that is not empty, and its object.

    Args:
        path: The file.
        **fields: What each object has, and of which type.

    Raises:
        CorpusError: The file is missing, empty or not UTF-8, or a line is no object with these fields.
    """
    number = 0
    for number, line in read_lines(path):
        if line.strip():
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise CorpusError(f"{path}:{number}: not JSON ({error}); give an object a line") from error
            if not isinstance(record, dict):
                raise CorpusError(f"{path}:{number}: {type(record).__name__} where an object is needed, a line each")
            for name, kind in fields.items():
                if not isinstance(record.get(name), kind):
                    raise CorpusError(f"{path}:{number}: no {kind.__name__} {name!r} in the object; every line has one")
            yield number, record
    if not number:
        raise CorpusError(f"{path}: empty; get it again")
