"""Sentences that systems parse differently."""

from xml.etree import ElementTree

import pytest
import spacy
from spacy.tokens import Doc
from spacy.vocab import Vocab

from project.language.scripts.pages.parses import choose, draw, parses
from tests.support.languages import BASELINE, ELMO, Played, make_docs


def predict(docs, wrong):
    return list(Played(docs, wrong).pipe(docs))


def test_sentences_that_differ_most_come_first():
    docs = make_docs()
    found = choose(docs, {ELMO: predict(docs, set()), BASELINE: predict(docs, {1, 2, 3, 5})})
    assert [parsed.gold.text.split()[0] for parsed in found] == ["Il", "Lei"]


def test_sentences_that_all_parse_alike_are_left_out():
    docs = make_docs()
    assert choose(docs, {ELMO: predict(docs, {1}), BASELINE: predict(docs, {1})}) == []


def test_a_sentence_that_comes_twice_is_shown_once():
    docs = [*make_docs(), *make_docs()]
    found = choose(docs, {ELMO: predict(docs, set()), BASELINE: predict(docs, {1, 2, 3, 5})})
    assert [parsed.gold.text.split()[0] for parsed in found] == ["Il", "Lei"]


def test_long_sentences_are_left_out():
    words = ["a"] * 30
    docs = [Doc(Vocab(), words=words, heads=[0] * 30, deps=["ROOT", *["x"] * 29])]
    assert choose(docs, {ELMO: predict(docs, set()), BASELINE: predict(docs, {5})}) == []


def test_docs_without_heads_are_left_out():
    docs = [Doc(Vocab(), words=["a"] * 5)]
    assert choose(docs, {ELMO: predict(docs, set()), BASELINE: predict(docs, {3})}) == []


def test_what_is_wrong_has_a_cross():
    docs = make_docs()
    (wrong,) = [doc[:] for doc in predict(docs[1:], {3})]
    picture = ElementTree.fromstring(draw("a", wrong, docs[1][:]))
    crossed = [part.text for part in picture.iter() if part.attrib.get("class") == "wrong"]
    assert crossed == ["✗ x"]


def test_a_root_that_is_none_has_a_cross():
    docs = make_docs()
    wrong = Doc(docs[1].vocab, words=[t.text for t in docs[1]], heads=list(range(5)), deps=["ROOT"] * 5)
    assert draw("a", wrong[:], docs[1][:]).count("✗ root") == 4


@pytest.mark.parametrize(
    ("words", "is_reversed"),
    [
        ("کوردستان وڵاتی منە", True),  # Sorani
        ("ܫܠܡܐ ܥܠܡܐ", True),  # Syriac
        ("אַ שיינער טאָג", True),  # Yiddish
        ("un giorno bello", False),
        ("«Ça va ?»", False),
    ],
)
def test_right_to_left_sentences_begin_at_the_right(words, is_reversed):
    words = words.split()
    doc = Doc(spacy.blank("xx").vocab, words=words, heads=[0] * len(words), deps=["ROOT", *["x"] * (len(words) - 1)])
    picture = ElementTree.fromstring(draw("a", doc[:], doc[:]))
    places = [part.attrib["x"] for part in picture.iter() if "x" in part.attrib]
    assert (float(places[0]) > float(places[-1])) is is_reversed


def test_each_system_is_shown_with_what_it_has_right():
    docs = make_docs()
    section = parses(docs, {ELMO: Played(docs, set()), BASELINE: Played(docs, {2, 4})})
    assert "with ELMo: 7 of 7 words right" in section.html
    assert "without ELMo: 5 of 7 words right" in section.html
    assert 'aria-label="Il (DET): det of gatto; ' in section.html
    assert "- with ELMo, mistakes: none" in section.markdown
