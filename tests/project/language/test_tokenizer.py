"""Tokenizers of languages, and what a treebank teaches them."""

import builtins

import pytest
import spacy
from spacy.tokens import Doc

from project.language.scripts.tokenizer import count_pieces, find_differences, make_blank, score, teach
from project.shared.arguments import StepError


@pytest.fixture
def nlp():
    return spacy.blank("fr")


def make_doc(nlp, text):
    """Return a Doc of words with | between those that stand together."""
    words = [word for piece in text.split() for word in piece.split("|")]
    spaces = [i == len(piece.split("|")) - 1 for piece in text.split() for i in range(len(piece.split("|")))]
    return Doc(nlp.vocab, words=words, spaces=spaces)


def split(nlp, text):
    return [token.text for token in nlp(text)]


def test_pieces_are_special_cases(nlp):
    train = [make_doc(nlp, "à 20|h|30 au plein-air|.")]
    taught = teach(nlp, train, train)
    assert taught.cases == {"20h30": ("20", "h", "30"), "plein-air": ("plein-air",)}
    assert split(nlp, "Le plein-air, à 20h30.") == ["Le", "plein-air", ",", "à", "20", "h", "30", "."]
    assert (taught.before < 1, taught.after) == (True, 1)


def test_pieces_that_are_split_alike_are_none(nlp):
    assert teach(nlp, [make_doc(nlp, "l'|homme du port|, ici|.")], []).cases == {}


@pytest.mark.parametrize(("others", "is_taught"), [(1, True), (2, False)])
def test_nearly_always_the_same_way(nlp, others, is_taught):
    train = [make_doc(nlp, "20|h " * (20 - others) + "20h " * others)]
    assert ("20h" in teach(nlp, train, []).cases) is is_taught


def test_what_does_harm_on_dev_is_left_out(nlp):
    taught = teach(nlp, [make_doc(nlp, "20|h 21|h")], [make_doc(nlp, "20h 21|h")])
    assert set(taught.cases) == {"21h"}


WORDS = {"xx": "სახლი წიგნი ქალი კაცი ხე წყალი", "hy": "տուն գիրք կին մարդ ծառ ջուր"}


@pytest.mark.parametrize(("lang", "end"), [("xx", "."), ("hy", "։"), ("hy", "՝")])
def test_signs_at_the_end_of_new_words(lang, end, tmp_path):
    nlp = spacy.blank(lang)
    *words, new = WORDS[lang].split()
    dev = [make_doc(nlp, f"{new}|{end}")]
    taught = teach(nlp, [make_doc(nlp, f"{word}|{end}") for word in words], dev)
    assert (taught.cases, taught.before, taught.after) == ({}, 0, 1)
    nlp.to_disk(tmp_path)
    assert split(spacy.load(tmp_path), f"{new} «{new}{end}»") == [new, "«", new, end, "»"]


def test_signs_at_the_start_of_new_words():
    nlp = spacy.blank("xx")
    *words, new = WORDS["xx"].split()
    teach(nlp, [make_doc(nlp, f"‽|{word}") for word in words], [])
    assert split(nlp, f"«‽{new}") == ["«", "‽", new]


@pytest.mark.parametrize("train", ["{}|. ქ.", "{}."])
def test_signs_that_are_a_part_of_words(train):
    nlp = spacy.blank("xx")
    *words, new = WORDS["xx"].split()
    teach(nlp, [make_doc(nlp, train.format(word)) for word in words], [])
    assert split(nlp, f"{new}.") == [f"{new}."]


def test_signs_that_do_harm_on_dev_are_left_out():
    nlp = spacy.blank("xx")
    *words, new = WORDS["xx"].split()
    taught = teach(nlp, [make_doc(nlp, f"{word}|.") for word in words], [make_doc(nlp, f"{new}.")])
    assert (taught.before, taught.after) == (1, 1)
    assert split(nlp, f"{new}.") == [f"{new}."]


def test_what_is_split_otherwise_is_counted(nlp):
    docs = [make_doc(nlp, "20|h 20|h|. Oui|.")]
    assert find_differences(nlp, docs) == {(("20", "h"), ("20h",)): 2}


def test_words_with_spaces_are_no_pieces(nlp):
    assert count_pieces(nlp, [Doc(nlp.vocab, words=["10 000", "euros"], spaces=[True, False])]) == {
        "euros": {("euros",): 1}
    }


def test_unknown_spaces_have_no_score(nlp):
    assert score(nlp, [Doc(nlp.vocab, words=["Oui", "."])]) is None


def test_special_cases_are_saved(nlp, tmp_path):
    teach(nlp, [make_doc(nlp, "20|h")], [])
    nlp.to_disk(tmp_path)
    assert split(spacy.load(tmp_path), "À 20h !") == ["À", "20", "h", "!"]


def test_tokenizers_without_rules_stay_as_they_are():
    nlp = make_blank("zh", "char")
    docs = [Doc(nlp.vocab, words=["北京", "好"], spaces=[False, False])]
    taught = teach(nlp, docs, docs)
    assert (taught.cases, taught.before, taught.after) == ({}, 2 / 5, 2 / 5)


class TestMakeBlank:
    def test_language(self):
        assert split(make_blank("fr"), "l'homme") == ["l'", "homme"]

    def test_segmenter(self):
        assert split(make_blank("vi", "space"), "Tôi đi học, về nhà.") == ["Tôi", "đi", "học", ",", "về", "nhà", "."]
        assert split(make_blank("ko", "space"), "나는 간다.") == ["나는", "간다", "."]

    @pytest.mark.parametrize(
        ("lang", "segmenter", "message"),
        [
            ("zz", "", "give a code that spaCy has"),
            ("fr", "jieba", "leave it out for this language"),
            ("zh", "A", "choose from char, jieba, pkuseg"),
        ],
    )
    def test_what_there_is_not(self, lang, segmenter, message):
        with pytest.raises(StepError, match=message):
            make_blank(lang, segmenter)

    @pytest.mark.parametrize(
        ("lang", "segmenter", "package"),
        [
            ("zh", "jieba", "pip install jieba"),
            ("zh", "pkuseg", "pip install spacy-pkuseg"),
            ("ja", "", r'pip install "spacy\[ja\]"'),
            ("ja", "B", r'pip install "spacy\[ja\]"'),
            ("ko", "", r'pip install "spacy\[ko\]"'),
            ("th", "", r'pip install "spacy\[th\]"'),
            ("vi", "", "pip install pyvi"),
        ],
    )
    def test_package_that_is_missing(self, monkeypatch, lang, segmenter, package):
        original = builtins.__import__

        def refuse(name, *arguments):
            if name.split(".")[0] in ("jieba", "spacy_pkuseg", "sudachipy", "natto", "pythainlp", "pyvi"):
                raise ImportError(name)
            return original(name, *arguments)

        monkeypatch.setattr(builtins, "__import__", refuse)
        with pytest.raises(StepError, match=package):
            make_blank(lang, segmenter)
