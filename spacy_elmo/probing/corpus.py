"""Sentences whose words have tags: CoNLL-U, and Docs as `spacy convert` writes them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple, TextIO, TypeAlias, get_args

from ..embedding.annotated import Placed, read_conllu_rows
from ..embedding.records import MOST_WORDS, numbered_lines
from ..text.readers import LONGEST_LINE, CorpusError
from ..text.tokenize import is_doc_bin, read_doc_bin
from ..util.files import check_file
from ..util.text_files import open_text, refuse_nul

DEV_SHARE = 5  # one sentence in so many is held out of a corpus that has no file for it
NO_LANGUAGE = "xx"  # of Docs: only their words and tags are read


class TaggedWord(NamedTuple):
    """A word, and its tag in each task; "" where it has none."""

    text: str
    xpos: str = ""
    upos: str = ""
    feats: str = ""
    deprel: str = ""
    ner: str = ""


Task: TypeAlias = Literal["xpos", "upos", "feats", "deprel", "ner"]  # the fields, the most usual first
Corpus: TypeAlias = list[list[TaggedWord]]  # sentences


class Tagged(NamedTuple):
    """Sentences of words, and the tag of each word; a word whose tag is "" counts nowhere."""

    words: list[list[str]]
    tags: list[list[str]]


def read_corpus(path: str | Path, limit: int | None = None) -> Corpus:
    """Return the sentences of a file.

    Args:
        path: CoNLL-U, which may be compressed, or Docs that have sentences or are one each.
        limit: How many sentences to take at most, from the first on; None for all.

    Raises:
        ValueError: There is no such file, it is neither of both or broken, or it has no sentences.
    """
    path = Path(path)
    check_file(path, missing="correct the path of the corpus")
    found = list(islice((_read_docs if is_doc_bin(path) else _read_conllu)(path), limit))
    if not found:
        raise CorpusError(f"{path}: has no sentences; name a file of CoNLL-U, or of Docs")
    for number, sentence in enumerate(found, start=1):
        if len(sentence) > MOST_WORDS:
            raise CorpusError(f"{path}: sentence {number}: longer than {MOST_WORDS:,} words; cut it")
    return found


def split_corpus(corpus: Corpus, source: str, seed: int) -> tuple[Corpus, Corpus]:
    """Return the sentences of a corpus to learn from, and those to test on: one in five, drawn at random.

    Args:
        corpus: The sentences.
        source: Where they come from, for messages.
        seed: Of what is drawn.

    Raises:
        CorpusError: There are less than five.
    """
    if len(corpus) < DEV_SHARE:
        problem = f"{len(corpus)} sentences, of which none can be held out"
        raise CorpusError(f"{source}: {problem}; give at least {DEV_SHARE}, or others to test on by --dev")
    held_out = {*random.Random(seed).sample(range(len(corpus)), len(corpus) // DEV_SHARE)}
    train = [sentence for i, sentence in enumerate(corpus) if i not in held_out]
    return train, [corpus[i] for i in sorted(held_out)]


def find_task(corpus: Corpus, source: str) -> Task:
    """Return the first of the tasks that a corpus has tags for.

    Raises:
        CorpusError: It has none.
    """
    for task in get_args(Task):
        if _has(corpus, task):
            return task
    kinds = ", ".join(get_args(Task))
    raise CorpusError(f"{source}: no word has a tag of any kind ({kinds}); give annotated sentences")


def select(corpus: Corpus, task: Task, source: str) -> Tagged:
    """Return the words of a corpus with their tags of one task.

    Raises:
        CorpusError: No word has such a tag.
    """
    if not _has(corpus, task):
        others = [other for other in get_args(Task) if _has(corpus, other)]
        remedy = f"choose another --task ({', '.join(others)})" if others else "give annotated sentences"
        raise CorpusError(f"{source}: no word has a tag of the task {task}; {remedy}")
    return Tagged(
        [[word.text for word in sentence] for sentence in corpus],
        [[getattr(word, task) for word in sentence] for sentence in corpus],
    )


def _has(corpus: Corpus, task: str) -> bool:
    """Return whether there is a tag; that no word has features is none."""
    return any(getattr(word, task) not in ("", "_") for sentence in corpus for word in sentence)


def _read_conllu(path: Path) -> Iterator[list[TaggedWord]]:
    with open_text(path, error=CorpusError) as text:
        for _, rows, _ in read_conllu_rows(_lines(text.lines, path), _refuse):
            if rows:
                yield [_word(columns) for columns in rows]


def _lines(stream: TextIO, path: Path) -> Iterator[Placed]:
    for number, _, line in numbered_lines(stream, LONGEST_LINE):
        refuse_nul(line)
        yield f"{path}:{number}", line


def _refuse(place: str, problem: str, remedy: str) -> None:
    others = "`spacy convert` makes Docs of other formats, which can be read as well"
    raise CorpusError(f"{place}: {problem}; {remedy}. {others}")


def _word(columns: list[str]) -> TaggedWord:
    _, form, _, upos, xpos, feats, _, deprel, _, _ = columns
    xpos, upos, deprel = ("" if tag == "_" else tag for tag in (xpos, upos, deprel))
    return TaggedWord(form, xpos, upos, feats, deprel)


def _read_docs(path: Path) -> Iterator[list[TaggedWord]]:
    try:
        for doc in read_doc_bin(path, NO_LANGUAGE):
            has_features = doc.has_annotation("MORPH")
            for span in doc.sents if doc.has_annotation("SENT_START") else [doc[:]]:
                words = [
                    TaggedWord(
                        token.text,
                        token.tag_,
                        token.pos_,
                        (str(token.morph) or "_") if has_features else "",
                        token.dep_,
                        "-".join(filter(None, (token.ent_iob_, token.ent_type_))),
                    )
                    for token in span
                    if not token.is_space
                ]
                if words:
                    yield words
    except KeyError as error:
        raise CorpusError(f"{path}: a word of a vocabulary that the file lacks ({error}); write it again") from error
