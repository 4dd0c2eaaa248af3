"""Lines of JSON, each an object with some fields."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

from pydantic import BaseModel, StringConstraints, ValidationError

from project.shared.assets import CorpusError
from project.shared.corpora.lines import read_lines

Text: TypeAlias = Annotated[str, StringConstraints(pattern=r"\S")]  # not empty, and not spaces alone


class Record(BaseModel, strict=True):
    """An object. Its fields say what it has to have; what else it has is not looked at."""


AnyRecord = TypeVar("AnyRecord", bound=Record)


def read_records(path: Path, kind: type[AnyRecord]) -> Iterator[tuple[str, AnyRecord]]:
    """Yield the place of each line that is not empty, as "train.jsonl:7", and its object.

    Raises:
        CorpusError: The file is missing, empty or not UTF-8, or a line is no such object.
    """
    is_empty = True
    for number, line in read_lines(path):
        if line.strip():
            is_empty = False
            place = f"{path}:{number}"
            yield place, parse(kind, line, place)
    if is_empty:
        raise CorpusError(f"{path}: empty; get it again")


def parse(kind: type[AnyRecord], text: str, place: str) -> AnyRecord:
    """Return what JSON says. Raises CorpusError with the place in front, the field and what is wrong with it."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise CorpusError(f"{place}: {where + ': ' if where else ''}{first['msg']}; mend the file") from error
