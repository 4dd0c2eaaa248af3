"""What is said of treebanks and of files with entities."""

import gzip

import pytest

from project.language.scripts.settings import SPLITS, Job
from tests.project.language.checking.conftest import conllu
from tests.project.language.conftest import SENTENCES


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"xpos": "_"}, "XPOS is empty; there will be no tagger"),
        ({"lemma": "_"}, "LEMMA is empty; there will be no lemmatizer"),
        ({"head": "_"}, "HEAD is empty; there will be no parser"),
        ({"head": "0"}, "roots"),
        ({"upos": "NOMEN"}, "UPOS 'NOMEN' is none of Universal Dependencies"),
    ],
)
def test_columns_of_a_treebank(run, files, columns, message):
    (files / "treebank" / "fr-ud-train.conllu").write_text(conllu(SENTENCES, **columns), encoding="utf8")
    code, printed = run()
    assert code == 0
    assert message in printed


def test_a_treebank_that_teaches_nothing(run, files):
    path = files / "one.conllu"
    path.write_text(conllu(SENTENCES, xpos="_", upos="_", head="_"), encoding="utf8")
    code, printed = run(treebank="one.conllu")
    assert code == 1
    assert "nothing to learn" in printed


def test_lines_that_are_no_words(run, files):
    path = files / "treebank" / "fr-ud-train.conllu"
    path.write_text(conllu(SENTENCES) + "1\n\n1-2\tdu\n1\tde\n1.1\tx\n2\tle\n\n", encoding="utf8")
    code, printed = run()
    assert code == 0
    assert "1 multiword tokens, 1 empty nodes" in printed
    assert "no columns" in printed


def test_a_treebank_in_another_encoding(run, files):
    (files / "treebank" / "fr-ud-train.conllu").write_text(conllu(SENTENCES), encoding="cp1252")
    code, printed = run()
    assert code == 1
    assert "not UTF-8 text" in printed


def test_one_line_that_is_not_utf8(run, files):
    bad = conllu(["Été"]).encode("cp1252")
    (files / "treebank" / "fr-ud-train.conllu").write_bytes(conllu(SENTENCES).encode() + b"\n" + bad)
    (files / "ner.iob").write_bytes("Paris\tB-LOC\n\nÉté\tO\n".encode() + "\nÉté\tO\n".encode("cp1252"))
    code, printed = run(ner="ner.iob")
    assert code == 0, printed
    assert "(not UTF-8 text (byte 0xc9); convert it first)" in printed
    assert "ner.iob: sentences that will be left out: 1; the first is" in printed


def test_files_that_are_no_text(run, files):
    (files / "a.conllu").write_bytes(gzip.compress(conllu(SENTENCES).encode()))
    (files / "ner.iob").write_text("Paris\tB-LOC\n", encoding="utf-16")
    code, printed = run(treebank="a.conllu", ner="ner.iob")
    assert code == 1
    assert "compressed by gzip" in printed
    assert "UTF-16; save it as UTF-8" in printed


def test_lines_of_spaces_between_sentences(run, files):
    path = files / "treebank" / "fr-ud-train.conllu"
    path.write_text(conllu(SENTENCES).replace("\n\n", "\n \t\n"), encoding="utf8")
    code, printed = run()
    assert (code, f"fr-ud-train.conllu: {len(SENTENCES)} sentences" in printed) == (0, True)


def test_spaces_between_columns(run, files):
    (files / "a.conllu").write_text(conllu(SENTENCES).replace("\t", " "), encoding="utf8")
    code, printed = run(treebank="a.conllu")
    assert (code, "columns have spaces between them, not tabs" in printed) == (1, True)
    assert "is empty" not in printed


@pytest.mark.parametrize(
    "sentence", ["# text = Oui.\n1\tOui\t_\tX\n2\t.\t_\tX\n", "\t".join(["1", "Oui", *"_" * 7, "SpaceAfter=No"])]
)
def test_spaces_that_are_unknown(run, files, sentence):
    warning = "there will be no scores from raw text"
    assert warning in run()[1]
    for split in SPLITS:
        path = files / "treebank" / f"fr-ud-{split}.conllu"
        path.write_text(f"{sentence}\n\n{conllu(SENTENCES)}", encoding="utf8")
    assert warning not in run()[1]


def test_sentences_of_both_parts_and_tags_that_occur_once(run, files):
    (files / "treebank" / "fr-ud-dev.conllu").write_text(conllu(SENTENCES[:1]) + conllu(["Oui"], xpos="X"))
    code, printed = run()
    assert code == 0
    assert "1 of 2 sentences are in the training part, too" in printed
    assert "XPOS that occur once, so that they are not learned: X" in printed
    assert "XPOS that the training part does not have: X" in printed


def test_entities(run, files):
    (files / "ner.iob").write_text("Paris\tB-LOC\n\nRue\tO\n", encoding="utf8")
    code, printed = run(ner="ner.iob")
    assert code == 0
    assert "entities: LOC 1" in printed
    (files / "ner.iob").write_text("New\tB\nYork\tI\nRue\tO\n\nParis\tB-1\n", encoding="utf8")
    code, printed = run(ner="ner.iob")
    assert (code, "ner.iob: entities: ENTITY 1, 1 1" in printed) == (0, True)
    (files / "ner.iob").write_text("Paris\tO\n", encoding="utf8")
    assert "no tags of entities" in run(ner="ner.iob")[1]


def test_entities_without_a_treebank(run, workspace, files):
    words = "\n\n".join("\n".join(f"{word}\tO" for word in text.split()) for text in SENTENCES)
    (files / "ner.iob").write_text(f"{words}\n\nParis\tB-LOC\n", encoding="utf8")
    code, printed = run(treebank="", ner="ner.iob")
    assert code == 0
    assert "a pipeline for entities alone" in printed
    assert Job(workspace, "fr_elmo_sm").settings().treebank == []


def test_a_folder_without_files_to_read(run, files):
    (files / "empty").mkdir()
    code, printed = run(treebank="empty", ner="empty")
    assert code == 1
    assert "treebank = " in printed
    assert "ner = " in printed
    assert printed.count("nothing there that could be read") == 2
