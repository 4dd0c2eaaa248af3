import tarfile
from pathlib import Path

import pytest

from benchmarks.alternatives import probe
from benchmarks.alternatives.systems import SYSTEMS

CONLLU = """# text = {text}
1\tThe\tthe\tDET\tDT\t_\t2\tdet\t_\t_
2\t{noun}\t_\tNOUN\tNN\t_\t3\tnsubj\t_\t_
3\tsings\t_\tVERB\tVBZ\t_\t0\troot\t_\t_

"""


@pytest.fixture
def treebank(tmp_path: Path) -> Path:
    folder = tmp_path / "tagging" / "ud_english_ewt"
    folder.mkdir(parents=True)
    for split, nouns in (("train", ["bird", "bank", "boy"]), ("dev", ["bird", "walrus"])):
        text = "".join(CONLLU.format(text=noun, noun=noun) for noun in nouns)
        (folder / f"en-{split}.conllu").write_text(text, encoding="utf8")
    return folder


def test_sentences_have_words_and_tags(treebank: Path):
    found = probe.read_tagged(treebank, "train", 2)
    assert found.words == [["The", "bird", "sings"], ["The", "bank", "sings"]]
    assert found.tags == [["DT", "NN", "VBZ"]] * 2


def test_a_given_treebank_is_taken(treebank: Path, tmp_path: Path):
    assert probe.find_treebank(treebank, tmp_path) == treebank


def test_a_folder_that_is_no_treebank_is_refused(tmp_path: Path):
    with pytest.raises(SystemExit, match=r"--treebank: .* has no files \*train.conllu and \*dev.conllu"):
        probe.find_treebank(tmp_path, tmp_path)


def test_a_treebank_is_unpacked_from_the_data(treebank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "archives").mkdir()
    with tarfile.open(tmp_path / "archives" / "tagging-ud_english_ewt.tar.xz", "w:xz") as archive:
        archive.add(treebank, "tagging/ud_english_ewt")
    monkeypatch.setenv("SPACY_ELMO_DATA", str(tmp_path))
    found = probe.find_treebank(None, tmp_path / "unpacked")
    assert found is not None
    assert len(probe.read_tagged(found, "dev", 5).words) == 2


def test_without_data_there_is_no_treebank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SPACY_ELMO_DATA", str(tmp_path))
    assert probe.find_treebank(None, tmp_path) is None


def test_words_that_training_has_not_are_counted_apart(treebank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(probe, "start", lambda *args: None)
    SYSTEMS["elmo"].write(tmp_path / "elmo")
    train, dev = (probe.read_tagged(treebank, split, 5) for split in ("train", "dev"))
    found = probe.probe("elmo", tmp_path / "elmo", train, dev, 1)
    assert found.unseen in (0.0, 1.0)  # of one word
    assert 0.5 < found.all <= 1
