"""Corpora of every task, converted from a few lines, and what is not converted again."""

import pytest
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from project.paper.scripts import corpora
from project.paper.scripts.sources import datasets
from project.paper.scripts.sources.datasets import DATASETS, count_share, read_notes
from project.paper.scripts.tasks import USERS
from project.shared.arguments import StepError
from tests.support.paper_data import SENTENCES, write_datasets, write_own

FOUND = {  # a word of what a Doc of each has
    "ud_english_ewt": lambda doc: doc[0].tag_ == "NNP" and doc[0].head.text == doc[1].text,
    "wnut17": lambda doc: doc.ents[0].label_ in ("person", "place"),
    "bc5cdr": lambda doc: len(doc.ents) == 1,
    "sentence_polarity": lambda doc: set(doc.cats) == {"pos", "neg"},
    "propbank_ewt": lambda doc: [span.label_ for span in doc.spans["srl"]] == ["ARG0", "V", "ARG1"],
    "litbank": lambda doc: len(doc.spans["coref_clusters_1"]) == 2,
    "qamr": lambda doc: doc.spans["answers"][0].text == doc[-3].text,
    "sick": lambda doc: len(doc.spans["hypothesis"]) == 1 and len(doc.cats) == 2,
    "dnc": lambda doc: len(doc.spans["hypothesis"]) == 1,
    "sst": lambda doc: len(doc.cats) == 5,
    "squad": lambda doc: len(doc.spans["answers"]) == 1,
    "snli": lambda doc: len(doc.spans["hypothesis"]) == 1,
}


@pytest.fixture
def convert(workspace, call, monkeypatch):
    """Convert tiny files of all datasets, without static vectors; return exit code and what was printed."""
    write_datasets(workspace.assets)
    write_own(workspace.root / "own")

    def fail(*_):
        raise StepError("not in this test")

    monkeypatch.setattr(corpora, "make_vectors", fail)
    monkeypatch.setattr(datasets, "FEWEST_WORDS", 1)
    return lambda *arguments: call(corpora, *arguments, *(f"--{name}=own" for name in USERS))


def read(workspace, name, split):
    return list(DocBin().from_disk(workspace.corpus / name / f"{split}.spacy").get_docs(Vocab()))


def test_every_dataset(convert, workspace):
    code, printed = convert()
    assert code == 0, printed
    for name, dataset in DATASETS.items():
        notes = read_notes(workspace.corpus / name)
        assert notes is not None
        assert set(notes.splits) == set(dataset.splits)
        for split, part in notes.splits.items():
            docs = read(workspace, name, split)
            assert (part.docs, part.words) == (len(docs), sum(map(len, docs)))
            assert all(map(FOUND[name], docs)), (name, split)


def test_files_of_a_split_come_together(convert, workspace):
    convert("--tasks", "entailment-dnc")
    assert len(read(workspace, "dnc", "dev")) == 2 * len(SENTENCES)


def test_a_sample_is_the_first_of_the_whole(convert, workspace):
    convert("--tasks", "crf-wnut17")
    whole = [doc.text.strip() for doc in read(workspace, "wnut17", "train")]
    assert whole != [" ".join(words) for words in SENTENCES]
    convert("--tasks", "crf-wnut17", "--sample", "0.25")
    assert [doc.text.strip() for doc in read(workspace, "wnut17", "train")] == whole[: len(whole) // 4]


def test_a_sample_has_at_least_one(convert, workspace):
    convert("--tasks", "coref", "--sample", "0.01")
    assert len(read(workspace, "litbank", "dev")) == 1


def test_what_was_converted_is_not_converted_again(convert, workspace):
    convert("--tasks", "coref")
    before = (workspace.corpus / "litbank" / "train.spacy").stat().st_mtime_ns
    assert "converted before" in convert("--tasks", "coref")[1]
    assert (workspace.corpus / "litbank" / "train.spacy").stat().st_mtime_ns == before


def test_other_files_are_converted_again(convert, workspace):
    convert("--tasks", "sentiment")
    before = read_notes(workspace.corpus / "sentence_polarity")
    path = workspace.assets / "sentiment" / "sentence_polarity" / "dev.tsv"
    path.write_text(path.read_text() + "neg\tone more .\n")
    convert("--tasks", "sentiment")
    after = read_notes(workspace.corpus / "sentence_polarity")
    assert after.splits["dev"].docs == before.splits["dev"].docs + 1
    assert after.splits["train"] == before.splits["train"]


def test_a_broken_file_leaves_what_was_there(convert, workspace):
    convert("--tasks", "qa")
    before = read_notes(workspace.corpus / "qamr")
    (workspace.assets / "qa" / "qamr" / "test.jsonl").write_text("no JSON\n")
    code, printed = convert("--tasks", "qa")
    assert code == 1
    assert "test.jsonl:1" in printed
    assert read_notes(workspace.corpus / "qamr") == before


def test_tasks_without_data_are_left_out(convert, workspace, monkeypatch):
    monkeypatch.setattr(corpora, "choose_tasks", lambda args: ["qa", "entailment-sick"])
    (workspace.assets / "qa" / "qamr" / "test.jsonl").unlink()
    code, printed = convert()
    assert code == 0
    assert "qamr: its tasks are left out." in printed
    assert read_notes(workspace.corpus / "qamr") is None
    assert read_notes(workspace.corpus / "sick") is not None


def test_tasks_without_data_that_are_asked_for_are_errors(convert, workspace):
    (workspace.assets / "qa" / "qamr" / "test.jsonl").unlink()
    code, printed = convert("--tasks", "qa")
    assert code == 1
    assert "SPACY_ELMO_DATA" in printed


def test_notes_that_are_not_whole_count_as_none(convert, workspace):
    convert("--tasks", "coref")
    (workspace.corpus / "litbank" / "dev.spacy").unlink()
    assert read_notes(workspace.corpus / "litbank") is None


@pytest.mark.parametrize(("share", "docs"), [(1.0, 1000), (0.1, 100), (0.01, 25), (0.001, 25)])
def test_shares_are_not_too_small_to_learn_from(share, docs):
    assert count_share(share, 1000, 20_000) == docs


def test_shares_of_few_docs_are_all():
    assert count_share(0.01, 10, 100) == 10
