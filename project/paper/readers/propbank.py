"""Semantic roles, a sentence a line of JSON: PropBank on the English Web Treebank."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from project.shared.assets import CorpusError


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
        CorpusError: For a file that cannot be read, with the line where it is another format.
    """
    try:
        with path.open(encoding="utf8") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield _make_doc(json.loads(line), vocab)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    problem = f"no {error}" if isinstance(error, KeyError) else error
                    remedy = "give a sentence of PropBank a line, as its README describes"
                    raise CorpusError(f"{path}:{number}: not a sentence with roles ({problem}); {remedy}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); give a file of UTF-8 text") from error


def _make_doc(sentence: dict[str, Any], vocab: Vocab) -> Doc:
    words = sentence["tokens"]
    if not words or not all(words):
        raise ValueError("an empty sentence, or an empty word in it")
    doc = Doc(vocab, words=words, spaces=sentence["space_after"], sent_starts=[i == 0 for i in range(len(words))])
    frames = {frame["i"]: frame for frame in reversed(sentence["predicates"])}
    doc.spans["predicates"] = [_make_span(doc, i, i + 1, frames[i]["roleset"]) for i in sorted(frames)]
    doc.spans["srl"] = [
        _make_span(doc, role["start"], role["end"], role["role"], str(i))
        for i in sorted(frames)
        for role in frames[i]["args"]
    ]
    return doc


def _make_span(doc: Doc, start: int, end: int, label: str, name: str = "") -> Span:
    if not 0 <= start < end <= len(doc):
        raise ValueError(f"{label} from token {start} to {end} in a sentence of {len(doc)} tokens")
    return Span(doc, start, end, label=label, span_id=name)
