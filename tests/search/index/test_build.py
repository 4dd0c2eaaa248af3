import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from spacy_elmo.search.index import build_index, open_index
from spacy_elmo.text.readers import CorpusError
from spacy_elmo.util.lock import LockedError, lock
from tests.support.killed_runs import Changes, in_a_fork
from tests.support.random_models import TINY, contents, read_only, write_random_model

QUERIES = ("He saw a [play] .", "The [cell] is old.", "[They] had it.")


def test_all_words_are_there(text: Path, tmp_path: Path, build: Callable):
    built = build(text)
    assert (built.words, built.sentences, built.new) == (120, 24, 120)
    assert len(list((tmp_path / "index" / "texts-000000").glob("part-*.npy"))) > 2
    assert len(open_index(tmp_path / "index")) == built.words


def test_an_index_in_parts_finds_what_one_at_once_finds(text: Path, more: Path, tmp_path: Path, build: Callable):
    build(text, more, output="whole")
    build(text)
    assert build(text, more).new == 4 + 6 + 4
    whole, parts = open_index(tmp_path / "whole"), open_index(tmp_path / "index")
    assert len(parts.manifest.texts) == 2
    for query in QUERIES:
        assert parts.nearest(query, top=200) == whole.nearest(query, top=200)
        assert parts.nearest(query, same_word=True) == whole.nearest(query, same_word=True)


def test_the_same_call_again_has_nothing_to_do(text: Path, tmp_path: Path, build: Callable):
    build(text)
    before = contents(tmp_path / "index")
    assert build(text).new == 0
    assert contents(tmp_path / "index") == before


def test_more_texts_need_no_settings(text: Path, more: Path, tmp_path: Path, build: Callable):
    build(text, layers="top")
    build_index([more], tmp_path / "index", n_process=1)
    assert open_index(tmp_path / "index").manifest.layers == "top"
    assert len(open_index(tmp_path / "index")) == 134


def test_the_same_text_of_another_name_is_there_once(text: Path, tmp_path: Path, build: Callable):
    copy = tmp_path / "copy.txt"
    copy.write_bytes(text.read_bytes())
    said: list[str] = []
    assert build(text, copy, notify=said.append).words == 120
    assert said[0] == f"{copy}: the same text as {text}; it is there once"


def test_a_text_that_has_changed_is_refused(text: Path, tmp_path: Path, build: Callable):
    build(text)
    before = contents(tmp_path / "index")
    text.write_text("Changed.", encoding="utf8")
    with pytest.raises(CorpusError, match=r"a\.txt: has changed since it was added"):
        build(text)
    assert contents(tmp_path / "index") == before


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"layers": "top"}, "layers = 'top': .*index has 'all'; leave it out"),
        ({"lang": "de"}, "lang = 'de': .*index has 'en'; leave it out"),
    ],
)
def test_other_settings_than_those_of_the_index_are_refused(
    text: Path, more: Path, build: Callable, changes: dict, problem: str
):
    build(text)
    with pytest.raises(CorpusError, match=problem):
        build(more, **changes)


def test_other_weights_than_those_of_the_index_are_refused(text: Path, more: Path, tmp_path: Path, build: Callable):
    build(text)
    before = contents(tmp_path / "index")
    other = write_random_model(tmp_path / "other", TINY, seed=1)
    with pytest.raises(CorpusError, match="other: other weights than those of .*tiny"):
        build(more, model=str(other))
    assert contents(tmp_path / "index") == before


@pytest.mark.parametrize("data", ["", "\n \n"])
def test_an_empty_corpus_leaves_nothing(tmp_path: Path, build: Callable, data: str):
    (tmp_path / "empty.txt").write_text(data, encoding="utf8")
    with pytest.raises(CorpusError, match="the inputs hold no text"):
        build(tmp_path / "empty.txt")
    assert not (tmp_path / "index").exists()


def test_no_inputs_are_no_index(tmp_path: Path, build: Callable):
    with pytest.raises(CorpusError, match="no inputs"):
        build()
    assert not (tmp_path / "index").exists()


def test_a_folder_of_something_else_stays(text: Path, tmp_path: Path, build: Callable):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "mine").write_text("mine", encoding="utf8")
    with pytest.raises(CorpusError, match="not empty, and no index"):
        build(text)
    assert contents(tmp_path / "index") == {"mine": b"mine"}


def test_a_file_in_its_place_stays(text: Path, tmp_path: Path, build: Callable):
    (tmp_path / "index").write_text("mine", encoding="utf8")
    with pytest.raises(CorpusError, match="exists and is no directory"):
        build(text)


def test_an_index_within_its_texts_is_refused(text: Path, build: Callable):
    with pytest.raises(CorpusError, match="lies within"):
        build(text.parent)


def test_a_disk_that_is_read_only_is_named(text: Path, tmp_path: Path, tiny_model: Path):
    (tmp_path / "disk").mkdir()
    with read_only(tmp_path / "disk"), pytest.raises(OSError, match=r"disk/index: cannot be written \(Read-only"):
        build_index([text], tmp_path / "disk" / "index", model=str(tiny_model))


def test_the_lookup_says_word_and_sentence_of_each_row(more: Path, tmp_path: Path, build: Callable):
    build(more)
    folder = tmp_path / "index" / "texts-000000"
    assert np.load(folder / "words.npy").tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 5, 3, 8, 9, 10, 3]
    assert np.load(folder / "sentences.npy")[:, 0].tolist() == [0, 4, 10]


def test_an_index_that_another_process_writes_is_left_to_it_and_can_be_searched(
    text: Path, more: Path, tmp_path: Path, build: Callable
):
    build(text)
    before = contents(tmp_path / "index")
    found = open_index(tmp_path / "index").nearest(QUERIES[0])
    with lock(tmp_path / "index" / "lock", doing=""):
        (tmp_path / "index" / "texts-000001").mkdir()
        with pytest.raises(LockedError, match=f"process {os.getpid()} on .* is building the index .*index; wait"):
            build(more)
        assert open_index(tmp_path / "index").nearest(QUERIES[0]) == found
    (tmp_path / "index" / "texts-000001").rmdir()
    assert contents(tmp_path / "index") == before


def test_texts_that_are_interrupted_are_no_part_of_the_index_until_the_same_call_ends(
    text: Path, more: Path, tmp_path: Path, build: Callable, monkeypatch: pytest.MonkeyPatch
):
    build(text)
    with monkeypatch.context() as patch:
        patch.setattr("spacy_elmo.search.index.build.describe_texts", interrupt)
        with pytest.raises(KeyboardInterrupt):
            build(more)
    assert len(open_index(tmp_path / "index")) == 120
    assert build(more).new == 14
    assert len(open_index(tmp_path / "index")) == 134


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_build_that_is_killed_anywhere_is_refused_or_whole_and_goes_on(
    text: Path, more: Path, tmp_path: Path, build: Callable
):
    def count() -> None:
        changes = Changes(tmp_path / "index", None)
        build(text, output="index")
        build(text, more, output="index")
        (tmp_path / "n").write_text(str(changes.n), encoding="utf8")

    assert in_a_fork(count) == 0
    whole, n = contents(tmp_path / "index"), int((tmp_path / "n").read_text())
    for last in (n // 4, n // 2, n - 60, n - 35, n - 8, n - 2):
        output = f"killed-{last}"

        def die(output: str = output, last: int = last) -> None:
            Changes(tmp_path / output, last)
            build(text, output=output)
            build(text, more, output=output)

        assert in_a_fork(die) == 99
        with suppress(CorpusError):
            assert len(open_index(tmp_path / output)) in (120, 134)
        assert in_a_fork(lambda output=output: (build(text, output=output), build(text, more, output=output))) == 0
        assert contents(tmp_path / output) == whole, last
