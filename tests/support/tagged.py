"""Small corpora whose words have tags."""

from __future__ import annotations

from itertools import product
from pathlib import Path

ROW = "{n}\t{word}\t_\t{upos}\t{xpos}\t{feats}\t_\t{deprel}\t_\t_\n"
NOUNS = ("bank", "river", "rate", "shore", "king", "play", "boat", "road", "lamp", "bird")
VERBS = ("raised", "sold", "saw", "left")


def conllu(*sentences: list[tuple[str, str]], column: str = "xpos") -> str:
    """Return CoNLL-U of words and tags, the tags in one of the columns and no others."""
    empty = dict.fromkeys(("upos", "xpos", "feats", "deprel"), "_")
    blocks = (
        "".join(ROW.format(n=n, word=word, **{**empty, column: tag}) for n, (word, tag) in enumerate(sentence, start=1))
        for sentence in sentences
    )
    return "\n".join(blocks) + "\n"


def write_corpus(path: Path, column: str = "xpos", nouns: tuple[str, ...] = NOUNS) -> Path:
    """Write forty sentences, or four for each noun, of two articles, two nouns and a verb."""
    sentences = (
        [("The", "DT"), (noun, "NN"), (verb, "VBD"), ("a", "DT"), (noun[::-1], "NN")]
        for noun, verb in product(nouns, VERBS)
    )
    path.write_text(conllu(*sentences, column=column), encoding="utf8")
    return path
