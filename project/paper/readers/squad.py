"""SQuAD's own JSON (Rajpurkar et al. 2016), for those who have it: version 1.1, or 2.0 without what has no answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field
from spacy.language import Language
from spacy.pipeline import Sentencizer
from spacy.tokens import Doc

from project.shared.assets import CorpusError
from project.shared.corpora.lines import read_lines

from .questions import make_question_doc
from .records import Record, parse


class Answer(Record):
    """The text of an answer, and the character of the context that it begins at."""

    text: str = Field(min_length=1)
    answer_start: int = Field(ge=0)


class Question(Record):
    """A question and its answers; none where it has none."""

    id: str
    question: str
    answers: list[Answer]


class Paragraph(Record):
    """A text and the questions about it."""

    context: str
    qas: list[Question]


class Article(Record):
    """The paragraphs of an article of Wikipedia."""

    paragraphs: list[Paragraph]


class Squad(Record):
    """A file."""

    data: list[Article]


def read_squad(path: Path, nlp: Language) -> Iterator[Doc]:
    """Read a Doc for each question that has an answer.

    Args:
        path: A file of SQuAD's JSON.
        nlp: Its tokenizer splits questions and contexts; spaCy's sentencizer finds the sentences of contexts.

    Yields:
        The questions in order, as `make_question_doc` makes them. An answer that begins or ends within a word is made
        longer, to whole words, so the scores of gold answers may differ a little from those of SQuAD's own script.

    Raises:
        CorpusError: For a file that cannot be read, has no questions, or is not as it should be.
    """
    squad = parse(Squad, "\n".join(line for _, line in read_lines(path)), str(path))
    sentencizer = Sentencizer()
    n_questions = 0
    for article in squad.data:
        for paragraph in article.paragraphs:
            context = sentencizer(nlp.make_doc(paragraph.context))
            for question in paragraph.qas:
                if question.answers:
                    place = f"{path}: question {question.id!r}"
                    answered = _add_answers(context, question, place)
                    yield make_question_doc(nlp, question.question, answered, place)
                    n_questions += 1
    if not n_questions:
        raise CorpusError(f"{path}: no questions with answers in it; give a file of SQuAD 1.1")


def _add_answers(context: Doc, question: Question, place: str) -> Doc:
    """Return a copy of a context with the answers to a question."""
    copy = context.copy()
    bounds = [(answer.answer_start, answer.answer_start + len(answer.text)) for answer in question.answers]
    for answer, (start, end) in zip(question.answers, bounds):
        if copy.text[start:end] != answer.text:
            raise CorpusError(f"{place}: {answer.text!r} is not at character {start} of its context; mend the file")
    spans = (copy.char_span(start, end, alignment_mode="expand") for start, end in dict.fromkeys(bounds))
    copy.spans["answers"] = [span for span in spans if span is not None]
    return copy
