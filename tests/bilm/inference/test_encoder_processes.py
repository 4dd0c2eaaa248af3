"""One encoder in several threads and processes; each script runs in a process of its own, which a watchdog ends."""

import subprocess
import sys

import pytest

START = """
import os, sys, threading
import numpy as np
import torch
from spacy_elmo.bilm import BiLM, BiLMConfig, CharacterInput
from spacy_elmo.bilm.inference.encoder import Encoder

torch.set_num_threads(2)
torch.manual_seed(0)
model = BiLM(BiLMConfig(CharacterInput(4, ((1, 8), (3, 24)), 1), hidden_size=96, projection_size=32))
texts = [[[f"word{(7 * i * j + k) % 31}" for i in range(j % 23)] for j in range(60)] for k in range(6)]
expected = [Encoder(model).encode(text) for text in texts]
encoder = Encoder(model, word_cache=20)

def check(k):
    np.testing.assert_allclose(encoder.encode(texts[k]), expected[k], rtol=0, atol=1e-5)
"""

THREADS = """
errors = []
def work(k):
    try:
        for _ in range(10):
            check(k)
    except BaseException as error:
        errors.append(error)
threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not errors, errors
assert torch.get_num_threads() == 2
"""

FORK = """
def child():
    for k in range(6):
        check(k)
    os._exit(0)

check(0)
pids = [os.fork() or child() for _ in range(2)]
assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [0, 0]
check(1)
assert torch.get_num_threads() == 2
"""

FORK_AMID_WORK = """
stop = threading.Event()
def work():
    while not stop.is_set():
        encoder.encode(texts[0])
thread = threading.Thread(target=work)
thread.start()
codes = []
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        check(1)
        os._exit(0)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
stop.set()
thread.join()
assert codes == [0] * 5, codes
"""

SPAWN = """
import multiprocessing
def child():
    check(2)
if __name__ == "__main__":
    check(0)
    process = multiprocessing.get_context("spawn").Process(target=child)
    process.start(); process.join()
    assert process.exitcode == 0
"""

ERROR = """
def fail(*args, **kwargs):
    raise RuntimeError("in a worker")
import spacy_elmo.bilm.inference.engine as fast
check(0)
kept, fast.DirectedText = fast.DirectedText, fail
try:
    encoder.encode(texts[0])
    raise SystemExit("no error")
except RuntimeError:
    pass
fast.DirectedText = kept
assert torch.get_num_threads() == 2
check(1)
"""


@pytest.mark.parametrize("script", [THREADS, SPAWN, ERROR], ids=["threads", "spawn", "error"])
def test_vectors_stay_right(tmp_path, script):
    run(tmp_path, script)


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.parametrize("script", [FORK, FORK_AMID_WORK], ids=["between calls", "amid a call"])
def test_vectors_stay_right_after_a_fork(tmp_path, script):
    run(tmp_path, script)


def run(tmp_path, script: str) -> None:
    path = tmp_path / "script.py"
    path.write_text(START + script)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


LOADED_IN_A_FORK = """
import os, sys
import torch
torch.set_num_threads(2)
from spacy_elmo import Encoder, load_model
Encoder(load_model("en_elmo_sm").model).encode([["words"] * 50])  # the process has threads of its own now
child = os.fork()
if not child:
    Encoder(load_model("en_elmo_sm").model).encode([["words"]])
    os._exit(7)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_forked_process_loads_weights():
    done = subprocess.run([sys.executable, "-c", LOADED_IN_A_FORK], capture_output=True, text=True, timeout=60)
    assert done.returncode == 7, done.stderr
