"""The samples for rehearsals: well formed, and ready to be read."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import spacy
import srsly
from spacy.tokens import DocBin

from project.language.scripts import raw_text
from project.language.scripts.checking.facts import check_facts
from project.language.scripts.checking.findings import Findings
from project.language.scripts.checking.treebank import check_treebank
from project.language.scripts.cleaning.paragraphs import key_of

SAMPLES = Path(__file__).parents[3] / "project" / "language" / "assets" / "samples"


@pytest.fixture(params=["ar", "hi", "zh"])
def sample(request):
    return SAMPLES / request.param


@pytest.fixture
def survey(sample):
    return check_treebank({"train": [sample / "treebank.conllu"]}, Findings())[0]


def test_treebanks(survey, sample):
    assert (len(survey.texts), len(set(survey.texts)), survey.bad, survey.long) == (200, 200, {}, [])
    assert (survey.n_multiword > 50) == (sample.name == "ar")
    assert {"UPOS", "LEMMA", "FEATS", "HEAD"} <= survey.filled


def test_texts_of_trees_are_those_that_their_words_give(survey, sample):
    lines = (sample / "treebank.conllu").read_text(encoding="utf8").splitlines()
    assert survey.texts == [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]


def test_text_has_no_sentences_of_the_treebank(survey, sample):
    text = (sample / "text.txt").read_text(encoding="utf8")
    assert len(text.encode("utf8")) < 200_000
    keys = {key_of(sentence) for sentence in re.split("[.。।?？؟\n]", text)}
    assert keys.isdisjoint(map(key_of, survey.texts))


def test_facts_are_whole(sample):
    findings = Findings()
    check_facts(srsly.read_yaml(sample / "facts.yml"), "facts", findings)
    assert findings.errors == findings.warnings == []


def test_text_is_kept(survey, sample, job, settings, call):
    job.keep(replace(settings, text=[str(sample / "text.txt")]))
    nlp = spacy.blank("xx")
    for split, texts in {"train": survey.texts[:160], "dev": survey.texts[160:], "test": []}.items():
        DocBin(docs=map(nlp, texts)).to_disk(job.treebank / f"{split}.spacy")
    code, printed = call(raw_text, "--lang", "fr")
    assert code == 0, printed
    size = sum(len((job.text / name).read_text(encoding="utf8")) for name in ("train.txt", "heldout.txt"))
    assert size > 0.9 * len((sample / "text.txt").read_text(encoding="utf8"))
    found = srsly.read_json(job.text / "notes.json")
    assert not any("language seems" in note["text"] for note in found["notes"])
    assert 0.02 < found["figures"]["heldout_words"] / found["figures"]["words"] < 0.25
