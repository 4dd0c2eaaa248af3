"""Which files are for training and which for testing."""

import pytest

from project.language.scripts.parts import files_in, find_parts
from project.shared.arguments import StepError


@pytest.fixture
def make(tmp_path):
    """Make empty files, and return the folder."""

    def make(*names):
        for name in names:
            (tmp_path / name).touch()
        return tmp_path

    return make


def names_of(parts):
    return {split: [path.name for path in paths] for split, paths in parts.items()}


@pytest.mark.parametrize(
    ("train", "dev", "test"),
    [
        ("fr_sequoia-ud-train.conllu", "fr_sequoia-ud-dev.conllu", "fr_sequoia-ud-test.conllu"),
        ("KA-TRAIN.CONLLU", "KA-DEV.CONLLU", "KA-TEST.CONLLU"),
        ("ka_training.conllu", "ka_development.conllu", "ka_testing.conllu"),
        ("eng.train", "eng.testa", "eng.testb"),
        ("train.txt", "valid.txt", "test.txt"),
        ("train.tsv", "devel.tsv", "test.tsv"),
        ("train.conll", "validation.conll", "test.conll"),
    ],
)
def test_names_of_a_folder(make, train, dev, test):
    folder = make(train, dev, test, "README.md", "latest-contest.txt")
    assert names_of(find_parts([str(folder)], "treebank")) == {"train": [train], "dev": [dev], "test": [test]}


def test_a_part_in_several_files_and_one_that_is_missing(make):
    folder = make("de-ud-train-a.conllu", "de-ud-train-b.conllu", "de-ud-test.conllu")
    parts = find_parts([str(folder)], "treebank")
    assert names_of(parts) == {
        "train": ["de-ud-train-a.conllu", "de-ud-train-b.conllu"],
        "test": ["de-ud-test.conllu"],
    }
    assert [path.name for path in files_in(parts)][-1] == "de-ud-test.conllu"


def test_one_file_is_for_training_whatever_its_name(make):
    folder = make("ka-ud-test.conllu")
    assert names_of(find_parts([str(folder)], "treebank")) == {"train": ["ka-ud-test.conllu"]}


def test_files_in_any_order(tmp_path):
    files = {split: tmp_path / f"fr_dev-ud-{split}.conllu" for split in ("test", "train", "dev")}
    assert find_parts(map(str, files.values()), "treebank") == {split: [path] for split, path in files.items()}


def test_files_whose_names_say_nothing_are_for_training():
    assert names_of(find_parts(["a.conllu", "b.conllu"], "treebank")) == {"train": ["a.conllu", "b.conllu"]}


def test_the_end_of_a_name_counts(make):
    folder = make("test-suite-train.conllu", "test-suite-dev.conllu")
    assert names_of(find_parts([str(folder)], "treebank")) == {
        "train": ["test-suite-train.conllu"],
        "dev": ["test-suite-dev.conllu"],
    }


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "nothing there that could be read"),
        (["notes.md"], "nothing there that could be read"),
        (["a-train.conllu", "b.conllu"], "b.conllu: for training or for testing"),
        (["a-dev.conllu", "a-test.conllu"], "no file with train in its name"),
    ],
)
def test_what_cannot_be_told_apart(make, names, message):
    with pytest.raises(StepError, match=message):
        find_parts([str(make(*names))], "treebank")
