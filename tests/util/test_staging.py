import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from spacy_elmo.util import staging
from spacy_elmo.util.staging import STAGE, WriteError, file_to_write, staged


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


def _stage_of(folder: Path, process: int | str) -> Path:
    stage = folder / f"{STAGE}{staging._machine()}-{process}-abc"
    stage.mkdir(parents=True)
    (stage / "weights").touch()
    return stage


@pytest.fixture
def dead() -> int:
    return int(subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True).stdout)


@pytest.mark.skipif(os.name != "posix", reason="processes cannot be asked after")
def test_what_a_dead_process_left_is_removed_and_that_of_a_living_one_is_not(tmp_path: Path, dead: int):
    left, at_work, ours = _stage_of(tmp_path, dead), _stage_of(tmp_path, os.getppid()), _stage_of(tmp_path, os.getpid())
    with staged(tmp_path, ["a"]) as mine, staged(tmp_path, ["b"]):
        assert mine.is_dir()
        assert (left.exists(), ours.exists(), at_work.exists()) == (False, False, True)


def test_what_another_machine_left_is_removed_after_a_day(tmp_path: Path):
    old, new = tmp_path / f"{STAGE}elsewhere-1-abc", tmp_path / f"{STAGE}elsewhere-2-abc"
    for stage in (old, new):
        stage.mkdir()
    os.utime(old, (0, 0))
    staging.remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == [new]


@pytest.mark.parametrize("failing", range(1, 9))
def test_when_a_change_fails_all_are_taken_back(failing: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names = ("main", "b", "c", "stale")
    for name in names:
        (tmp_path / name).write_text("old")
    calls, rename, replace = [], os.rename, os.replace

    def fail(original):
        def change(source, target):
            calls.append(source)
            if len(calls) == failing:
                raise OSError(28, "No space left on device")
            original(source, target)

        return change

    monkeypatch.setattr(os, "rename", fail(rename))
    monkeypatch.setattr(os, "replace", fail(replace))
    message = r"cannot be written \(No space left on device\); nothing was changed"
    with pytest.raises(WriteError, match=message) if failing < 8 else nullcontext(), staged(tmp_path, names) as stage:
        for name in names[:3]:
            (stage / name).write_text("new")
    texts = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert texts == (dict.fromkeys(names, "old") if failing < 8 else dict.fromkeys(names[:3], "new"))


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo] if hasattr(os, "mkfifo") else [Path.mkdir])
def test_what_is_no_file_is_not_replaced_and_nothing_changes(make, tmp_path: Path):
    (tmp_path / "main").write_text("old")
    make(tmp_path / "b")

    def write() -> None:
        with staged(tmp_path, ["main", "b"]) as stage:
            (stage / "main").write_text("new")
            (stage / "b").write_text("new")

    with pytest.raises(WriteError, match="b is a directory, a device or a pipe"):
        write()
    assert (tmp_path / "main").read_text() == "old"
    assert not (tmp_path / "b").is_file()


def test_a_file_to_write_is_what_links_lead_to(tmp_path: Path):
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to("real")
    assert file_to_write(tmp_path / "link") == tmp_path / "real"
    assert file_to_write(tmp_path / "new") == tmp_path / "new"


@pytest.mark.parametrize("path", [os.devnull, "circle", "", "pipe"])
def test_devices_pipes_directories_and_circles_are_not_written(path: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("circle").symlink_to("circle")
    os.mkfifo("pipe")
    with pytest.raises(WriteError, match="and is left as it is; name a file"):
        file_to_write(Path(path))


def test_what_no_process_has_put_its_name_to_is_removed(tmp_path: Path):
    (tmp_path / f"{STAGE}x7_k2a0q").mkdir()
    with staged(tmp_path, ["a"]) as mine:
        assert list(tmp_path.iterdir()) == [mine]


def test_a_folder_is_written_as_a_whole(tmp_path: Path):
    def write(*, fail: bool) -> None:
        with staged(tmp_path, ["out"]) as stage:
            (stage / "out" / "vocab").mkdir(parents=True)
            (stage / "out" / "vocab" / "strings").write_text("new")
            if fail:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(fail=True)
    assert list(tmp_path.iterdir()) == []
    write(fail=False)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "vocab", "strings"]
    with pytest.raises(WriteError, match="out is a directory"):
        write(fail=False)
