"""Files of raw text, whatever they are, into documents of paragraphs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from project.shared.assets import CorpusError
from spacy_elmo.text.readers import JSON_ARRAY, JSON_OBJECT, LONE_SURROGATES, find_files
from spacy_elmo.util.text_files import check_is_text, open_bytes

from .alphabet import Alphabet
from .encodings import Encoding, decode, find_encoding
from .lines import Document, clean_characters, read_documents, split_lines
from .markup import is_markup, read_markup, strip_markup

NO_RECORD = 'lines of JSON without a string under the key "text"'
EMPTY = "empty"
LONGEST_RECORD = 50_000_000  # characters of a line of JSON, which is in memory as a whole


class TextFile(NamedTuple):
    """A file that is open.

    Attributes:
        encoding: Of its text.
        is_markup: Whether it is HTML or XML.
        documents: Its documents, as they are read.
    """

    encoding: Encoding
    is_markup: bool
    documents: Iterator[Document]


def find_text(paths: Iterable[str]) -> list[Path]:
    """Return all files of paths, folders and patterns, whatever their names end in; each once, sorted.

    Raises:
        CorpusError: There is no such file, or a folder has none.
    """
    found: dict[Path, None] = {}
    for name in paths:
        path = Path(name).expanduser()
        if path.is_dir() and not any(child.is_file() for child in path.rglob("*")):
            raise CorpusError(f"{path}: no file in it; give a folder that has text")
        found |= dict.fromkeys(find_files(path, suffixes=("",)))
    return sorted(found)


def encoding_of(path: Path, alphabet: Alphabet, first: int = 0) -> Encoding:
    """Return the encoding of a file. Raises CorpusError for one that is empty, cannot be read, or is no text."""
    try:
        with open_bytes(path, error=CorpusError) as (data, head, _):
            if not head.strip(b"\0 \t\r\n"):
                raise CorpusError(f"{path}: {EMPTY}")
            check_is_text(head)
            return find_encoding(data, alphabet, first)
    except CorpusError:
        raise
    except ValueError as error:  # of what is known not to be text
        raise CorpusError(f"{path}: {error}") from error


@contextmanager
def open_file(
    path: Path,
    alphabet: Alphabet,
    faults: Counter[str],
    on_read: Callable[[int], object] = lambda n: None,
    first: int = 0,
) -> Iterator[TextFile]:
    """Open a file; it is read twice, first for its encoding.

    Args:
        path: The file.
        alphabet: What the text of the language looks like.
        faults: Counts what is left out of it here.
        on_read: Called with the number of bytes that have been read so far, as it is read.
        first: By so many bytes the encoding is found, 0 for all.

    Raises:
        CorpusError: It is empty, cannot be read, is no text, or breaks off where it is compressed.
    """
    encoding = encoding_of(path, alphabet, first)

    def clean(line: str) -> str:
        return clean_characters(strip_markup(line), composed=alphabet.is_composed)

    def count(chunks: Iterable[str]) -> Iterator[str]:
        for chunk in chunks:
            yield chunk
            on_read(position())

    with open_bytes(path, error=CorpusError) as (data, _, position):
        chunks = count(decode(data, encoding))
        head = next(chunks, "")
        chunks = chain([head], chunks)
        start = head.lstrip("\ufeff")[:1000].encode("utf8", "replace")
        if JSON_ARRAY.match(start):
            raise CorpusError(f"""{path}: an array of JSON; write an object a line, as `jq -c ".[]" OLD > NEW.jsonl`""")
        if ".jsonl" in path.suffixes or JSON_OBJECT.match(start):
            texts = ([text] for text in _read_records(chunks, path, faults))
            documents = (read_documents(split_lines(text), clean) for text in texts)
            yield TextFile(encoding, False, chain.from_iterable(documents))
        elif is_markup(head):
            yield TextFile(
                encoding, True, read_documents(split_lines(read_markup(chunks, head)), clean, blank_ends=True)
            )
        else:
            yield TextFile(encoding, False, read_documents(split_lines(chunks), clean))


def _read_records(chunks: Iterable[str], path: Path, faults: Counter[str]) -> Iterator[str]:
    """Yield the texts of lines of JSON; what is none is left out, unless that is all of it."""
    n_records = 0
    for line in _whole_lines(chunks):
        try:
            record = json.loads(line) if line.strip() else {"text": ""}
        except (ValueError, RecursionError):
            record = None
        text = record.get("text") if isinstance(record, dict) else None
        if isinstance(text, str):
            n_records += bool(text)
            yield LONE_SURROGATES.sub("\ufffd", text)
        else:
            faults[NO_RECORD] += 1
    if not n_records:
        raise CorpusError(f'{path}: JSON without a string under the key "text"')


def _whole_lines(chunks: Iterable[str]) -> Iterator[str]:
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split("\n")
        yield from lines
        rest = rest if len(rest) <= LONGEST_RECORD else ""
    yield rest
