"""QAMR (Michael et al. 2018): questions about single sentences, a row of JSON each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field
from spacy.language import Language
from spacy.tokens import Doc

from project.shared.assets import CorpusError

from .questions import make_question_doc
from .records import Record, Text, read_records


class Row(Record):
    """A question.

    Attributes:
        tokens: The words of the sentence.
        question: The text of the question.
        answers: The first word of each answer and the one behind it.
    """

    tokens: list[Text] = Field(min_length=1)
    question: str
    answers: list[tuple[int, int]] = Field(min_length=1)


def read_qamr(path: Path, nlp: Language) -> Iterator[Doc]:
    """Read a Doc for each question.

    Args:
        path: A file of JSON lines with `tokens`, `question` and `answers`, a list of [start, end) in tokens.
        nlp: Its tokenizer splits questions.

    Yields:
        The questions in order, as `make_question_doc` makes them; an answer that was given twice is there once.

    Raises:
        CorpusError: For a file that cannot be read, has no questions, or has a row that is not as it should be.
    """
    for place, row in read_records(path, Row):
        yield make_question_doc(nlp, row.question, _make_context(row, nlp, place), place)


def _make_context(row: Row, nlp: Language, place: str) -> Doc:
    starts: list[bool | int | None] = [i == 0 for i in range(len(row.tokens))]
    context = Doc(nlp.vocab, words=row.tokens, spaces=[True] * len(row.tokens), sent_starts=starts)
    for start, end in row.answers:
        if not 0 <= start < end <= len(context):
            raise CorpusError(f"{place}: answers: [{start}, {end}) of {len(context)} tokens; mend the file")
    context.spans["answers"] = [context[start:end] for start, end in dict.fromkeys(row.answers)]
    return context
