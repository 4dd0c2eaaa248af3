"""The tokenizer of a language: spaCy's own, with the segmenter that is asked for, taught by a treebank."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import spacy
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.symbols import ORTH
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.training import Example

from project.shared.arguments import StepError

SPLIT_ALIKE = 0.95  # the share of a piece's occurrences that must be split in one way for the tokenizer to learn it
FEWEST = 5  # different pieces that a sign is split off for the tokenizer to learn it
Pieces = dict[str, Counter[tuple[str, ...]]]  # how often each piece is split in each way
# Settings of tokenizers by language and segmenter; "" is spaCy's choice
SEGMENTERS: dict[str, dict[str, dict[str, Any]]] = {
    "zh": {name: {"segmenter": name} for name in ("char", "jieba", "pkuseg")},
    "ja": {name: {"split_mode": name} for name in "ABC"},
    "ko": {"mecab": {}, "space": {"@tokenizers": "spacy.Tokenizer.v1"}},
    "th": {"pythainlp": {}},
    "vi": {"pyvi": {"use_pyvi": True}, "space": {"@tokenizers": "spacy.Tokenizer.v1"}},
}
PACKAGES = {
    ("zh", "jieba"): "jieba",
    ("zh", "pkuseg"): "spacy-pkuseg",
    ("ja", ""): '"spacy[ja]"',
    ("ko", ""): '"spacy[ko]", and MeCab with mecab-ko-dic; or choose the segmenter space',
    ("th", ""): '"spacy[th]"',
    ("vi", ""): "pyvi, or choose the segmenter space",
}


class Taught(NamedTuple):
    """What a tokenizer has learned.

    Attributes:
        cases: Its new special cases.
        before: token_f on the dev part before, None where the spaces of the text are not known.
        after: And then.
    """

    cases: dict[str, tuple[str, ...]]
    before: float | None
    after: float | None


def make_blank(lang: str, segmenter: str = "") -> Language:
    """Return a blank pipeline that splits text into words.

    Args:
        lang: Code of the language.
        segmenter: What splits text without spaces: for zh char, jieba or pkuseg; for ja A, B or C; for ko mecab or
            space; for th pythainlp; for vi pyvi or space. "" for what spaCy takes.

    Raises:
        StepError: For a language or a segmenter that there is not, and for a package that is not installed.
    """
    choices = SEGMENTERS.get(lang, {})
    if segmenter and segmenter not in choices:
        known = f"choose from {', '.join(choices)}" if choices else "leave it out for this language"
        raise StepError(f"segmenter = {segmenter!r}: not one that {lang!r} has; {known}")
    config = {"nlp": {"tokenizer": choices[segmenter]}} if choices.get(segmenter) else {}
    if segmenter == "pkuseg":
        config["initialize"] = {"tokenizer": {"pkuseg_model": "spacy_ontonotes"}}
    try:
        nlp = spacy.blank(lang, config=config)
        if segmenter == "pkuseg":
            tokenizer: Any = nlp.tokenizer
            tokenizer.initialize(**nlp.config["initialize"]["tokenizer"])
        nlp.make_doc("1")  # some are found to be missing when they are used
    except Exception as error:  # of the modules that languages import, too
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        package = PACKAGES.get((lang, segmenter)) or PACKAGES.get((lang, ""))
        remedy = f"pip install {package}" if package else "give a code that spaCy has, or xx for any other language"
        raise StepError(f"lang = {lang!r}: spaCy cannot split its text here ({reason}); {remedy}") from error
    return nlp


def teach(nlp: Language, train: Sequence[Doc], dev: Sequence[Doc]) -> Taught:
    """Teach the rules of a tokenizer the pieces between spaces that a treebank splits in another way.

    Signs, such as full stops, come first: one becomes a rule if the training part splits it off at least 95% of the
    different pieces that begin or end with it, where the tokenizer does not. Then a piece becomes a special case if at
    least 95% of its occurrences in the training part are split in one way, which is not that of the tokenizer. Both are
    kept if they do no harm on the dev part. Tokenizers without rules stay as they are.

    Args:
        nlp: A blank pipeline, whose tokenizer is changed.
        train: The training part.
        dev: The dev part, by which it is decided what helps.
    """
    before = score(nlp, dev)
    tokenizer = nlp.tokenizer
    if not isinstance(tokenizer, Tokenizer):
        return Taught({}, before, before)
    with_signs = _teach_signs(nlp, tokenizer, count_pieces(nlp, train), dev)
    found = _find_cases(nlp, count_pieces(nlp, train))
    checked = count_pieces(nlp, dev)
    cases = {piece: words for piece, words in found.items() if _gain(nlp, piece, words, checked.get(piece, {})) >= 0}
    rules = tokenizer.rules
    tokenizer.rules = {**rules, **{piece: [{ORTH: word} for word in words] for piece, words in cases.items()}}
    after = score(nlp, dev)
    if _is_worse(after, with_signs):
        tokenizer.rules = rules
        return Taught({}, before, with_signs)
    return Taught(cases, before, after)


def score(nlp: Language, docs: Iterable[Doc]) -> float | None:
    """Return token_f of a tokenizer, None where the spaces of the text are not known."""
    found: float | None = Scorer.score_tokenization([Example(nlp.make_doc(doc.text), doc) for doc in docs])["token_f"]
    return found


def find_differences(nlp: Language, docs: Iterable[Doc]) -> Counter[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Count the pieces that a treebank splits otherwise than a tokenizer: its words, and those of the tokenizer."""
    found: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = Counter()
    for piece, ways in count_pieces(nlp, docs).items():
        own = _split(nlp, piece)
        found.update({(words, own): count for words, count in ways.items() if words != own})
    return found


def count_pieces(nlp: Language, docs: Iterable[Doc]) -> Pieces:
    """Count how a treebank splits pieces between spaces, without punctuation that the tokenizer splits off as well."""
    pieces: Pieces = defaultdict(Counter)
    for words in (words for doc in docs for words in _between_spaces(doc)):
        kept = _without_punctuation(list(words), list(_split(nlp, "".join(words))))
        pieces["".join(kept)][tuple(kept)] += 1
    return pieces


def _between_spaces(doc: Doc) -> Iterator[list[str]]:
    words: list[str] = []
    for token in doc:
        words.append(token.text)
        if token.whitespace_ or token.i == len(doc) - 1:
            if not any(character.isspace() for word in words for character in word):
                yield words
            words = []


def _without_punctuation(words: list[str], own: list[str]) -> list[str]:
    while len(words) > 1 and len(own) > 1 and words[-1] == own[-1] and not _has_letters(words[-1]):
        words, own = words[:-1], own[:-1]
    while len(words) > 1 and len(own) > 1 and words[0] == own[0] and not _has_letters(words[0]):
        words, own = words[1:], own[1:]
    return words


def _has_letters(word: str) -> bool:
    return any(character.isalnum() for character in word)


def _teach_signs(nlp: Language, tokenizer: Tokenizer, pieces: Pieces, dev: Sequence[Doc]) -> float | None:
    """Add rules for signs at the end and at the start of pieces. Return token_f on the dev part with them."""
    best = score(nlp, dev)
    for name, place, rule in (("suffix_search", -1, "{}$"), ("prefix_search", 0, "^{}")):
        for sign in _find_signs(pieces, place):
            search = getattr(tokenizer, name)
            rules = [search.__self__.pattern] if search else []
            setattr(tokenizer, name, re.compile("|".join([*rules, rule.format(re.escape(sign))])).search)
            found = score(nlp, dev)
            if _is_worse(found, best):
                setattr(tokenizer, name, search)
            else:
                best = found
    return best


def _find_signs(pieces: Pieces, place: int) -> list[str]:
    """Return the signs that are words of their own at a place, 0 or -1, of nearly all pieces that have them there."""
    ways = [found.most_common(1)[0][0] for piece, found in pieces.items() if _has_letters(piece)]
    signs = Counter(words[place] for words in ways if not _has_letters(words[place]))
    outermost = [words[place] for words in ways]
    found = []
    for sign, n in signs.items():
        all_of_them = sum(word.endswith(sign) if place else word.startswith(sign) for word in outermost)
        if n >= max(FEWEST, SPLIT_ALIKE * all_of_them):
            found.append(sign)
    return found


def _is_worse(after: float | None, before: float | None) -> bool:
    return before is not None and after is not None and after < before


def _find_cases(nlp: Language, pieces: Pieces) -> dict[str, tuple[str, ...]]:
    found = {}
    for piece, ways in pieces.items():
        words, count = ways.most_common(1)[0]
        if count >= SPLIT_ALIKE * ways.total() and words != _split(nlp, piece):
            found[piece] = words
    return found


def _gain(nlp: Language, piece: str, words: tuple[str, ...], ways: Mapping[tuple[str, ...], int]) -> int:
    """Return how many occurrences more are split as a treebank does."""
    return ways.get(words, 0) - ways.get(_split(nlp, piece), 0)


def _split(nlp: Language, piece: str) -> tuple[str, ...]:
    return tuple(token.text for token in nlp.make_doc(piece))
