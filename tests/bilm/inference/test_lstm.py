from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from spacy_elmo.bilm import BiLMConfig
from spacy_elmo.bilm.inference import lstm as module
from spacy_elmo.bilm.inference.lanes import Lanes, pack
from spacy_elmo.bilm.inference.lstm import TABLE_ROOM, Cell, DirectedText, run_direction
from spacy_elmo.bilm.lstm import ProjectedLSTM
from tests.support.random_models import CONFIG

TOLERANCE = 1e-5  # single precision, with sums in another order
N_WORDS = 9  # different ones
VARIANTS: dict[str, dict[str, Any]] = {
    "as published": {},
    "no skip connections": {"skip_connections": False, "n_layers": 3},
    "no clips": {"cell_clip": None, "projection_clip": None},
    "clips that bite": {"cell_clip": 0.2, "projection_clip": 0.1},
    "no projection": {"hidden_size": 6, "lstm_projection": False},
    "wider projection than cells": {"hidden_size": 4, "projection_size": 9},
}
LENGTHS = st.lists(st.integers(0, 9), max_size=12).filter(any)


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.no_grad():
        yield


def make_cells(config: BiLMConfig) -> list[tuple[ProjectedLSTM, Cell]]:
    """Return layers of large weights, and their cells, each with a starting state of its own."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        lstms = [ProjectedLSTM(config) for _ in range(config.n_layers)]
        for lstm in lstms:
            for parameter in lstm.parameters():
                parameter.mul_(2)
        sizes = config.projection_size, config.hidden_size
        return [(lstm, Cell(lstm, *(torch.randn(1, size) / 2 for size in sizes))) for lstm in lstms]


def make_text(lanes: Lanes, direction: int, width: int) -> DirectedText:
    generator = torch.Generator().manual_seed(1)
    vectors = torch.randn(N_WORDS, width, generator=generator)
    places = lanes.words[direction]
    return DirectedText(vectors, torch.randint(N_WORDS, places.shape, generator=generator)[places], lanes, places)


def run(config: BiLMConfig, text: DirectedText, *, max_rows: int = 100) -> list[Tensor]:
    """Return (words, projection size) of each layer."""
    cells = [cell for _, cell in make_cells(config)]
    outputs = [torch.full((len(text.places), config.projection_size), torch.nan) for _ in cells]
    skip = config.skip_connections
    run_direction(cells, text, [[output] for output in outputs], skip_connections=skip, max_rows=max_rows)
    return outputs


def by_hand(config: BiLMConfig, text: DirectedText, lengths: list[int], direction: int) -> list[Tensor]:
    """Return the same by `ProjectedLSTM`, sentence by sentence."""
    words = torch.empty_like(text.vectors[text.ids])
    words[text.places] = text.vectors[text.ids]
    cells = make_cells(config)
    layers: list[list[Tensor]] = [[] for _ in cells]
    for sentence in words.split([length for length in lengths if length]):
        x = (sentence.flip(0) if direction else sentence)[:, None]
        for i, (lstm, cell) in enumerate(cells):
            y, _, _ = lstm(x, torch.tensor([len(x)]), cell.h, cell.c)
            x = x + y if i and config.skip_connections else y
            layers[i].append(x[:, 0].flip(0) if direction else x[:, 0])
    return [torch.cat(layer) for layer in layers]


def assert_close(found: list[Tensor], expected: list[Tensor]) -> None:
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("variant", VARIANTS)
@settings(deadline=None, max_examples=10)
@given(LENGTHS, st.integers(1, 5), st.integers(0, 1), st.integers(1, 40), st.integers(1, 20))
def test_any_lanes_give_what_the_plain_layers_give(variant, lengths, max_lanes, direction, max_rows, block_rows):
    config = replace(CONFIG, **VARIANTS[variant])
    text = make_text(pack(lengths, max_lanes), direction, config.projection_size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_ROWS", block_rows)
        found = run(config, text, max_rows=max_rows)
    assert_close(found, by_hand(config, text, lengths, direction))


def test_a_sentence_starts_anew_within_a_lane():
    lanes = pack([4, 3], max_lanes=1)
    assert list(lanes.starts) == [4]
    text = make_text(lanes, 0, CONFIG.projection_size)
    second = DirectedText(text.vectors, text.ids[4:], pack([3]), torch.arange(3))
    assert_close([layer[4:] for layer in run(CONFIG, text)], run(CONFIG, second))


def test_a_run_leaves_the_start_of_the_next_as_it_was():
    ((_, cell),) = make_cells(replace(CONFIG, n_layers=1))
    before = cell.h.clone(), cell.c.clone()
    text = make_text(pack([4, 3, 2], max_lanes=2), 0, CONFIG.projection_size)
    first, second = torch.zeros(2, 9, CONFIG.projection_size)
    for output in (first, second):
        run_direction([cell], text, [[output]], skip_connections=True, max_rows=100)
    assert torch.equal(first, second)
    assert torch.equal(cell.h, before[0])
    assert torch.equal(cell.c, before[1])


def test_outputs_are_written_only_where_they_are_asked_for():
    lengths = [3, 2]
    text = make_text(pack(lengths), 0, CONFIG.projection_size)
    cells = [cell for _, cell in make_cells(CONFIG)]
    whole = torch.full((2, 10, CONFIG.projection_size), torch.nan)
    moved = text._replace(places=text.places + 4)
    run_direction(cells, moved, [[], list(whole)], skip_connections=True, max_rows=100)
    assert_close([output[4:9] for output in whole], by_hand(CONFIG, text, lengths, 0)[1:] * 2)
    assert whole[:, :4].isnan().all()
    assert whole[:, 9:].isnan().all()


def test_a_table_of_products_keeps_its_memory_until_it_is_too_small():
    ((_, cell),) = make_cells(replace(CONFIG, n_layers=1))
    first = cell.table(3)
    assert first.shape == (3, 4 * CONFIG.hidden_size)
    assert cell.table(3 + TABLE_ROOM).data_ptr() == first.data_ptr()
    assert cell.table(4 + TABLE_ROOM).shape == (4 + TABLE_ROOM, 4 * CONFIG.hidden_size)
