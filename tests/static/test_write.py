import os
import subprocess
import sys
from pathlib import Path

import pytest
import spacy

from spacy_elmo.static import write_static
from spacy_elmo.static.outputs import OUTPUTS
from spacy_elmo.text.readers import CorpusError
from spacy_elmo.util.staging import STAGE
from tests.support.killed_runs import Changes, in_a_fork
from tests.support.random_models import contents, small_disk

WITHOUT = """
import sys
from importlib import metadata

sys.modules.update(dict.fromkeys(("torch", "spacy_elmo")))
everything = metadata.distributions
metadata.distributions = lambda **kw: (found for found in everything(**kw) if found.metadata["Name"] != "spacy-elmo")
import spacy

nlp = spacy.load(sys.argv[1])
print(nlp.pipe_names, nlp("the bank").vector.shape, nlp.vocab.has_vector("bank"))
"""


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "texts").mkdir()
    lines = [f"The bank raised rate {i}. We sat on the bank." for i in range(9)]
    (tmp_path / "texts" / "a.txt").write_text("\n".join(lines), encoding="utf8")
    return tmp_path / "texts"


def write(text: Path, name: str, model: Path, /, **changes):
    return write_static([text], text.parent / name, **{"model": str(model), "n_process": 1, **changes})


def test_what_spacy_loads_needs_neither_torch_nor_this_package(text: Path, tiny_model: Path):
    write(text, "out", tiny_model)
    command = [sys.executable, "-c", WITHOUT, str(text.parent / "out")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stdout == "[] (8,) True\n", result.stderr


@pytest.mark.parametrize("name", ["out", "out.txt", "out.txt.gz", "out.vec", "out.safetensors", "new/out.txt"])
def test_the_suffix_names_the_format_and_nothing_else_is_left(text: Path, tiny_model: Path, name: str):
    found = write(text, name, tiny_model)
    assert len(found.words) == 9
    left = {path for path in contents(text.parent) if not path.startswith("texts")}
    assert all(Path(path).is_relative_to(name) for path in left)
    assert left


def test_the_table_has_the_name_of_the_output(text: Path, tiny_model: Path):
    write(text, "news", tiny_model)
    write(text, "other", tiny_model, name="mine")
    names = [spacy.load(text.parent / name).vocab.vectors.name for name in ("news", "other")]
    assert names == ["en_news.vectors", "mine"]


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        ("texts", {}, "texts: exists; choose another name"),
        ("texts/out.txt", {}, "lies within"),
        ("out.bin", {}, "its suffix names no format .*; name one by --format"),
        ("out", {"format": "fasttext"}, "format = 'fasttext': must be one of 'spacy', 'word2vec', 'safetensors'"),
        ("out", {"dtype": "float64"}, "dtype = 'float64'"),
        ("out", {"dtype": "float16"}, "spaCy computes with float32 alone"),
        ("out", {"prune": 0}, "prune = 0"),
        ("out.txt", {"prune": 5}, "only a table of spaCy has"),
        ("out.txt", {"name": "mine"}, "only a table of spaCy has"),
        ("out.txt", {"min_count": 99}, "the text has no word so often"),
        ("out.txt", {"model": "no_such_model"}, "no_such_model"),
    ],
)
def test_what_cannot_be_written_leaves_nothing(text: Path, tiny_model: Path, name: str, changes: dict, problem: str):
    before = contents(text.parent)
    with pytest.raises(ValueError, match=problem):
        write(text, name, tiny_model, **changes)
    assert contents(text.parent) == before


def test_words_with_spaces_are_refused_for_word2vec_text(text: Path, tiny_model: Path):
    (text / "a.txt").write_text('{"text": ["in", "New York"]}\n' * 5, encoding="utf8")
    with pytest.raises(CorpusError, match="the word 'New York' has a space in it"):
        write(text, "out.txt", tiny_model)
    assert write(text, "out.safetensors", tiny_model).words == ["New York", "in"]


def test_a_write_that_is_interrupted_leaves_nothing(text: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(path: Path, *arguments: object) -> None:
        path.mkdir()
        (path / "meta.json").touch()
        raise KeyboardInterrupt

    monkeypatch.setitem(OUTPUTS, "spacy", OUTPUTS["spacy"]._replace(write=interrupt))
    before = contents(text.parent)
    with pytest.raises(KeyboardInterrupt):
        write(text, "out", tiny_model)
    assert contents(text.parent) == before
    assert not (text.parent / "out").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_write_that_is_killed_anywhere_leaves_no_half_and_the_next_one_is_whole(text: Path, tiny_model: Path):
    def count() -> None:
        changes = Changes(text.parent, None)
        write(text, "whole/out", tiny_model)
        (text.parent / "n").write_text(str(changes.n), encoding="utf8")

    assert in_a_fork(count) == 0
    whole, n = contents(text.parent / "whole"), int((text.parent / "n").read_text())
    for last in (n // 3, 2 * n // 3, n - 3):
        place = text.parent / f"killed-{last}"

        def die(place: Path = place, last: int = last) -> None:
            Changes(text.parent, last)
            write(text, f"{place.name}/out", tiny_model)

        assert in_a_fork(die) == 99
        left = contents(place)
        assert left == whole or all(path.startswith(STAGE) for path in left)
        if left != whole:
            assert in_a_fork(lambda place=place: write(text, f"{place.name}/out", tiny_model)) == 0
        assert contents(place) == whole, last


def test_a_full_disk_is_told_and_left_empty(text: Path, tiny_model: Path):
    with small_disk(text.parent / "disk", size="48k"):
        with pytest.raises(OSError, match="disk: cannot be written .No space left"):
            write(text, "disk/out", tiny_model)
        assert contents(text.parent / "disk") == {}
