import _thread
import gc
import threading
import time
import weakref
from contextlib import suppress

import pytest

from spacy_elmo.util.threads.worker import Worker, run_jobs


@pytest.fixture
def workers():
    workers = [Worker(), Worker()]
    yield workers
    for worker in workers:
        worker.end()


def test_functions_run_at_once_in_other_threads(workers: list[Worker]):
    meeting = threading.Barrier(2, timeout=60)

    def work() -> int:
        meeting.wait()
        return threading.get_ident()

    idents = run_jobs(workers, [work, work])
    assert len({*idents, threading.get_ident()}) == 3


def test_a_worker_keeps_its_thread(workers: list[Worker]):
    first, again = (run_jobs(workers[:1], [threading.get_ident]) for _ in range(2))
    assert first == again


def test_an_error_comes_out_when_all_have_ended(workers: list[Worker]):
    ended = []

    def fail() -> None:
        raise KeyError("first")

    with pytest.raises(KeyError, match="first"):
        run_jobs(workers, [fail, lambda: ended.append(1)])
    assert ended == [1]
    assert run_jobs(workers, [int, str]) == [0, ""]


def test_a_worker_that_ends_does_first_what_it_was_given():
    before, worker, done = _thread._count(), Worker(), []
    assert run_jobs([worker], [lambda: done.append(_thread._count())]) == [None]
    worker.end()
    for _ in range(1000):
        if _thread._count() == before:
            break
        time.sleep(0.01)
    assert (_thread._count(), done) == (before, [before + 1])


class Large:
    """Something whose memory counts."""


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_that_was_given_is_held_on_to(workers: list[Worker], fails: bool):
    def start() -> weakref.ref:
        large = Large()

        def work() -> None:
            assert large
            if fails:
                raise KeyError

        gc.disable()  # what only the collector would find is held on to
        with suppress(KeyError):
            run_jobs(workers[:1], [work])
        return weakref.ref(large)

    try:
        large = start()
        run_jobs(workers[:1], [int])  # the one before has left the thread
        assert large() is None
    finally:
        gc.enable()
