import os
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

from spacy_elmo.formats import WeightsError, model_directory
from tests.support.random_models import TINY, random_model

DATA = model_directory.to_bytes(random_model(TINY), {"name": "tiny"})


@pytest.fixture
def pipe_bytes(nlp: Language) -> bytes:
    return nlp.get_pipe("elmo").to_bytes()


def empty_pipe():
    return spacy.blank("en").add_pipe("elmo", config={"pretrained": None})


def test_cut_bytes_of_a_pipe_are_named(pipe_bytes: bytes):
    for end in (0, 1, 10, len(pipe_bytes) // 2, len(pipe_bytes) - 1):
        with pytest.raises(WeightsError, match="bytes of the pipe 'elmo': cut short, or not what"):
            empty_pipe().from_bytes(pipe_bytes[:end])


def test_bytes_of_another_pipe_are_named():
    other = spacy.blank("en").add_pipe("sentencizer").to_bytes()
    with pytest.raises(WeightsError, match="bytes of the pipe 'elmo': "):
        empty_pipe().from_bytes(other)


def test_bytes_without_weights_are_not_taken_for_those_that_are_there(nlp: Language):
    pipe = nlp.get_pipe("elmo")
    pipe.load()
    with pytest.raises(WeightsError, match="hold no weights; are they of another pipe"):
        pipe.from_bytes(b"\x80")  # an empty object


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, len(DATA) - 1), new=st.integers(0, 255), end=st.integers(0, len(DATA)))
def test_damaged_bytes_of_a_model_are_refused_or_numbers_of_it(place: int, new: int, end: int):
    for damaged in (DATA[:place] + bytes([new]) + DATA[place + 1 :], DATA[:end]):
        try:
            model_directory.from_bytes(damaged)
        except WeightsError as error:
            assert str(error)  # noqa: PT017


def test_loading_a_pipe_removes_what_a_killed_process_left(nlp: Language, tmp_path: Path):
    nlp.to_disk(tmp_path)
    left = tmp_path / "elmo" / ".staged-elsewhere-1-abc"
    left.mkdir()
    os.utime(left, (0, 0))
    spacy.load(tmp_path)
    assert not left.exists()
