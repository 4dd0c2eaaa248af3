import errno
import json
import re
import tracemalloc
from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from spacy_elmo.pretraining.corpus import mapped as corpus
from spacy_elmo.pretraining.corpus import prepare as module
from spacy_elmo.pretraining.corpus import shards, vocabulary
from spacy_elmo.pretraining.corpus.prepare import CorpusSettings, open_prepared, prepare_corpus
from spacy_elmo.pretraining.corpus.vocabulary import MARKERS
from spacy_elmo.text.readers import CorpusError
from spacy_elmo.util.lock import LockedError, lock
from tests.support.corpora import make_documents, marked, prepare_all, read_back
from tests.test_imports import run


def unread():
    """Documents that must not be asked for."""
    raise AssertionError("the documents were read")
    yield


@pytest.fixture
def _small_shards(monkeypatch):
    monkeypatch.setattr(shards, "MAX_TOKENS", 40)
    monkeypatch.setattr(vocabulary, "_MERGED_AT_ONCE", 3)


@pytest.mark.usefixtures("_small_shards")
def test_text_in_many_shards_comes_back_with_exact_counts(tmp_path):
    documents = make_documents(200, n_words=300)
    prepared = prepare_all(documents, tmp_path / "a", max_words=30)
    words = Counter(word for document in documents for sentence in document for word in sentence)
    best = sorted(words, key=lambda word: (-words[word], word))[:27]
    n_sentences = sum(map(len, documents))
    unknown = words.total() - sum(words[word] for word in best)
    assert prepared.vocabulary.words == (*MARKERS, *best)
    assert prepared.vocabulary.counts.tolist() == [n_sentences, n_sentences, unknown, *(words[word] for word in best)]
    assert read_back(prepared.train) == marked(documents)


@pytest.mark.usefixtures("_small_shards")
@pytest.mark.parametrize(("dev_size", "n"), [(0.25, 10), (3, 3), (0.001, 1)])
def test_a_share_or_number_of_documents_is_held_out_and_not_counted(tmp_path, dev_size, n):
    documents = [[[f"word{i}", "a"]] for i in range(40)]
    prepared = prepare_corpus(documents, tmp_path / "a", CorpusSettings(dev_size=dev_size))
    train, held_out = read_back(prepared.train), read_back(prepared.dev)
    assert len(held_out) == n
    assert sorted(train + held_out) == sorted(marked(documents))
    assert not {document[0][1] for document in held_out} & set(prepared.vocabulary.words)


def test_the_seed_decides_which_documents_are_held_out(tmp_path):
    found = [
        read_back(prepare_corpus(make_documents(30), tmp_path / name, CorpusSettings(dev_size=5, seed=seed)).dev)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert found[0] == found[1] != found[2]


@pytest.mark.usefixtures("_small_shards")
def test_held_out_documents_can_be_given(tmp_path):
    documents, held_out = make_documents(30), make_documents(20, seed=1)
    prepared = prepare_corpus(iter(documents), tmp_path / "a", CorpusSettings(), dev=iter(held_out))
    assert (read_back(prepared.train), read_back(prepared.dev)) == (marked(documents), marked(held_out))


def test_a_vocabulary_can_be_given(tmp_path):
    prepared = prepare_all([[["a", "b", "a"]]], tmp_path / "a", vocabulary=(*MARKERS, "z", "a"))
    assert prepared.vocabulary.words == (*MARKERS, "z", "a")
    assert prepared.vocabulary.counts.tolist() == [1, 1, 1, 0, 2]


def test_nothing_held_out_is_none(tmp_path):
    assert prepare_all([[["a"]]], tmp_path / "a").dev is None


def test_a_second_call_with_the_same_settings_opens_what_is_there(tmp_path):
    first = prepare_all(make_documents(9), tmp_path / "a", max_words=6)
    second = prepare_all(unread(), tmp_path / "a", max_words=6)
    assert read_back(second.train) == read_back(first.train)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("max_words", 7), ("min_count", 2), ("seed", 1), ("dev_size", 1), ("sources", {"digest": "x"})),
        ("vocabulary", (*MARKERS, "w1")),
    ],
)
def test_other_settings_are_an_error_that_names_them(tmp_path, key, value):
    first = prepare_all(make_documents(9), tmp_path / "a", max_words=6)
    name = {"dev_size": "held-out text", "sources": "digest"}.get(key, key)
    message = rf"a: was prepared in another way \({name}: was .*, now .*\); .*choose another folder"
    with pytest.raises(CorpusError, match=message):
        prepare_all(unread(), tmp_path / "a", **{"max_words": 6, key: value})
    assert read_back(open_prepared(tmp_path / "a").train) == read_back(first.train)


@pytest.mark.parametrize(
    ("before", "now", "message"),
    [
        ([{"name": "a.txt", "digest": 1}], [{"name": "a.txt", "digest": 2}], "text: a.txt has changed"),
        ([{"name": f"{n}.txt"} for n in range(9)], [], r"text: was 0.txt, 1.txt, 2.txt and 6 more, now \[\]"),
    ],
)
def test_other_files_are_told_by_their_names(tmp_path, before, now, message):
    prepare_all(make_documents(9), tmp_path / "a", sources={"train": before})
    with pytest.raises(CorpusError, match=rf"\({message}\)"):
        prepare_all(unread(), tmp_path / "a", sources={"train": now})


def test_a_share_of_held_out_text_is_told(tmp_path):
    documents = make_documents(9)
    prepare_corpus(documents, tmp_path / "a", CorpusSettings(dev_size=0.2, sources={"dev": [], "dev language": None}))
    settings = CorpusSettings(dev_size=0.2, sources={"dev": [{"name": "t.txt"}], "dev language": "en"})
    with pytest.raises(CorpusError, match=r"\(held-out text: was a share of 0.2, now t.txt\)"):
        prepare_corpus(documents, tmp_path / "a", settings, dev=documents)


def test_other_held_out_documents_are_an_error_that_names_them(tmp_path):
    first = prepare_all(make_documents(9), tmp_path / "a", max_words=6)
    with pytest.raises(CorpusError, match="was prepared in another way \\(held-out text: was 0 documents, now "):
        prepare_corpus(unread(), tmp_path / "a", CorpusSettings(max_words=6, dev_size=0), dev=())
    assert read_back(open_prepared(tmp_path / "a").train) == read_back(first.train)


@pytest.mark.parametrize("documents", [[], [[]], [[[]], []]])
def test_an_empty_corpus_is_an_error_and_leaves_nothing(tmp_path, documents):
    with pytest.raises(CorpusError, match="the text has no words"):
        prepare_all(documents, tmp_path / "new" / "a")
    assert not list(tmp_path.iterdir())


def test_empty_held_out_text_is_an_error(tmp_path):
    with pytest.raises(CorpusError, match="the held-out text has no words"):
        prepare_corpus([[["a"]]], tmp_path / "a", CorpusSettings(), dev=[[]])


@pytest.mark.parametrize("dev_size", [0.01, 1])
def test_one_document_cannot_be_parted(tmp_path, dev_size):
    with pytest.raises(CorpusError, match=r"leaves none of 1 documents to train on; lower it \(0 for none\)"):
        prepare_all([[["one", "sentence"]]], tmp_path / "a", dev_size=dev_size)


def test_one_sentence_can_be_prepared(tmp_path):
    assert prepare_all([[["one", "sentence"]]], tmp_path / "a").train.n_words == 2


def test_no_words_left_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(CorpusError, match="no word of the text is left"):
        prepare_all([[["a"]]], tmp_path / "a", min_count=2)
    assert not list(tmp_path.iterdir())


def test_more_words_than_the_text_has_are_a_notice(tmp_path):
    (notice,) = prepare_all([[["a"]]], tmp_path / "a", max_words=9).notices
    assert re.search("the text has 4 words .*fewer than max_words = 9", notice)


def test_enough_words_are_no_notice(tmp_path):
    assert prepare_all([[["a"]]], tmp_path / "a", max_words=4).notices == ()


@pytest.mark.parametrize(
    "settings", [{"max_words": 3}, {"min_count": 0}, {"dev_size": -1}, {"dev_size": 1.5}, {"vocabulary": ["a"]}]
)
def test_settings_without_meaning_are_errors_that_name_them(tmp_path, settings):
    with pytest.raises(CorpusError, match=next(iter(settings))):
        prepare_all(unread(), tmp_path / "a", **settings)


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "a").mkdir()
    assert prepare_all([[["a"]]], tmp_path / "a").train.n_words == 1


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CorpusError, match="holds something that is not a prepared corpus"):
        prepare_all(unread(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("owner", "name"),
    [(np, "savez"), (np, "save"), (corpus.CorpusWriter, "_append"), (module, "write_json"), (module.os, "replace")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_full_disk_is_an_error_that_leaves_nothing(tmp_path, monkeypatch, owner, name):
    def fail(*args, **settings):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(owner, name, fail)
    with pytest.raises(CorpusError, match="a: cannot be written .*No space left on device"):
        prepare_all(make_documents(9), tmp_path / "new" / "a")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_file_that_cannot_grow_is_an_error_that_leaves_nothing(tmp_path, monkeypatch):
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode="r": real(Path("/dev/full") if mode == "wb" else path, mode))
    with pytest.raises(CorpusError, match="cannot be written .*No space left"):
        prepare_all(make_documents(9), tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_an_error_of_the_reader_passes_and_leaves_nothing(tmp_path):
    with pytest.raises(CorpusError, match="broken"):
        prepare_all(chain([[["a"]]], (raise_error() for _ in range(1))), tmp_path / "a")
    assert not list(tmp_path.iterdir())


def raise_error():
    raise CorpusError("broken")


def test_a_folder_that_is_not_prepared_is_an_error(tmp_path):
    with pytest.raises(CorpusError, match=r"no manifest\.json in it"):
        open_prepared(tmp_path)


@pytest.mark.parametrize("name", ["train/tokens.int32", "vocab.txt", "dev/texts.uint8"])
def test_a_file_cut_short_or_missing_is_an_error_that_names_it(tmp_path, name):
    prepare_corpus(make_documents(30), tmp_path / "a", CorpusSettings(dev_size=9, vocabulary=MARKERS))
    path = tmp_path / "a" / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorpusError, match=f"{name}: has .* bytes where .* were written"):
        open_prepared(tmp_path / "a")
    path.unlink()
    with pytest.raises(CorpusError, match=f"{name}: has no bytes"):
        open_prepared(tmp_path / "a")


def test_another_schema_is_an_error(tmp_path):
    prepare_all([[["a"]]], tmp_path / "a")
    (tmp_path / "a" / "manifest.json").write_text(json.dumps({"schema": 99}))
    with pytest.raises(CorpusError, match="schema = 99: this version needs 2"):
        open_prepared(tmp_path / "a")


def test_a_folder_of_schema_1_is_opened(tmp_path):
    """It said "heldout" for "dev"."""
    settings = CorpusSettings(sources={"train": [1], "dev": [2], "dev language": "en"}, dev_size=3)
    first = prepare_corpus(make_documents(9), tmp_path / "a", settings)
    path = tmp_path / "a" / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["digests"]
    manifest |= {"schema": 1, "heldout": manifest.pop("dev_size")}
    manifest["sources"] = {"train": [1], "heldout": [2], "heldout language": "en"}
    manifest["files"] = {name.replace("dev/", "heldout/"): size for name, size in manifest["files"].items()}
    path.write_text(json.dumps(manifest))
    (tmp_path / "a" / "dev").rename(tmp_path / "a" / "heldout")
    second = prepare_corpus(unread(), tmp_path / "a", settings)
    assert read_back(second.dev) == read_back(first.dev)
    with pytest.raises(CorpusError, match=r"\(held-out text: was 3 documents, now 4 documents\)"):
        prepare_corpus(unread(), tmp_path / "a", replace(settings, dev_size=4))


def peak(n: int, folder: Path) -> int:
    """Return bytes that preparing n different rare words and as many frequent ones needed at most."""
    documents = ([[f"rare{i}", "a", "b", "c"]] for i in range(n))
    tracemalloc.start()
    prepare_all(documents, folder, max_words=100)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_memory_does_not_grow_with_the_text(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "MAX_WORDS", 500)
    small, large = peak(2_000, tmp_path / "a"), peak(20_000, tmp_path / "b")
    assert large - small < 18_000 * 40  # a document may cost its place in a few arrays, and its words nothing


def test_it_runs_without_spacy_and_thinc(tmp_path):
    code = "from spacy_elmo.pretraining.corpus import prepare, windows; "
    code += f"p = prepare.prepare_corpus([[['a']]], {str(tmp_path / 'a')!r}, prepare.CorpusSettings(dev_size=0)); "
    assert run(code + "print(p.train.n_words)", blocked=("spacy", "thinc")) == "1\n"


@pytest.mark.parametrize("name", ["train/tokens.int32", "dev/sentences.int64", "vocab.txt", "counts.npy"])
def test_a_file_whose_bytes_changed_is_an_error_that_names_it(tmp_path, name):
    prepare_corpus(make_documents(9), tmp_path / "a", CorpusSettings(dev_size=2))
    data = bytearray((tmp_path / "a" / name).read_bytes())
    data[-2] ^= 1
    (tmp_path / "a" / name).write_bytes(data)
    with pytest.raises(CorpusError, match=f"{name}: is damaged.*remove the folder"):
        open_prepared(tmp_path / "a")


@pytest.mark.parametrize("data", [b"", b"half", b"\x80\x04K\x03."])
def test_counts_that_are_none_are_an_error_where_there_are_no_digests(tmp_path, data):
    prepare_corpus(make_documents(9), tmp_path / "a", CorpusSettings(dev_size=2))
    (tmp_path / "a" / "counts.npy").write_bytes(data)
    path = tmp_path / "a" / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["digests"]
    path.write_text(json.dumps({**manifest, "files": {**manifest["files"], "counts.npy": len(data)}}))
    with pytest.raises(CorpusError, match=r"counts.npy: cannot be read"):
        open_prepared(tmp_path / "a")


def test_two_processes_do_not_prepare_one_folder(tmp_path):
    with (
        lock(tmp_path / ".a.lock", doing="is preparing text"),
        pytest.raises(LockedError, match="is preparing text in"),
    ):
        prepare_corpus(make_documents(9), tmp_path / "a", CorpusSettings(dev_size=2))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_prepared_is_opened_by_many_at_once(tmp_path):
    settings = CorpusSettings(dev_size=2)
    prepare_corpus(make_documents(9), tmp_path / "a", settings)
    with lock(tmp_path / ".a.lock", doing="is preparing text"):
        prepare_corpus(unread(), tmp_path / "a", settings)


def test_what_killed_processes_left_beside_a_folder_is_removed_and_no_more(tmp_path):
    for name in (".a.unfinished", ".a-abcdefgh", ".a-b-abcdefgh"):
        (tmp_path / name / "shards").mkdir(parents=True)
    prepare_corpus(make_documents(9), tmp_path / "a", CorpusSettings(dev_size=2))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a-b-abcdefgh", "a"]


def test_what_a_process_left_that_was_killed_at_the_very_end_is_removed_when_the_folder_is_opened(tmp_path):
    settings = CorpusSettings(dev_size=2)
    prepare_corpus(make_documents(9), tmp_path / "a", settings)
    (tmp_path / ".a.unfinished").mkdir()
    (tmp_path / ".a.lock").touch()
    prepare_corpus(unread(), tmp_path / "a", settings)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
