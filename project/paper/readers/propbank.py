"""Semantic roles, a sentence a line of JSON: PropBank on the English Web Treebank."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from project.shared.assets import CorpusError

from .records import Record, Text, read_records


class Argument(Record):
    """A role, the first token of what has it and the one behind."""

    role: Text
    start: int
    end: int


class Frame(Record):
    """The token of a predicate, its sense and its arguments."""

    i: int
    roleset: Text
    args: list[Argument]


class Sentence(Record):
    """Words, whether a space is behind each, and predicates."""

    tokens: list[Text] = Field(min_length=1)
    space_after: list[bool]
    predicates: list[Frame]


def read_propbank(path: Path, vocab: Vocab) -> Iterator[Doc]:
    """Yield a Doc a sentence.

    `doc.spans["srl"]` has the arguments: `label_` is the role, "V" that of the predicate itself, and `id_` the number
    of the predicate's token. `doc.spans["predicates"]` has the tokens of predicates, with their senses as labels. A
    predicate that is annotated twice counts once.

    Args:
        path: A file with `tokens`, `space_after` and `predicates`, which have `i`, `roleset` and `args`, which have
            `role`, `start` and `end`.
        vocab: Of the Docs.

    Raises:
        CorpusError: The file is missing, empty or not UTF-8, or a line is no such sentence.
    """
    for place, sentence in read_records(path, Sentence):
        if len(sentence.space_after) != len(sentence.tokens):
            problem = f"{len(sentence.space_after)} of {len(sentence.tokens)} tokens"
            raise CorpusError(f"{place}: space_after: {problem}; mend the file")
        starts: list[bool | int | None] = [i == 0 for i in range(len(sentence.tokens))]
        doc = Doc(vocab, words=sentence.tokens, spaces=sentence.space_after, sent_starts=starts)
        frames = {frame.i: frame for frame in reversed(sentence.predicates)}
        doc.spans["predicates"] = [_make_span(doc, i, i + 1, frames[i].roleset, "", place) for i in sorted(frames)]
        doc.spans["srl"] = [
            _make_span(doc, found.start, found.end, found.role, str(i), place)
            for i in sorted(frames)
            for found in frames[i].args
        ]
        yield doc


def _make_span(doc: Doc, start: int, end: int, label: str, name: str, place: str) -> Span:
    if not 0 <= start < end <= len(doc):
        problem = f"{label} from token {start} to {end} in a sentence of {len(doc)} tokens"
        raise CorpusError(f"{place}: predicates: {problem}; mend the file")
    return Span(doc, start, end, label=label, span_id=name)
