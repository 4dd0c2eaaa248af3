"""All that is wrong is said at once, before anything is computed."""

import pytest
import srsly

from project.language.scripts import check
from project.language.scripts.checking import machine
from project.language.scripts.settings import SPLITS, Job
from tests.project.language.conftest import SENTENCES

FACTS = """
author: A. Name
email: a@example.org
url: https://example.org
version: "0.1.0"
license: MIT
description: French
sources:
  - {name: News, author: B. Name, license: CC0, url: https://example.org/news}
"""


def conllu(sentences, **columns):
    """Return sentences of words with spaces between them, each the root or below it."""
    lines = []
    for sentence in sentences:
        for i, word in enumerate(sentence.split(), start=1):
            row = {
                "lemma": word,
                "upos": "NOUN",
                "xpos": "N",
                "feats": "Number=Sing",
                "head": str(int(i > 1)),
            } | columns
            deprel = "root" if i == 1 else "dep"
            values = [str(i), word, row["lemma"], row["upos"], row["xpos"], row["feats"], row["head"], deprel, "_", "_"]
            lines.append("\t".join(values))
        lines.append("")
    return "\n".join(lines) + "\n"


@pytest.fixture
def files(workspace):
    """Text, a treebank and facts in the project's folder, all right."""
    treebank = workspace.root / "treebank"
    treebank.mkdir()
    for split in SPLITS:
        (treebank / f"fr-ud-{split}.conllu").write_text(conllu(SENTENCES), encoding="utf8")
    (workspace.root / "text").mkdir()
    (workspace.root / "text" / "a.txt").write_text("\n".join(SENTENCES), encoding="utf8")
    (workspace.root / "facts.yml").write_text(FACTS, encoding="utf8")
    return workspace.root


@pytest.fixture
def run(call, files):
    """Check with these arguments and the others as they should be."""

    def run(**changes):
        given = {"lang": "fr", "text": "text", "treebank": "treebank", "facts": "facts.yml", **changes}
        return call(check, *(part for key, value in given.items() for part in (f"--{key}", value)))

    return run


def test_settings_are_written(run, workspace, files):
    code, printed = run(seeds="0,1", hours="0.25")
    assert code == 0, printed
    settings = Job(workspace, "fr_elmo_sm").settings()
    assert settings.treebank == [
        str(files / "treebank" / f"fr-ud-{split}.conllu") for split in ("train", "dev", "test")
    ]
    assert (settings.text, settings.seeds, settings.hours) == ([str(files / "text")], [0, 1], 0.25)
    assert settings.facts["sources"][0]["license"] == "CC0"
    notes = srsly.read_json(workspace.training / "fr_elmo_sm" / "notes.json")["notes"]
    assert any("words are little" in note["text"] for note in notes)


def test_all_errors_are_shown_together(run, workspace):
    code, printed = run(hours="-1", lang="qq", text="nothing.txt", jobs="0", recipe="magic", name="Grand Modèle")
    assert code == 1
    for part in (
        "hours = '-1'",
        "lang = 'qq'",
        "nothing.txt: no such file",
        "jobs = '0'",
        "recipe = 'magic'",
        "name =",
    ):
        assert part in printed
    assert not workspace.training.exists()


def test_what_is_missing(call, workspace):
    code, printed = call(check)
    assert code == 1
    for part in ("lang is missing", "text is missing", "treebank is missing"):
        assert part in printed


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


def test_sentences_of_both_parts_and_tags_that_occur_once(run, files):
    (files / "treebank" / "fr-ud-dev.conllu").write_text(conllu(SENTENCES[:1]) + conllu(["Oui"], xpos="X"))
    code, printed = run()
    assert code == 0
    assert "1 of 2 sentences are in the training part, too" in printed
    assert "XPOS that occur once, so that they are not learned: X" in printed
    assert "XPOS that the training part does not have: X" in printed


def test_text_that_cannot_be_used(run, files):
    (files / "text" / "b.txt").write_bytes(b"")
    (files / "text" / "c.txt").write_text("Это русский текст, который никто не ждал.", encoding="utf8")
    code, printed = run()
    assert code == 0
    assert "b.txt: empty" in printed
    assert "other letters than the treebank's" in printed


def test_text_of_another_script(run, files):
    (files / "text" / "a.txt").write_text("Это русский текст, который никто не ждал.", encoding="utf8")
    code, printed = run()
    assert code == 1
    assert "none of the files that were looked into can be used" in printed


def test_facts(run, files):
    (files / "facts.yml").write_text("author: 3\nversion: 0.1\nlicence: MIT\nsources: [{name: News}]", encoding="utf8")
    code, printed = run()
    assert code == 1
    for part in (
        "author = 3: is int",
        "version = 0.1: is float",
        "nothing reads: licence",
        "lack it: email, url, license",
    ):
        assert part in printed
    assert "source 1: missing, so that the wheel and its card lack it: author, license, url" in printed


def test_entities(run, files):
    (files / "ner.iob").write_text("Paris\tB-LOC\n\nRue\tO\n", encoding="utf8")
    code, printed = run(ner="ner.iob")
    assert code == 0
    assert "words of entities: LOC 1" in printed
    (files / "ner.iob").write_text("Paris\tO\n", encoding="utf8")
    assert "no tags of entities" in run(ner="ner.iob")[1]


def test_entities_without_a_treebank(run, workspace, files):
    words = "\n\n".join("\n".join(f"{word}\tO" for word in text.split()) for text in SENTENCES)
    (files / "ner.iob").write_text(f"{words}\n\nParis\tB-LOC\n", encoding="utf8")
    code, printed = run(treebank="", ner="ner.iob")
    assert code == 0
    assert "a pipeline for entities alone" in printed
    assert Job(workspace, "fr_elmo_sm").settings().treebank == []


def test_a_sample_where_nothing_is_given(call, files, workspace):
    sample = workspace.assets / "samples" / "fr"
    sample.mkdir(parents=True)
    (sample / "text.txt").write_text("\n".join(SENTENCES), encoding="utf8")
    (sample / "treebank.conllu").write_text(conllu(SENTENCES), encoding="utf8")
    (sample / "facts.yml").write_text(FACTS, encoding="utf8")
    code, printed = call(check, "--lang", "fr")
    assert (code, "for a rehearsal" in printed) == (0, True)
    assert Job(workspace, "fr_elmo_sm").settings().treebank == [str(sample / "treebank.conllu")]
    code, printed = call(check, "--lang", "fr", "--text", "text")
    assert (code, "treebank is missing" in printed) == (1, True)


def test_weights_to_go_on_from(run, files):
    code, printed = run(init="en_elmo_sm")
    assert code == 0
    assert "is a model of 'en', and lang is 'fr'" in printed
    code, printed = run(init="no_such_model")
    assert code == 1
    assert "no_such_model" in printed


def test_what_wheels_need(run, monkeypatch):
    monkeypatch.setattr(machine, "version", lambda name: "66.1.1")
    monkeypatch.setattr(machine, "find_spec", lambda name: None)
    code, printed = run()
    assert code == 1
    for part in ("pip: this Python", "ensurepip: this Python", "setuptools: wheels need 70.1 or newer, and here"):
        assert part in " ".join(printed.split())


def test_too_little_room(run, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("usage", (), {"free": 10}))
    code, printed = run()
    assert code == 1
    assert "make room" in printed


def test_a_folder_without_files_to_read(run, files):
    (files / "empty").mkdir()
    code, printed = run(treebank="empty", ner="empty")
    assert code == 1
    assert "treebank = " in printed
    assert "ner = " in printed
    assert printed.count("nothing there that could be read") == 2


def test_a_folder_with_brackets_in_its_name(run, workspace, files):
    (files / "treebank").rename(files / "UD [v2]")
    code, printed = run(treebank="UD [v2]")
    assert code == 0, printed
    assert len(Job(workspace, "fr_elmo_sm").settings().treebank) == 3


def test_the_code_of_a_language_that_spacy_has_under_another(run):
    code, printed = run(lang="fra")
    assert code == 1
    assert "spaCy calls this language 'fr'" in " ".join(printed.split())
