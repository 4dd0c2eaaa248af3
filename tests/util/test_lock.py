import errno
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from spacy_elmo.util import lock as module
from spacy_elmo.util.lock import LockedError, claimed, lock
from spacy_elmo.util.staging import WriteError

HOLD = """
import sys, time
from pathlib import Path
from spacy_elmo.util.lock import lock
with lock(Path(sys.argv[1]), doing="is at work"):
    print("here", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path):
    """Another process that holds a lock."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield child
        child.kill()


def take(path: Path) -> None:
    with lock(path, doing="is at work"):
        pass


def test_the_file_is_there_during_the_block_only(tmp_path: Path):
    with lock(tmp_path / "lock", doing="is at work"):
        assert json.loads((tmp_path / "lock").read_text()) == {"pid": os.getpid(), "host": socket.gethostname()}
    assert list(tmp_path.iterdir()) == []


def test_it_is_released_after_an_error(tmp_path: Path):
    with pytest.raises(KeyError), lock(tmp_path / "lock", doing="is at work"):
        raise KeyError
    take(tmp_path / "lock")


def test_a_second_one_is_refused_by_the_name_of_the_first(tmp_path: Path):
    with lock(tmp_path / "lock", doing="is at work"), pytest.raises(LockedError, match=f"process {os.getpid()} on "):
        take(tmp_path / "lock")


def test_another_process_is_kept_out(other: subprocess.Popen, tmp_path: Path):
    with pytest.raises(LockedError, match=f"process {other.pid} on .* is at work; wait for its end"):
        take(tmp_path / "lock")
    assert json.loads((tmp_path / "lock").read_text())["pid"] == other.pid


def test_the_lock_of_a_killed_process_is_taken_over(other: subprocess.Popen, tmp_path: Path):
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert (tmp_path / "lock").exists()
    take(tmp_path / "lock")
    assert not (tmp_path / "lock").exists()


@pytest.mark.parametrize("note", ["", "{", "[]", "{}"])
def test_a_note_that_was_not_finished_is_taken_over(note: str, tmp_path: Path):
    (tmp_path / "lock").write_text(note)
    take(tmp_path / "lock")


def test_the_process_of_another_machine_is_believed_to_live(tmp_path: Path):
    (tmp_path / "lock").write_text(json.dumps({"pid": 3, "host": "elsewhere"}))
    with pytest.raises(LockedError, match="process 3 on elsewhere is at work.*if it has ended, remove .*lock"):
        take(tmp_path / "lock")
    assert (tmp_path / "lock").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="has other locks")
def test_where_the_file_system_has_no_locks_any_file_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(module.fcntl, "flock", refuse)
    with lock(tmp_path / "lock", doing="is at work"), pytest.raises(LockedError, match="remove"):
        take(tmp_path / "lock")
    take(tmp_path / "lock")


def test_a_folder_that_is_missing_is_an_error_of_the_system(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        take(tmp_path / "none" / "lock")


def test_a_link_to_nothing_is_an_error_of_the_system(tmp_path: Path):
    (tmp_path / "lock").symlink_to("none")
    with pytest.raises(FileNotFoundError):
        take(tmp_path / "lock")


def claim(folder: Path) -> None:
    with claimed(folder / "notes" / "lock", named=folder, doing="is at work"):
        (folder / "notes" / "kept").touch()


def test_a_claimed_folder_is_made_and_gone_again_if_nothing_came_of_it(tmp_path: Path):
    with (
        pytest.raises(KeyError),
        claimed(tmp_path / "a" / "b" / "lock", named=tmp_path, doing="is at work"),
    ):
        raise KeyError
    assert list(tmp_path.iterdir()) == []
    claim(tmp_path / "a")
    assert [path.name for path in (tmp_path / "a" / "notes").iterdir()] == ["kept"]


def test_a_claimed_folder_is_closed_to_others_and_named_where_it_cannot_be_made(tmp_path: Path):
    with (
        claimed(tmp_path / "notes" / "lock", named=tmp_path, doing="is at work"),
        pytest.raises(LockedError, match=f"process {os.getpid()} on .* is at work"),
    ):
        claim(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="file: cannot be written .*; nothing was changed; choose another place"):
        claim(tmp_path / "file")
