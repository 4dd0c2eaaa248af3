"""Conversion of corpora: files of one's own and of the task, re-use, and what is missing."""

import shutil
import tarfile
from zipfile import ZipFile

import pytest
import spacy
import srsly
from spacy.tokens import DocBin

from project.features.scripts import convert
from project.shared import assets

NER = "Anna\tB-PER\nsaw\tO\nOslo\tB-LOC\n.\tO\n\nGo\tO\n!\tO\n"
NO_ENTITIES = "Go\tO\n!\tO\n"
POS = "1\tGo\t_\tVERB\t_\t_\t_\t_\t_\t_\n\n"


@pytest.fixture
def given(tmp_path):
    """Train, dev and test file in IOB2, as arguments."""
    return own(tmp_path, train=NER, dev=NER, test=NER)


def own(folder, *, suffix=".iob", **texts):
    arguments = []
    for split, text in texts.items():
        path = folder / f"{split}{suffix}"
        path.write_text(text, encoding="utf8")
        arguments += [f"--{split}", path]
    return arguments


def saved(workspace, task, name, split):
    vocab = spacy.blank("en").vocab
    return list(DocBin().from_disk(workspace.corpus / task / name / f"{split}.spacy").get_docs(vocab))


def test_own_files(workspace, call, given):
    code, printed = call(convert, "ner", "--name", "mine", *given)
    assert code == 0
    assert "train: 2 sentences, 6 words" in printed
    for split in ("train", "dev", "test"):
        docs = saved(workspace, "ner", "mine", split)
        assert [[ent.text for ent in doc.ents] for doc in docs] == [["Anna", "Oslo"], []]


def test_paths_start_at_the_folder_of_the_project(workspace, call):
    own(workspace.root, train=NER, dev=NER)
    assert call(convert, "ner", "--name", "mine", "--train", "train.iob", "--dev", "dev.iob")[0] == 0
    sources = srsly.read_json(workspace.corpus / "ner" / "mine" / "sources.json")
    assert sources["files"]["train"] == str(workspace.root / "train.iob")


def test_paths_may_start_at_the_repository(workspace, call):
    own(workspace.repository, train=NER, dev=NER)
    assert call(convert, "ner", "--name", "mine", "--train", "train.iob", "--dev", "dev.iob")[0] == 0
    sources = srsly.read_json(workspace.corpus / "ner" / "mine" / "sources.json")
    assert sources["files"]["train"] == str(workspace.repository / "train.iob")


def test_test_file_may_be_missing(workspace, call, tmp_path):
    assert call(convert, "ner", "--name", "mine", *own(tmp_path, train=NER, dev=NER))[0] == 0
    assert not (workspace.corpus / "ner" / "mine" / "test.spacy").exists()


def test_test_data_goes_with_a_test_file_that_is_no_longer_given(workspace, call, given):
    call(convert, "ner", "--name", "mine", *given)
    assert call(convert, "ner", "--name", "mine", *given[:4])[0] == 0
    assert not (workspace.corpus / "ner" / "mine" / "test.spacy").exists()


def test_files_of_the_task(workspace, call, source):
    workspace.assets.mkdir()
    (workspace.assets / "sample").symlink_to(source / "assets" / "sample")
    assert call(convert, "quickstart")[0] == 0
    assert len(saved(workspace, "quickstart", "sample", "dev")) == 84


def test_archive_of_the_data_folder(workspace, call, tmp_path, monkeypatch):
    (tmp_path / "wnut17").mkdir()
    own(tmp_path / "wnut17", train=NER, dev=NER, test=NER)
    (tmp_path / "data" / "archives").mkdir(parents=True)
    with tarfile.open(tmp_path / "data" / "archives" / "ner-wnut17.tar.xz", "w:xz") as archive:
        archive.add(tmp_path / "wnut17", "ner/wnut17")
    monkeypatch.setenv("SPACY_ELMO_DATA", str(tmp_path / "data"))
    assert call(convert, "ner")[0] == 0
    assert len(saved(workspace, "ner", "wnut17", "test")) == 2


def test_sentence_polarity_is_split_by_the_sentence(workspace, call):
    folder = workspace.assets / "sentiment" / "sentence_polarity"
    folder.mkdir(parents=True)
    with ZipFile(folder / "sentence_polarity.zip", "w") as archive:
        for label in ("pos", "neg"):
            lines = "\n".join(f"{label}  film {i} caf\u00e9 ." for i in range(100))
            archive.writestr(f"sentence_polarity/rt-polarity.{label}", lines.encode("latin-1"))
    assert call(convert, "textcat")[0] == 0
    docs = {split: saved(workspace, "textcat", "sentence_polarity", split) for split in ("train", "dev", "test")}
    assert sum(map(len, docs.values())) == 200
    assert len(docs["train"]) > len(docs["dev"]) > 0
    assert all(doc.cats[doc[0].text] == 1.0 and doc[3].text == "caf\u00e9" for part in docs.values() for doc in part)


@pytest.mark.parametrize("data", ["nowhere", None])
@pytest.mark.parametrize("task", ["tagger", "ner", "parser", "textcat"])
def test_missing_assets(workspace, call, tmp_path, monkeypatch, task, data):
    if data:
        monkeypatch.setenv("SPACY_ELMO_DATA", str(tmp_path / data))
    code, printed = call(convert, task)
    assert code == 1
    assert "no such file. Where there is no network" in printed
    assert "SPACY_ELMO_DATA" in printed
    assert not workspace.corpus.exists()


@pytest.mark.parametrize("task", ["tagger", "ner", "parser", "textcat"])
def test_corpora_are_downloaded_from_the_addresses_of_the_project_file(workspace, call, source, monkeypatch, task):
    def fail(_, url, dest):
        raise ConnectionError(f"no way to {url}")  # as of a machine without network

    monkeypatch.setattr(assets, "fetch_asset", fail)
    (workspace.root / "project.yml").write_text((source / "project.yml").read_text())
    code, printed = call(convert, task)
    assert code == 1
    assert "cannot be downloaded from https://" in printed
    assert "SPACY_ELMO_DATA" in printed


def test_downloads_are_there_whole_or_not_at_all(workspace, call, source, monkeypatch):
    def cut_off(_, url, dest):
        dest.parent.mkdir(parents=True, exist_ok=True)
        dest.write_text("Anna\tB-PER\nsaw\tO\n")
        raise ConnectionError("cut off")

    monkeypatch.setattr(assets, "fetch_asset", cut_off)
    (workspace.root / "project.yml").write_text((source / "project.yml").read_text())
    assert call(convert, "ner")[0] == 1
    assert call(convert, "ner")[0] == 1


def test_download_that_fails_with_a_message_alone(workspace, call, source, monkeypatch):
    """So fetch_asset does where a server refuses."""
    monkeypatch.setattr(assets, "fetch_asset", lambda *_: None)
    (workspace.root / "project.yml").write_text((source / "project.yml").read_text())
    code, printed = call(convert, "ner")
    assert code == 1
    assert "cannot be downloaded from https://" in printed


def test_download_that_has_changed(workspace, call, source, monkeypatch):
    def fetch(_, url, dest):
        dest.parent.mkdir(parents=True, exist_ok=True)
        dest.write_text(POS)

    monkeypatch.setattr(assets, "fetch_asset", fetch)
    (workspace.root / "project.yml").write_text((source / "project.yml").read_text())
    code, printed = call(convert, "tagger")
    assert code == 1
    assert "has changed since its checksum was noted" in printed


def test_broken_archive(workspace, call, tmp_path, monkeypatch):
    (tmp_path / "archives").mkdir()
    (tmp_path / "archives" / "ner-wnut17.tar.xz").write_bytes(b"half of a download")
    monkeypatch.setenv("SPACY_ELMO_DATA", str(tmp_path))
    code, printed = call(convert, "ner")
    assert code == 1
    assert "ner-wnut17.tar.xz" in printed


def test_unchanged_files_are_not_converted_again(workspace, call, given):
    call(convert, "ner", "--name", "mine", *given)
    saved_before = workspace.corpus / "ner" / "mine" / "train.spacy"
    saved_before.write_bytes(b"as it was")
    code, printed = call(convert, "ner", "--name", "mine", *given)
    assert (code, saved_before.read_bytes()) == (0, b"as it was")
    assert "converted before" in printed


def test_changed_file_is_converted_again(workspace, call, given):
    call(convert, "ner", "--name", "mine", *given)
    given[1].write_text("Eva\tB-PER\nran\tO\n")
    call(convert, "ner", "--name", "mine", *given)
    assert [doc.text for doc in saved(workspace, "ner", "mine", "train")] == ["Eva ran "]


def test_broken_file_leaves_the_corpus_as_it_was(workspace, call, given):
    call(convert, "ner", "--name", "mine", *given)
    before = {path: path.read_bytes() for path in (workspace.corpus / "ner" / "mine").iterdir()}
    given[3].write_text("Eva\tB-PER\nOslo\tI-LOC\n")
    code, printed = call(convert, "ner", "--name", "mine", *given)
    assert code == 1
    assert f"{given[3]}:2: I-LOC opens inside an entity" in printed
    assert {path: path.read_bytes() for path in (workspace.corpus / "ner" / "mine").iterdir()} == before


def test_conversion_that_was_cut_off_is_made_again(workspace, call, given, monkeypatch):
    call(convert, "ner", "--name", "mine", *given)
    given[1].write_text("Eva\tB-PER\nran\tO\n")
    with monkeypatch.context() as patch:
        patch.setattr(convert.msg, "good", interrupt)
        code, printed = call(convert, "ner", "--name", "mine", *given)
        assert (code, "Interrupted" in printed) == (130, True)
    call(convert, "ner", "--name", "mine", *given)
    assert len(saved(workspace, "ner", "mine", "train")) == 1


def interrupt(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("split", ["train", "dev", "test"])
@pytest.mark.parametrize(("text", "message"), [("", "no sentences in it"), (None, "no such file")])
def test_empty_or_missing_file(workspace, call, given, split, text, message):
    path = given[given.index(f"--{split}") + 1]
    path.unlink()
    if text is not None:
        path.write_text(text)
    code, printed = call(convert, "ner", "--name", "mine", *given)
    assert code == 1
    assert f"{path}: {message}" in printed


@pytest.mark.parametrize("chosen", [slice(0, 2), slice(2, 4), slice(4, 6)])
def test_train_and_dev_go_together(workspace, call, given, chosen):
    code, printed = call(convert, "ner", "--name", "mine", *given[chosen])
    assert code == 1
    assert "train and dev must be given together" in printed


def test_own_files_need_a_name(workspace, call, given):
    code, printed = call(convert, "ner", *given)
    assert code == 1
    assert "name is missing" in printed


def test_a_name_needs_own_files(workspace, call, source):
    """The task's own corpus must not take the place of one that was converted under this name."""
    workspace.assets.mkdir()
    (workspace.assets / "sample").symlink_to(source / "assets" / "sample")
    assert call(convert, "quickstart", "--name", "mine")[0] == 1


@pytest.mark.parametrize(
    ("task", "suffix", "text", "message"),
    [
        ("ner", ".conllu", POS, "no tags of entities in it, which the ner needs"),
        ("tagger", ".iob", NER, "1: looks like a word and the tag of its entity a line; for tagger"),
        ("parser", ".conllu", POS, "no HEAD and DEPREL in it, which the parser needs"),
        ("textcat", ".conllu", POS, "1: looks like CoNLL-U; for textcat, give a category and a text a line"),
        ("ner", ".iob", NO_ENTITIES, "no "),
    ],
)
def test_annotation_that_a_task_needs(workspace, call, tmp_path, task, suffix, text, message):
    code, printed = call(convert, task, "--name", "mine", *own(tmp_path, suffix=suffix, train=text, dev=text))
    assert code == 1
    assert f"train{suffix}:{message}" in printed.replace(f"{suffix}: ", f"{suffix}:")


TEXTS = "".join(f"{label}\t{label} film number {i}\n" for i in range(40) for label in ("pos", "neg"))


class TestOneFile:
    """Shares of the train file in place of dev and test files."""

    def split(self, call, tmp_path, *arguments, text=TEXTS):
        return call(convert, "textcat", "--name", "mine", *own(tmp_path, train=text, suffix=".txt"), *arguments)

    def texts(self, workspace, *splits):
        return {split: [doc.text for doc in saved(workspace, "textcat", "mine", split)] for split in splits}

    def test_shares_are_held_out(self, workspace, call, tmp_path):
        code, printed = self.split(call, tmp_path, "--dev", 0.1, "--test", 0.2)
        assert (code, "train: 56 sentences" in printed) == (0, True)
        found = self.texts(workspace, "train", "dev", "test")
        assert [len(texts) for texts in found.values()] == [56, 8, 16]
        assert len({text for texts in found.values() for text in texts}) == 80
        assert sorted(found["train"], key=lambda text: int(text.split()[-1])) == found["train"]  # in their order

    def test_always_the_same(self, workspace, call, tmp_path):
        self.split(call, tmp_path, "--dev", 0.1)
        before = self.texts(workspace, "train", "dev")
        shutil.rmtree(workspace.corpus)
        self.split(call, tmp_path, "--dev", 0.1)
        assert self.texts(workspace, "train", "dev") == before

    def test_sentences_that_are_alike_stay_together(self, workspace, call, tmp_path):
        self.split(call, tmp_path, "--dev", 0.3, text=TEXTS * 3)
        found = self.texts(workspace, "train", "dev")
        assert not set(found["train"]) & set(found["dev"])
        assert len(found["dev"]) == 72

    def test_another_share_is_another_corpus(self, workspace, call, tmp_path):
        sources = []
        for share in (0.1, 0.2):
            self.split(call, tmp_path, "--dev", share)
            sources.append(srsly.read_json(workspace.corpus / "textcat" / "mine" / "sources.json")["md5"])
        assert all(sources[0][split] != sources[1][split] for split in ("train", "dev"))

    @pytest.mark.parametrize("share", ["0", "1", "-0.5", "nan", "5", "inf"])
    def test_no_share(self, call, tmp_path, share):
        code, printed = self.split(call, tmp_path, f"--dev={share}")
        assert (code, f"dev = {share}: must be a file, or the share of train" in printed) == (1, True)

    @pytest.mark.parametrize(("shares", "text"), [((0.5, 0.5), TEXTS), ((0.4, 0.4), "pos\tFine .\nneg\tDull .\n")])
    def test_nothing_left_to_train_on(self, workspace, call, tmp_path, shares, text):
        code, _ = self.split(call, tmp_path, "--dev", shares[0], "--test", shares[1], text=text)
        assert (code, workspace.corpus.exists()) == (1, False)

    def test_share_of_no_file(self, call):
        assert call(convert, "textcat", "--name", "mine", "--dev", 0.1)[0] == 1


def test_empty_lines_between_sentences_that_are_missing(call, tmp_path):
    code, printed = call(convert, "ner", "--name", "mine", *own(tmp_path, train="Anna\tB-PER\n" * 201, dev=NER))
    assert (code, "train: 201 words a sentence; are empty lines between them missing?" in printed) == (0, True)
    assert "dev: 3 words a sentence" not in printed


class TestColumns:
    def test_what_is_found_is_printed(self, call, tmp_path):
        code, printed = call(convert, "ner", "--name", "mine", *own(tmp_path, suffix=".tsv", train=NER, dev=NER))
        assert (code, "words in column 1 and tags of entities in column 2" in printed) == (0, True)

    def test_setting(self, workspace, call, tmp_path):
        files = own(tmp_path, train="1\tpos\tFine .\n", dev="2\tpos\tGood .\n")
        assert call(convert, "textcat", "--name", "mine", *files, "--columns", "_,category,text")[0] == 0
        assert saved(workspace, "textcat", "mine", "dev")[0].cats == {"pos": 1.0}

    def test_another_setting_is_another_corpus(self, workspace, call, tmp_path):
        files = own(tmp_path, train="a\tB-X\tB-Y\n", dev="a\tB-X\tB-Y\n")
        for columns, label in (("", "X"), ("word,_,tag", "Y")):
            assert call(convert, "ner", "--name", "mine", *files, "--columns", columns)[0] == 0
            assert saved(workspace, "ner", "mine", "dev")[0].ents[0].label_ == label

    def test_category_that_nothing_learns(self, call, tmp_path):
        files = own(tmp_path, train="pos\tFine .\n", dev="neg\tDull .\n")
        code, printed = call(convert, "textcat", "--name", "mine", *files)
        assert (code, "category 'neg' is not in" in printed) == (1, True)

    @pytest.mark.parametrize(("header", "is_asked"), [("Kategorie\tTitel\n", True), ("", False)])
    def test_header_that_is_not_known(self, call, tmp_path, header, is_asked):
        files = own(tmp_path, train=header + TEXTS, dev=TEXTS)
        code, printed = call(convert, "textcat", "--name", "mine", *files)
        assert (code, "is the first line a header? It alone has the category 'Kategorie'" in printed) == (0, is_asked)

    def test_setting_without_files(self, call):
        assert call(convert, "ner", "--columns", "word,tag")[0] == 1


@pytest.mark.parametrize("name", ["../../evil", "/evil", "..", ".hidden", "a/b", "a\\b", "a\nb", "a" * 300])
def test_name_that_is_no_folder_of_its_own(workspace, call, given, name):
    code, printed = call(convert, "ner", "--name", name, *given)
    assert (code, "folders have this name" in printed) == (1, True)
    assert not workspace.corpus.exists()


def test_control_characters_do_not_reach_the_terminal(call, tmp_path):
    text = "a\tB-PER\nb\tI-\x1b[31m\n"
    code, printed = call(convert, "ner", "--name", "mine", *own(tmp_path, train=text, dev=text))
    assert (code, r"I-\u001b[31m opens inside" in printed) == (1, True)


@pytest.mark.parametrize("lang", ["zz", "", "../en", "en.stop_words"])
def test_unknown_language(call, given, lang):
    code, printed = call(convert, "ner", "--name", "mine", *given, "--lang", lang)
    assert (code, f"lang: {lang!r}: not a language that spaCy can make here" in printed) == (1, True)


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["ner", "--nam", "x"], ["ner", "--name"]])
def test_wrong_arguments(call, arguments):
    code, printed = call(convert, *arguments)
    assert (code, printed != "") == (1, True)


@pytest.mark.parametrize("text", ["", "[]", '{"lang"', "{}", "null", "[" * 100_000])
def test_broken_note_of_the_sources(workspace, call, given, text):
    call(convert, "ner", "--name", "mine", *given)
    note = workspace.corpus / "ner" / "mine" / "sources.json"
    before = note.read_text()
    note.write_text(text)
    assert call(convert, "ner", "--name", "mine", *given)[0] == 0
    assert note.read_text() == before
