import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_elmo.bilm.inference.lanes import Lanes, pack

LENGTHS = st.lists(st.integers(0, 12), max_size=30).filter(any)


def read_lanes(lanes: Lanes, direction: int) -> list[list[int]]:
    """Return the words of each lane with a bar, -1, in front of each sentence but the first."""
    found: list[list[int]] = [[] for _ in range(lanes.sizes[0])]
    for step, size in enumerate(lanes.sizes):
        for lane in lanes.starts[step].tolist() if step in lanes.starts else []:
            found[lane].append(-1)
        for lane in range(size):
            found[lane].append(int(lanes.words[direction, lanes.offsets[step] + lane]))
    return found


def read_sentences(lanes: Lanes, direction: int) -> list[list[int]]:
    sentences: list[list[int]] = []
    for lane in read_lanes(lanes, direction):
        sentences.append([])
        for word in lane:
            if word < 0:
                sentences.append([])
            else:
                sentences[-1].append(word)
    return sorted(sentences)


def numbered(lengths: list[int]) -> list[list[int]]:
    ends = np.cumsum(lengths).tolist()
    return [list(range(end - length, end)) for length, end in zip(lengths, ends) if length]


@given(LENGTHS, st.integers(1, 8))
def test_lanes_hold_every_sentence_whole(lengths, max_lanes):
    lanes = pack(lengths, max_lanes)
    assert read_sentences(lanes, 0) == numbered(lengths)


@given(LENGTHS, st.integers(1, 8))
def test_backward_sentences_are_turned_in_their_place(lengths, max_lanes):
    lanes = pack(lengths, max_lanes)
    assert read_sentences(lanes, 1) == sorted(sentence[::-1] for sentence in numbered(lengths))
    assert [len(lane) for lane in read_lanes(lanes, 0)] == [len(lane) for lane in read_lanes(lanes, 1)]


@given(LENGTHS, st.integers(1, 8))
def test_lanes_shrink_only(lengths, max_lanes):
    lanes = pack(lengths, max_lanes)
    assert lanes.sizes == sorted(lanes.sizes, reverse=True)
    assert lanes.sizes[0] <= max_lanes
    assert lanes.offsets == [0, *np.cumsum(lanes.sizes).tolist()]


def test_the_longest_sentence_is_never_kept_waiting():
    assert len(pack([3, 3, 9, 3, 3, 3], max_lanes=3).sizes) == 9


@given(LENGTHS, st.integers(1, 20))
def test_blocks_cover_all_steps_in_order(lengths, max_rows):
    lanes = pack(lengths, max_lanes=4)
    blocks = list(lanes.blocks(range(len(lanes.sizes)), max_rows))
    assert [step for block in blocks for step in block] == list(range(len(lanes.sizes)))
    for block in blocks:
        rows = lanes.rows(block)
        assert rows.stop - rows.start == sum(lanes.sizes[step] for step in block)
        assert rows.stop - rows.start <= max_rows or len(block) == 1


@pytest.mark.parametrize(
    ("lengths", "max_lanes", "sizes"), [([2, 2], 1, [1] * 4), ([1], 128, [1]), ([0, 2, 0], 2, [1, 1])]
)
def test_few_sentences(lengths, max_lanes, sizes):
    assert pack(lengths, max_lanes).sizes == sizes
