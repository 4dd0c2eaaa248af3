"""One process at a time: a file that the system locks for as long as its owner lives, and that says who that is."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .staging import WriteError, new_folder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FAR = 1 << 20  # where Windows locks a byte: it lets nobody read what is locked, and the note is to be read
WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL)


class LockedError(OSError):
    """Another process is at work; the message names it, and says what to do."""


@contextmanager
def lock(path: Path, *, doing: str) -> Iterator[None]:
    """Keep other processes out of the block.

    The system takes the lock from a process that dies, however it dies, and the file that is left is taken over. One
    that another machine left is not, because its process cannot be seen from here; nor is any, where the file system
    has no locks.

    Args:
        path: The file, in a directory that is there. It is gone after the block.
        doing: What the other process would be doing, for the message: "is training in DIRECTORY".

    Raises:
        LockedError: Another process is in the block.
        OSError: The file cannot be made.
    """
    descriptor = _take(path, doing)
    try:
        os.truncate(descriptor, 0)
        os.write(descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
        yield
    finally:
        if sys.platform == "win32":  # where an open file cannot be removed
            os.close(descriptor)
        with suppress(OSError):
            path.unlink()
        if sys.platform != "win32":
            os.close(descriptor)


@contextmanager
def claimed(path: Path, *, named: Path, doing: str) -> Iterator[None]:
    """Keep other processes out of a folder, which is made, and gone again if the block fails and nothing is in it.

    Args:
        path: The file of the lock, in the folder.
        named: What messages call the folder.
        doing: As of `lock`.

    Raises:
        LockedError: Another process is in the block.
        WriteError: The folder or the file cannot be made.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(new_folder(path.parent))
            stack.enter_context(lock(path, doing=doing))
        except LockedError:
            raise
        except OSError as error:
            problem = f"cannot be written ({error.strerror or error}); nothing was changed"
            raise WriteError(f"{named}: {problem}; choose another place") from error
        yield


def _take(path: Path, doing: str) -> int:
    """Return the descriptor of the file, which is locked."""
    while True:
        try:
            descriptor, is_new = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666), True
        except FileExistsError:
            try:
                descriptor, is_new = os.open(path, os.O_RDWR), False
            except FileNotFoundError:
                if path.is_symlink():  # to nothing
                    raise
                continue  # its owner has just ended
        try:
            has_locks = _lock(descriptor)
            if not is_new:
                _check_note(path, descriptor, doing, has_locks=has_locks)
            if _is_still(path, descriptor):
                return descriptor
        except BlockingIOError:
            who = _describe(_wait_for_note(descriptor))
            os.close(descriptor)
            raise LockedError(f"{who} {doing}; wait for its end, or choose another place") from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock a file. Returns False where the file system has no locks; raises BlockingIOError where it is locked."""
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in WITHOUT_LOCKS:
            return False
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            raise BlockingIOError from error
        raise
    return True


def _check_note(path: Path, descriptor: int, doing: str, *, has_locks: bool) -> None:
    """Raise LockedError for a file whose owner may be alive, although the system does not lock it."""
    note = _read_note(descriptor)
    if has_locks and note.get("host", socket.gethostname()) == socket.gethostname():
        return
    problem = f"{_describe(note)} {doing}, as far as can be seen from here"
    raise LockedError(f"{problem}; if it has ended, remove {path} and start again")


def _wait_for_note(descriptor: int) -> dict[str, object]:
    for _ in range(50):  # its owner may be just about to write it
        note = _read_note(descriptor)
        if note:
            return note
        time.sleep(0.01)
    return {}


def _read_note(descriptor: int) -> dict[str, object]:
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        note = json.loads(os.read(descriptor, 4096))
    except ValueError:
        return {}
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return note if isinstance(note, dict) else {}


def _describe(note: dict[str, object]) -> str:
    return f"process {note['pid']} on {note['host']}" if {"pid", "host"} <= set(note) else "another process"


def _is_still(path: Path, descriptor: int) -> bool:
    """Return whether a path names the file that is open: its owner may have removed it in between."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
