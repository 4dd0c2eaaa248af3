"""Threads and processes; each script runs in a process of its own, which a watchdog ends."""

import signal
import subprocess
import sys
import threading

import pytest
import torch

from spacy_elmo.util.threads import run_both
from tests.support.devices import CUDA, NO_GPU


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_two_tasks_run_at_once(two_threads):
    meeting = threading.Barrier(2, timeout=60)
    run_both(lambda number: meeting.wait())


def test_one_thread_runs_them_in_turn():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        seen = []
        run_both(lambda number: seen.append((number, threading.current_thread())))
    finally:
        torch.set_num_threads(before)
    assert seen == [(0, threading.current_thread()), (1, threading.current_thread())]


@NO_GPU
def test_on_a_gpu_each_has_a_stream_of_its_own(two_threads):
    seen = []
    run_both(lambda number: seen.append((threading.current_thread(), torch.cuda.current_stream())), device=CUDA)
    (one, first), (other, second) = seen
    assert one == other == threading.current_thread()
    assert first != second


def test_tasks_run_without_gradients(two_threads):
    modes = []
    run_both(lambda number: modes.append(torch.is_inference_mode_enabled()))
    assert modes == [True, True]


def test_errors_come_out_after_both_have_ended(two_threads):
    ended = []

    def task(number):
        if number == 0:
            raise KeyError("first")
        ended.append(number)

    with pytest.raises(KeyError, match="first"):
        run_both(task)
    assert ended == [1]


THREADS = """
import threading, torch
from spacy_elmo.util.threads import run_both
from tests.support.devices import CUDA, NO_GPU

def in_new_thread():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start(); thread.join()
    return seen[0]

def fail(number):
    raise RuntimeError

for threads in (2, 4, 1, 2):
    torch.set_num_threads(threads)
    inside = []
    run_both(lambda number: inside.append(torch.get_num_threads()))
    try:
        run_both(fail)
    except RuntimeError:
        pass
    torch.ones(100_000).sigmoid()
    run_both(lambda number: torch.ones(100_000).sigmoid())
    run_both(lambda number: inside.append(torch.get_num_threads()))
    assert inside == [max(1, threads // 2)] * 4, inside
    assert torch.get_num_threads() == threads
    assert in_new_thread() == threads
print("fine")
"""

FORK = """
import os, torch
from spacy_elmo.util.threads import run_both
from tests.support.devices import CUDA, NO_GPU
torch.set_num_threads(2)
big = torch.ones(600, 600)
def work(number):
    torch.mm(big, big)
run_both(work)
torch.mm(big, big)  # OpenMP has its threads now
child = os.fork()
if child == 0:
    run_both(work)
    torch.mm(big, big)
    os._exit(torch.get_num_threads())
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
assert torch.get_num_threads() == 2
run_both(work)
print("fine")
"""


def run(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_number_of_threads_stays_the_callers():
    assert run(THREADS) == "fine\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_forked_process_computes():
    assert run(FORK) == "fine\n"


INTERRUPTED = """
import random, signal, torch
from spacy_elmo.util.threads import run_both
from tests.support.devices import CUDA, NO_GPU

class Interrupted(BaseException): pass

def interrupt(number, frame):
    raise Interrupted

torch.set_num_threads(2)
signal.signal(signal.SIGALRM, interrupt)
rng = random.Random(0)
begun, ended, n_interrupted = [], [], 0

def task(number):
    begun.append(number)
    ended.append(number)

for _ in range(3000):
    try:
        signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-6, 2e-4))
        while True:
            run_both(task)
    except Interrupted:
        n_interrupted += 1
    assert len(begun) == len(ended)
print(n_interrupted)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that raises")
def test_no_interruption_leaves_a_task_behind_or_a_later_one_waiting():
    assert run(INTERRUPTED) == "3000\n"
