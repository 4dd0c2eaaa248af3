"""The sample corpus that ships with the project: what its README says of it, and spaCy's own reading of it."""

import re
from collections import Counter

import pytest
import spacy
from spacy.parts_of_speech import IDS as UPOS
from spacy.training.converters import conllu_to_docs

from project.shared.corpora import read_docs

SPLITS = ("train", "dev", "test")
LABELS = ["PERSON", "ORG", "GPE", "DATE", "MISC"]
NLP = spacy.blank("en")


@pytest.fixture(scope="module")
def sample(source):
    """The text of each part, and its sentences."""
    paths = {split: source / "assets" / "sample" / f"{split}.conllu" for split in SPLITS}
    return {split: (path.read_text(encoding="utf8"), list(read_docs(path, NLP.vocab))) for split, path in paths.items()}


def entities(doc):
    return [(ent.start, ent.end, ent.label_) for ent in doc.ents]


def comments(text, name):
    return re.findall(rf"^# {name} = (.+)$", text, re.MULTILINE)


@pytest.mark.parametrize("split", SPLITS)
def test_reads_as_with_the_converter_of_spacy(sample, split):
    text, docs = sample[split]
    theirs = list(conllu_to_docs(text, n_sents=1, no_print=True))
    assert [[token.text for token in doc] for doc in docs] == [[token.text for token in doc] for doc in theirs]
    assert [[token.pos_ for token in doc] for doc in docs] == [[token.pos_ for token in doc] for doc in theirs]
    assert [[token.tag_ for token in doc] for doc in docs] == [[token.tag_ for token in doc] for doc in theirs]
    assert [entities(doc) for doc in docs] == [entities(doc) for doc in theirs]


@pytest.mark.parametrize("split", SPLITS)
def test_numbers_of_the_readme(sample, source, split):
    text, docs = sample[split]
    readme = (source / "assets" / "sample" / "README.md").read_text(encoding="utf8")
    (row,) = re.findall(rf"^\| {split} +\|(.+)\|$", readme, re.MULTILINE)
    counts = Counter(ent.label_ for doc in docs for ent in doc.ents)
    share = sum(bool(doc.ents) for doc in docs) / len(docs)
    found = [len(comments(text, "newdoc id")), len(docs), sum(map(len, docs)), *(counts[label] for label in LABELS)]
    assert [cell.strip() for cell in row.split("|")] == [*map(str, found), f"{100 * share:.0f} %"]


def test_at_least_400_sentences(sample):
    assert sum(len(docs) for _, docs in sample.values()) >= 400


def test_no_sentence_occurs_twice(sample):
    texts = [text for part, _ in sample.values() for text in comments(part, "text")]
    assert len(texts) == len(set(texts))


def test_ids_are_unique(sample):
    for name in ("newdoc id", "sent_id"):
        ids = [found for part, _ in sample.values() for found in comments(part, name)]
        assert len(ids) == len(set(ids))


def test_ten_styles_in_every_part(sample):
    styles = [{name.split("-")[-1] for name in comments(text, "newdoc id")} for text, _ in sample.values()]
    assert len(styles[0]) == 10
    assert styles[0] == styles[1] == styles[2]


@pytest.mark.parametrize("split", SPLITS)
def test_text_is_what_the_words_make(sample, split):
    text, docs = sample[split]
    assert [doc.text.rstrip() for doc in docs] == comments(text, "text")


@pytest.mark.parametrize("split", SPLITS)
def test_tokenizer_of_spacy_finds_the_same_words(sample, split):
    text, docs = sample[split]
    theirs = [[token.text for token in NLP.make_doc(line)] for line in comments(text, "text")]
    assert [[token.text for token in doc] for doc in docs] == theirs


@pytest.mark.parametrize("split", SPLITS)
def test_every_word_is_annotated(sample, split):
    for token in (token for doc in sample[split][1] for token in doc):
        assert token.pos_ in UPOS
        assert token.ent_iob_ in ("B", "I", "O")


@pytest.mark.parametrize("split", SPLITS)
def test_labels(sample, split):
    assert {ent.label_ for doc in sample[split][1] for ent in doc.ents} == set(LABELS)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_names_of_persons_organisations_and_places_are_new(sample, split):
    known = {ent.text for doc in sample["train"][1] for ent in doc.ents}
    again = {ent.label_ for doc in sample[split][1] for ent in doc.ents if ent.text in known}
    assert again <= {"DATE", "MISC"}
