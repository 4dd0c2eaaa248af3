"""Docs and tokenizer of a treebank."""

from dataclasses import replace

import pytest
import spacy
import srsly
from spacy.tokens import DocBin

from project.language.scripts import treebank
from project.language.scripts.settings import SPLITS, Job, Settings
from tests.support.annotated import row

WORDS = "Anna Bob Carl Dora Emil Fred Gita Hans Ida Jon".split()


def sentence(i, *, head="0", xpos="_", misc="_"):
    """Return the lines of a sentence: the text of each number is another one."""
    form = f"{WORDS[i % 10]}{i}"
    return "\n".join(
        [
            f"1\t{form}\t{form}\tPROPN\t{xpos}\tNumber=Sing\t{head}\troot\t_\t{misc}",
            "2-3\tdu\t_\t_\t_\t_\t_\t_\t_\t_",
            f"2\tde\tde\tADP\t{xpos}\t_\t4\tcase\t_\t_",
            f"3\tle\tle\tDET\t{xpos}\t_\t4\tdet\t_\t_",
            f"4\t20h30\t20h30\tNOUN\t{xpos}\t_\t1\tnmod\t_\tSpaceAfter=No",
            f"5\t.\t.\tPUNCT\t{xpos}\t_\t1\tpunct\t_\t_",
        ]
    )


def sentences(*numbers, **values):
    return "\n\n".join(sentence(i, **values) for i in numbers) + "\n"


@pytest.fixture
def job(workspace):
    return Job(workspace, "fr_elmo_sm")


@pytest.fixture
def make(job, call, tmp_path):
    """Run the step on texts by the names of their files. Return its exit code and what it printed."""

    def run(texts, **values):
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf8")
        files = [str(folder / name) for name in texts if not name.endswith(".iob")]
        ner = [str(folder / name) for name in texts if name.endswith(".iob")]
        given = Settings(job.name, "fr", "", [], files, ner, "", 1, "paper", [0], 1, 1, 1, {}, "own")
        job.keep(replace(given, **values))
        return call(treebank, "--lang", "fr")

    return run


def docs(folder, split):
    return list(DocBin().from_disk(folder / f"{split}.spacy").get_docs(spacy.blank("fr").vocab))


def texts(folder):
    return {split: [sent[0].text for doc in docs(folder, split) for sent in doc.sents] for split in SPLITS}


def test_docs_have_ten_sentences_and_their_annotation(make, job):
    assert make({"a-train.conllu": sentences(*range(25)), "a-dev.conllu": sentences(90)})[0] == 0
    found = docs(job.treebank, "train")
    assert [len(list(doc.sents)) for doc in found] == [10, 10, 5]
    assert found[0].text.startswith("Anna0 du 20h30. Bob1 du 20h30. ")
    token = found[0][1]
    assert (token.pos_, token.lemma_, token.dep_, token.head.text) == ("ADP", "de le", "case", "20h30")
    assert len(found[0].spans["multiword"]) == 10
    assert not (job.treebank / "test.spacy").exists()


def test_documents_stay_apart(make, job):
    text = "\n".join(f"# newdoc id = {i}\n{sentences(i, i + 50)}" for i in range(3))
    make({"a-train.conllu": text, "a-dev.conllu": sentences(90)})
    assert [len(list(doc.sents)) for doc in docs(job.treebank, "train")] == [2, 2, 2]


def test_tokenizer_is_taught(make, job):
    rows = "\n".join([row(1, "À"), row(2, "20", misc="SpaceAfter=No"), row(3, "h")])
    make({"a-train.conllu": f"{sentences(1)}\n{rows}\n", "a-dev.conllu": rows})
    assert [token.text for token in spacy.load(job.tokenizer)("À 20h !")] == ["À", "20", "h", "!"]
    figures = srsly.read_json(job.treebank / "notes.json")["figures"]
    assert (figures["special_cases"], figures["token_f"]) == (1, 1)


def test_tokenizer_that_splits_otherwise(make):
    dev = "\n".join(row(i + 1, f"ab{i}c", misc="SpaceAfter=No") for i in range(5))
    code, printed = make({"a-train.conllu": sentences(1), "a-dev.conllu": dev})
    assert (code, "splits text otherwise than the treebank: ab0c ab1c" in printed) == (0, True)


def test_long_pieces_that_are_split_otherwise_are_shortened(make):
    dev = "\n".join(row(i + 1, f"ab{i}c", misc="SpaceAfter=No") for i in range(50))
    shown = "ab0c ab1c ab2c ab3c ab4c ab5c … is split"
    assert shown in make({"a-train.conllu": sentences(1), "a-dev.conllu": dev})[1]


class TestDivision:
    def test_one_file(self, make, job):
        assert make({"a.conllu": sentences(*range(100))})[0] == 0
        found = texts(job.treebank)
        assert [len(found[split]) for split in SPLITS] == [80, 10, 10]
        assert len({text for part in found.values() for text in part}) == 100

    def test_always_the_same(self, make, job):
        make({"a.conllu": sentences(*range(100))})
        before = texts(job.treebank)
        (job.treebank / "notes.json").unlink()
        make({"a.conllu": sentences(*range(100))})
        assert texts(job.treebank) == before

    def test_sentences_that_are_alike_stay_together(self, make, job):
        make({"a.conllu": sentences(*(i % 60 for i in range(100)))})
        found = [set(part) for part in texts(job.treebank).values()]
        assert all(found)
        assert not found[0] & found[1] | found[0] & found[2] | found[1] & found[2]

    def test_dev_is_held_out_where_there_is_a_test_part(self, make, job):
        make({"a-train.conllu": sentences(*range(50)), "a-test.conllu": sentences(90)})
        assert [len(part) for part in texts(job.treebank).values()] == [44, 6, 1]

    @pytest.mark.parametrize("numbers", [[1], [1, 2], [7] * 30])
    def test_too_few(self, make, job, numbers):
        code, printed = make({"a.conllu": sentences(*numbers)})
        assert (code, job.treebank.exists()) == (1, False)
        assert "too few" in printed


class TestTags:
    @pytest.mark.parametrize(("xpos", "has_tags"), [("_", False), ("X", True)])
    def test_only_where_there_is_xpos(self, make, job, xpos, has_tags):
        make({"a-train.conllu": sentences(1, xpos=xpos), "a-dev.conllu": sentences(2, xpos=xpos)})
        assert docs(job.treebank, "train")[0].has_annotation("TAG") is has_tags
        assert ("XPOS" in srsly.read_json(job.treebank / "notes.json")["figures"]["annotation"]) is has_tags

    def test_xpos_that_repeats_upos(self, make, job):
        text = f"{row(1, 'a')}\n".replace("NOUN\t_", "NOUN\tNOUN")
        make({"a-train.conllu": text, "a-dev.conllu": text})
        assert not docs(job.treebank, "train")[0].has_annotation("TAG")

    def test_nothing_to_learn(self, make):
        code, printed = make({"a-train.conllu": "1\tOui\n", "a-dev.conllu": "1\tNon\n"})
        assert (code, "neither UPOS nor XPOS nor HEAD" in printed) == (1, True)


def test_sentences_that_cannot_be_used_are_named(make, job):
    code, printed = make({"a-train.conllu": f"{sentence(1, head=9)}\n\n{sentences(2)}", "a-dev.conllu": sentences(3)})
    assert (code, "a-train.conllu:1: HEAD = '9'" in printed) == (0, True)
    notes = srsly.read_json(job.treebank / "notes.json")
    assert notes["figures"]["left_out"] == 1
    assert notes["notes"][0]["level"] == "warning"


class TestEntities:
    def test_files_of_their_own(self, make, job):
        texts = {"n-train.iob": "Anna\tB-PER\n\nOslo\tB-LOC\n", "n-dev.iob": "Oslo\tB-LOC\n"}
        make({"a-train.conllu": sentences(1), "a-dev.conllu": sentences(2), **texts})
        (doc,) = docs(job.ner, "train")
        assert doc.has_unknown_spaces
        assert [ent.text for ent in doc.ents] == ["Anna", "Oslo"]
        assert len(list(doc.sents)) == 2

    def test_of_the_treebank(self, make, job):
        make({"a-train.conllu": sentences(1, misc="NE=B-PER"), "a-dev.conllu": sentences(2, misc="NE=B-PER")})
        assert [ent.text for ent in docs(job.ner, "train")[0].ents] == ["Bob1"]

    def test_none_in_dev(self, make, job):
        texts = {"n-train.iob": "Anna\tB-PER\n", "n-dev.iob": "sleeps\tO\n"}
        code, printed = make({"a-train.conllu": sentences(1), "a-dev.conllu": sentences(2), **texts})
        assert (code, "no entities in its train or dev part" in printed, job.ner.exists()) == (0, True, False)

    def test_none(self, make, job):
        make({"a-train.conllu": sentences(1), "a-dev.conllu": sentences(2)})
        assert not job.ner.exists()


def test_what_was_made_is_not_made_again(make, job):
    files = {"a-train.conllu": sentences(1), "a-dev.conllu": sentences(2)}
    make(files)
    (job.treebank / "dev.spacy").write_bytes(b"as it was")
    code, printed = make(files)
    assert (code, "made before" in printed, (job.treebank / "dev.spacy").read_bytes()) == (0, True, b"as it was")
    make({**files, "a-dev.conllu": sentences(3)})
    assert docs(job.treebank, "dev")[0][0].text == "Dora3"


def test_file_that_is_missing(make, tmp_path):
    code, printed = make({}, treebank=[str(tmp_path / "nowhere.conllu")])
    assert (code, "nowhere.conllu: no such file" in printed) == (1, True)
