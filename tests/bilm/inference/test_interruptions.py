"""What an interrupted call leaves behind: nothing that a later call could see."""

import random
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
import torch

import spacy_elmo
from spacy_elmo import Encoder, load_model

pytestmark = pytest.mark.usefixtures("path")

PACKAGE = str(Path(spacy_elmo.__file__).parent)
# A tracer can raise between a block and leaving what it holds, which is C code; a signal cannot.
HOLDING = ("_exclusively", "_live_workers", "_without_gradients")
SHORT = [["Short", "."], ["They", "play", "chess", "."]]
WORDS = [f"word{i}" for i in range(300)]
LONG = [random.Random(i).choices(WORDS, k=60) for i in range(8)]


class Interrupted(BaseException):
    """As KeyboardInterrupt; nothing but these tests catches it."""


@contextmanager
def threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def encode_without_end(encoder: Encoder, sentences: list[list[str]]) -> None:
    while True:
        encoder.encode(sentences)


@pytest.fixture(autouse=True)
def _modes() -> Iterator[None]:
    yield
    left = torch.is_inference_mode_enabled(), torch.is_grad_enabled()
    assert left == (False, True)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that raises")
@pytest.mark.parametrize("word_cache", [100_000, 0], ids=["known words", "unknown words"])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_call_that_is_interrupted_at_any_moment_changes_no_later_vector(n_threads: int, word_cache: int):
    rng = random.Random(0)
    with threads(n_threads):
        encoder = Encoder(load_model("en_elmo_sm").model, word_cache=word_cache)
        want, whole = encoder.encode(SHORT), encoder.encode(LONG)
        for _ in range(25):
            with pytest.raises(Interrupted), interrupted_after(rng.uniform(0.0005, 0.06)):
                encode_without_end(encoder, LONG)
            assert np.array_equal(encoder.encode(SHORT), want)
        assert np.array_equal(encoder.encode(LONG), whole)


Tracer = Callable[[FrameType, str, Any], Any]


def trace(on_line: Callable[[tuple[str, int]], None]) -> Tracer:
    """Return a tracer that calls on_line with each line of the package."""

    def tracer(frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE) or frame.f_code.co_name in HOLDING:
            return None
        if event == "line":
            on_line((frame.f_code.co_filename, frame.f_lineno))
        return tracer

    return tracer


@contextmanager
def traced(on_line: Callable[[tuple[str, int]], None]) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(trace(on_line))
    try:
        yield
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_call_that_is_interrupted_at_any_line_changes_no_later_vector(n_threads: int, tiny_model: Path):
    sentences = [["One", "two", "three"], ["four"], ["five", "x" * 60], ["six", "seven"]]
    with threads(n_threads):
        model = load_model(tiny_model).model
        want, lines = Encoder(model).encode(sentences), set()
        with traced(lines.add):
            Encoder(model).encode(sentences)
        assert len(lines) > 50
        encoder = Encoder(model, word_cache=3)
        for line in sorted(lines):

            def interrupt(place: tuple[str, int], line: tuple[str, int] = line) -> None:
                if place == line:
                    raise Interrupted

            try:
                with traced(interrupt):
                    encoder.encode(sentences)
            except Interrupted:
                pass
            assert np.array_equal(encoder.encode(sentences), want), line
            encoder.clear()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that raises")
def test_calls_that_are_interrupted_at_their_ends_leave_no_mode_on(tiny_model: Path):
    rng = random.Random(0)
    with threads(1):
        encoder = Encoder(load_model(tiny_model).model)
        encoder.encode(SHORT)
        for _ in range(3_000):
            try:
                with interrupted_after(rng.uniform(1e-6, 1e-3)):
                    for _ in range(20):
                        encoder.encode(SHORT[:1])
            except Interrupted:
                pass
            assert torch.is_grad_enabled()
