from pathlib import Path

import pytest

from spacy_elmo.util.files import WriteError, staged


def test_files_move_into_the_directory_when_the_block_ends(tmp_path: Path):
    with staged(tmp_path / "new", ["a.txt"]) as stage:
        (stage / "a.txt").write_text("a")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_what_an_earlier_block_wrote_is_removed_and_other_files_are_kept(tmp_path: Path):
    for name in ("a.txt", "b.txt", "mine.txt"):
        (tmp_path / name).touch()
    with staged(tmp_path, ["a.txt", "b.txt"]) as stage:
        (stage / "a.txt").touch()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.txt", "mine.txt"]


def test_a_block_that_fails_leaves_nothing(tmp_path: Path):
    with pytest.raises(ValueError, match="not a number"), staged(tmp_path / "a" / "b", ["a.txt"]) as stage:
        (stage / "a.txt").write_text(str(int("not a number")))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named_and_weights_are_not_spoken_of(tmp_path: Path):
    (tmp_path / "file").touch()
    message = r"file: cannot be written \(File exists\); nothing was changed; choose another place"
    with pytest.raises(WriteError, match=message) as caught, staged(tmp_path / "file", ["config.cfg"]):
        pass
    assert not isinstance(caught.value, ValueError)
