"""Files as records, each with its place and what becomes one Doc. One that is broken is reported with its place."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal, TextIO, TypeAlias, cast

from ..text.readers import (
    JSON_ARRAY,
    JSON_OBJECT,
    LONE_SURROGATES,
    LONGEST_DOCUMENT,
    LONGEST_LINE,
    LONGEST_PARAGRAPH,
    SUFFIXES,
    CorpusError,
    Lines,
)
from ..text.tokenize import DOC_BIN, is_doc_bin, read_doc_bin
from ..util.text_files import open_text
from .annotated import CONLLU, Annotation, Found, read_columns, read_conllu, read_iob

Record: TypeAlias = dict[str, Any]
"""Has "id", and "text", or "sentences", or "words", "spaces" and "starts". With the latter two may be "annotations": of
each sentence or of all words, a list of lemma, part of speech and tag."""
Placed: TypeAlias = tuple[str, str]  # FILE:LINE, and the line
OnError: TypeAlias = Literal["fail", "skip"]

INPUTS = (*SUFFIXES, DOC_BIN, ".conllu", ".iob")
MOST_WORDS = 10_000  # of a sentence that is tokenized and is not cut
SHOWN = 10  # broken records that are told one by one
_NOT_TEXT = re.compile("[\0\udc80-\udcff]")  # NUL, and what a byte that is no UTF-8 is read as


class Problems:
    """What becomes of broken records.

    Args:
        on_error: "fail" raises CorpusError at the first, "skip" leaves them out.
        notify: Called with lines for people.

    Attributes:
        count: How many were left out.
    """

    def __init__(self, on_error: OnError, notify: Callable[[str], object]):
        self.on_error, self.notify, self.count = on_error, notify, 0

    def __call__(self, place: str, problem: str, remedy: str) -> None:
        """Report one of them."""
        if self.on_error == "fail":
            raise CorpusError(f"{place}: {problem}; {remedy}, or leave such out by --on-error skip")
        self.count += 1
        if self.count <= SHOWN:
            self.notify(f"Warning: {place}: {problem}; it is left out")

    def tell(self) -> None:
        """Say how many there were that were not told."""
        if self.count > SHOWN:
            self.notify(f"Warning: {self.count:,} lines or records are left out; the first {SHOWN} are told above")


@dataclass(frozen=True)
class Reading:
    """How files are read.

    Attributes:
        lines: What a line of text is, as of `read_documents`.
        whole: Whether a record is a document; if not, a line of text or a sentence of annotated text.
        key: The key of the text in objects of JSON.
        lang: Language of the vocabulary that Docs are read into.
        problems: Hears of broken records.
        annotations: Whether records have what is annotated of their words.
    """

    lines: Lines
    whole: bool
    key: str
    lang: str
    problems: Problems
    annotations: bool = False

    def records(self, file: Path, name: str) -> Iterator[Record]:
        """Yield the records of a file. What it holds decides how it is read, and its name where that does not show.

        Args:
            file: The file.
            name: What places call it.

        Raises:
            CorpusError: It cannot be read, or a record is broken and is not to be left out.
        """
        if is_doc_bin(file):
            yield from self._docs(file, name)
            return
        with open_text(file, error=CorpusError, bad_bytes="surrogateescape") as text:
            if JSON_ARRAY.match(text.head):
                remedy = """write an object a line, as `jq -c ".[]" OLD > NEW.jsonl` does"""
                raise CorpusError(f"{name}:1: an array of JSON, which memory would have to hold; {remedy}")
            if ".jsonl" in file.suffixes or JSON_OBJECT.match(text.head):
                yield from self._objects(self._whole_lines(text.lines, name))
            elif ".conllu" in file.suffixes or CONLLU.match(text.head):
                yield from self._annotated(read_conllu(self._whole_lines(text.lines, name), self.problems))
            elif ".iob" in file.suffixes:
                read = read_iob if b"|" in text.head.lstrip().partition(b"\n")[0] else read_columns
                yield from self._annotated(read(self._whole_lines(text.lines, name), self.problems))
            else:
                yield from self._text(text.lines, name)

    def _whole_lines(self, stream: TextIO, name: str) -> Iterator[Placed]:
        """Yield lines that are text and not too long."""
        for number, pieces in groupby(numbered_lines(stream, LONGEST_LINE), key=itemgetter(0)):
            _, _, line = next(pieces)
            if next(pieces, None) is not None:  # noqa: B031 - the second of the same
                self.problems(f"{name}:{number}", f"longer than {LONGEST_LINE:,} characters", "split it")
            elif self._is_text(f"{name}:{number}", line):
                yield f"{name}:{number}", line

    def _is_text(self, place: str, line: str) -> bool:
        found = _NOT_TEXT.search(line)
        if found:
            what = "it has a NUL character" if found[0] == "\0" else "of another encoding, or damaged"
            self.problems(place, f"not UTF-8 text ({what})", "save it as UTF-8")
        return not found

    def _text(self, stream: TextIO, name: str) -> Iterator[Record]:
        if self.lines == "sentences":
            lines = self._whole_lines(stream, name)
        else:
            pieces = ((_place(name, n, i), line) for n, i, line in numbered_lines(stream, LONGEST_PARAGRAPH))
            lines = ((place, line) for place, line in pieces if self._is_text(place, line))
        for place, block in self._blocks(lines):
            yield from self._make(place, block)

    def _blocks(self, lines: Iterable[Placed]) -> Iterator[tuple[str, list[str]]]:
        """Yield the lines of each record, with its place."""
        if self.whole or self.lines == "wrapped":
            for is_full, block in groupby(lines, key=lambda placed: bool(placed[1])):
                yield from _pieces(block) if is_full else ()
            return
        for place, line in lines:
            if line:
                yield place, [line]
            elif self.lines == "sentences":
                self.problems(place, "a blank line, where each line is a sentence", "remove it")

    def _make(self, place: str, block: list[str]) -> Iterator[Record]:
        if self.lines == "sentences":
            yield from self._tokenized(place, [line.split() for line in block if line])
        elif self.lines == "wrapped":
            yield {"id": place, "text": "\n".join(" ".join(part) for full, part in groupby(block, bool) if full)}
        else:
            yield {"id": place, "text": "\n".join(filter(None, block))}

    def _tokenized(
        self, place: str, sentences: list[list[str]], annotations: Sequence[list[Annotation]] = ()
    ) -> Iterator[Record]:
        if max(map(len, sentences)) > MOST_WORDS:
            self.problems(place, f"a sentence of more than {MOST_WORDS:,} words", "cut it")
        else:
            has_any = self.annotations and any(annotations)
            yield {"id": place, "sentences": sentences, **({"annotations": annotations} if has_any else {})}

    def _objects(self, lines: Iterable[Placed]) -> Iterator[Record]:
        for place, line in lines:
            if not line:
                self.problems(place, "a blank line, where each line is an object", "remove it")
                continue
            try:
                values = json.loads(line)
            except (ValueError, RecursionError) as error:  # numbers of too many digits too
                self.problems(place, f"not JSON ({error})", f'every line must be an object with the key "{self.key}"')
                continue
            name = values.get("id") if isinstance(values, dict) else None
            name = str(name) if isinstance(name, (str, int)) and not isinstance(name, bool) else place
            given = values.get(self.key) if isinstance(values, dict) else None
            yield from self._value(place, _clean(name), given)

    def _value(self, place: str, name: str, given: Any) -> Iterator[Record]:
        """Yield the record of what an object has under its key; a long text is several."""
        if _is_words(given):
            given = [given]
        if isinstance(given, str) and given.strip():
            lines = ((name, line) for _, _, line in numbered_lines(io.StringIO(_clean(given)), LONGEST_PARAGRAPH))
            for i, (_, block) in enumerate(_pieces(lines)):
                yield from self._make(f"{name}+{i}" if i else name, block)
        elif isinstance(given, list) and given and all(map(_is_words, given)):
            yield from self._tokenized(name, [list(map(_clean, sentence)) for sentence in given])
        else:
            what = "no text or words" if given in (None, "", []) or not isinstance(given, str) else "only blanks"
            remedy = "correct or remove the line, or name another --key"
            self.problems(place, f'{what} under the key "{self.key}"', remedy)

    def _annotated(self, found: Found) -> Iterator[Record]:
        """Yield sentences, or the documents that some of them start; without such, each is a document."""
        place, document, has_documents = "", cast(list[list[str]], []), False
        annotated: list[list[Annotation]] = []
        for sentence_place, words, is_first, annotation in found:
            has_documents |= is_first
            is_full = sum(len(word) for sentence in document for word in sentence) > LONGEST_DOCUMENT
            if document and (is_first or is_full or not (self.whole and has_documents)):
                yield from self._tokenized(place, document, annotated)
                document, annotated = [], []
            if words:
                place = place if document else sentence_place
                document.append(words)
                annotated.append(annotation)
        if document:
            yield from self._tokenized(place, document, annotated)

    def _docs(self, file: Path, name: str) -> Iterator[Record]:
        """Yield the words, spaces and sentences of Docs; a Doc without any word but whitespace has no vectors."""
        for i, doc in enumerate(read_doc_bin(file, self.lang)):
            place = f"{name}:{i}"
            try:
                words, spaces = [token.text for token in doc], [bool(token.whitespace_) for token in doc]
                starts = [bool(token.is_sent_start) for token in doc] if doc.has_annotation("SENT_START") else None
                annotations = [[token.lemma_, token.pos_, token.tag_] for token in doc] if self.annotations else []
            except KeyError as error:
                self.problems(place, f"a word of a vocabulary that the file lacks ({error})", "write it again")
                continue
            if any(not word.isspace() for word in words):
                record = {"id": place, "words": words, "spaces": spaces, "starts": starts}
                yield {**record, **({"annotations": annotations} if any(map(any, annotations)) else {})}
            else:
                self.problems(place, "a Doc without words", "remove it")


def numbered_lines(stream: TextIO, longest: int) -> Iterator[tuple[int, int, str]]:
    """Yield the number of each line, of its piece, and the text without the space around it.

    A line is in pieces where it is longer than is asked for: from 0 on, cut between words if possible.
    """
    number, piece, rest = 1, 0, ""
    while part := stream.readline(longest - len(rest)):
        line, rest = rest + part, ""
        is_end = line.endswith("\n")
        end = line.rfind(" ") + 1
        if not is_end and len(line) == longest and line[:end].strip():
            line, rest = line[:end], line[end:]
        yield number, piece, line.strip()
        number, piece = (number + 1, 0) if is_end else (number, piece + 1)
    if rest:
        yield number, piece, rest.strip()


def _pieces(lines: Iterable[Placed]) -> Iterator[tuple[str, list[str]]]:
    """Yield lines together, as many as a document may have characters, with the place of the first."""
    place, block, size = "", cast(list[str], []), 0
    for line_place, line in lines:
        if block and size + len(line) > LONGEST_DOCUMENT:
            yield place, block
            block, size = [], 0
        place = place if block else line_place
        block.append(line)
        size += len(line)
    if any(block):
        yield place, block


def _place(name: str, number: int, piece: int) -> str:
    return f"{name}:{number}+{piece}" if piece else f"{name}:{number}"


def _clean(text: str) -> str:
    return LONE_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text.replace("\0", "\N{REPLACEMENT CHARACTER}"))


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) and word.strip() for word in value)


def count_characters(record: Record) -> int:
    """Return about how many characters a record has."""
    if "text" in record:
        return len(record["text"])
    words = record["words"] if "words" in record else chain.from_iterable(record["sentences"])
    return sum(len(word) + 1 for word in words)
