"""Sentences that the systems parse differently, drawn by displaCy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import bidirectional

from spacy.displacy import DependencyRenderer
from spacy.language import Language
from spacy.tokens import Doc, Span, Token
from spacy.vocab import Vocab

from project.shared.pages.markup import Section, cell, scroll_box, text

SHORT, LONG = 4, 12  # words of a sentence that is shown
SHOWN = 3


class Parsed(NamedTuple):
    """A sentence as it is, and as each system parses it, by the system's name."""

    gold: Span
    systems: dict[str, Span]


def parses(docs: Sequence[Doc], pipelines: dict[str, Language]) -> Section | None:
    """Return the sentences where the two systems differ in the most words, None where they never do.

    Args:
        docs: Gold Docs, with heads and sentences.
        pipelines: The systems with ELMo and without.
    """
    predicted = {name: list(nlp.pipe(_bare(doc, nlp.vocab) for doc in docs)) for name, nlp in pipelines.items()}
    found = choose(docs, predicted)
    if not found:
        return None
    about = (
        f"Short sentences of dev ({SHORT} to {LONG} words) that the best runs parse most differently. ✗ is a mistake."
    )
    shown = [_figures(number, parsed) for number, parsed in enumerate(found)]
    markdown = [about, ""]
    for parsed in found:
        markdown += [f"> {cell(parsed.gold.text)}", ""]
        for name, span in parsed.systems.items():
            wrong = [_describe(token, span) for token, gold in zip(span, parsed.gold) if not _is_right(token, gold)]
            markdown.append(f"- {name}, mistakes: {cell('; '.join(wrong)) or 'none'}")
        markdown.append("")
    return Section("Sentences", "\n".join(markdown), f"<p>{text(about)}</p>{''.join(shown)}")


def choose(docs: Sequence[Doc], predicted: dict[str, list[Doc]]) -> list[Parsed]:
    """Return the sentences in which most words have another head, relation or part of speech by the one system.

    Of sentences with the same text one is chosen.

    Args:
        docs: Gold Docs.
        predicted: Those of each system, of the same words.
    """
    ranked: list[tuple[int, Parsed]] = []
    for i, doc in enumerate(docs):
        for span in doc.sents if doc.has_annotation("DEP") else ():
            if SHORT <= len(span) <= LONG:
                systems = {name: own[i][span.start : span.end] for name, own in predicted.items()}
                differing = sum(len({_analysis(token) for token in tokens}) > 1 for tokens in zip(*systems.values()))
                if differing:
                    ranked.append((differing, Parsed(span, systems)))
    found: dict[str, Parsed] = {}
    for _, parsed in sorted(ranked, key=lambda entry: -entry[0]):
        found.setdefault(parsed.gold.text, parsed)
    return list(found.values())[:SHOWN]


def draw(render_id: str, span: Span, gold: Span) -> str:
    """Return a sentence as SVG, without the space that displaCy leaves above its arcs. What is wrong has a cross."""
    marks, arcs = [], []
    for token, right in zip(span, gold):
        hangs_right = _hangs_right(token, right)
        marks.append([(token.pos_ or "–", token.pos != right.pos)])
        if token.head.i == token.i or not span.start <= token.head.i < span.end:
            marks[-1].append(("root" if token.head.i == token.i else "elsewhere", not hangs_right))
        else:
            start, end = sorted((token.i - span.start, token.head.i - span.start))
            label, direction = _mark(token.dep_, not hangs_right), "left" if token.i < token.head.i else "right"
            arcs.append({"start": start, "end": end, "label": label, "dir": direction})
    words = [{"text": token.text, "tag": " ".join(_mark(*mark) for mark in own)} for token, own in zip(span, marks)]
    widths = [sum(len(label) + 2 + 2 * is_wrong for label, is_wrong in own) for own in marks]
    distance = max(70, 8 * max([*widths, *(len(token.text) + 1 for token in span)]))
    options = {"compact": True, "distance": distance, "offset_x": distance / 2, "word_spacing": 30, "arrow_spacing": 12}
    renderer = DependencyRenderer({**options, "color": "currentColor", "bg": "transparent", "font": "inherit"})
    renderer.direction = find_direction(span.text)
    renderer.lang = span.doc.lang_
    svg = renderer.render_svg(render_id, words, arcs)
    return f'<div style="margin-top:-{distance / 3 * renderer.highest_level:.0f}px">{svg}</div>'


def find_direction(sentence: str) -> str:
    """Return where a text is written to, "rtl" or "ltr", by most of its letters: `xx` is written to both."""
    counts = Counter(map(bidirectional, sentence))
    return "rtl" if counts["R"] + counts["AL"] > counts["L"] else "ltr"


def _figures(number: int, parsed: Parsed) -> str:
    figures = [_figure(f"parse-{number}-gold", "as it is", parsed.gold, parsed)]
    for i, (name, span) in enumerate(parsed.systems.items()):
        right = sum(_is_right(token, gold) for token, gold in zip(span, parsed.gold))
        caption = f"{name}: {right} of {len(span)} words right"
        figures.append(_figure(f"parse-{number}-{i}", caption, span, parsed))
    return f'<section class="parse"><h3 dir="auto">{text(parsed.gold.text)}</h3>{"".join(figures)}</section>'


def _figure(render_id: str, caption: str, span: Span, parsed: Parsed) -> str:
    said = "; ".join(_describe(token, span) for token in span)
    picture = f'<div role="img" aria-label="{text(said)}">{draw(render_id, span, parsed.gold)}</div>'
    return f"<figure><figcaption>{text(caption)}</figcaption>{scroll_box(caption, picture)}</figure>"


def _bare(doc: Doc, vocab: Vocab) -> Doc:
    """Return a Doc of the same words for another pipeline."""
    return Doc(vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc])


def _analysis(token: Token) -> tuple[int, str, int]:
    return token.head.i, token.dep_, token.pos


def _hangs_right(token: Token, gold: Token) -> bool:
    return (token.head.i, token.dep_.lower()) == (gold.head.i, gold.dep_.lower())


def _is_right(token: Token, gold: Token) -> bool:
    return _hangs_right(token, gold) and token.pos == gold.pos


def _describe(token: Token, span: Span) -> str:
    name = f"{token.text} ({token.pos_ or '–'})"
    if token.head.i == token.i:
        return f"{name}: {token.dep_ or 'root'}"
    is_inside = span.start <= token.head.i < span.end
    return f"{name}: {token.dep_} of {token.head.text if is_inside else 'a word of another sentence'}"


def _mark(label: str, is_wrong: bool) -> str:
    """Return a label for displaCy, which escapes words alone."""
    return f'<tspan class="wrong">✗ {text(label)}</tspan>' if is_wrong else text(label)
