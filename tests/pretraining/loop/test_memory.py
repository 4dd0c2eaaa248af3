import pytest
import torch

from spacy_elmo.pretraining.loop.memory import (
    adaptive_softmax_bytes,
    check_memory,
    fitting,
    model_bytes,
    program_bytes,
    softmax_bytes,
)
from spacy_elmo.pretraining.network.softmax import AdaptiveSoftmax
from tests.support.random_models import CONFIG


def test_what_is_needed_is_told_by_part():
    line = check_memory({"model": 1_500_000_000, "softmax": 500_000_000}, 3_000_000_000)
    assert line == "memory: about 2.00 GB (model 1.50 GB, softmax 0.50 GB); 3.00 GB are free"


def test_more_than_there_is_is_refused_with_remedies():
    with pytest.raises(ValueError, match="softmax 9.00 GB.*3.00 GB are free; lower max_words"):
        check_memory({"softmax": 9_000_000_000}, 3_000_000_000)


def test_where_the_system_does_not_say_nothing_is_refused():
    assert "free" not in check_memory({"softmax": 10**15}, None)


def test_the_optimizer_takes_memory_for_each_parameter():
    less, more = (model_bytes(CONFIG, [700, 300], rows=10, slots=slots) for slots in (1, 2))
    assert more - less == 4000


def test_the_optimizer_computes_with_one_parameter_after_the_other():
    few, many = (model_bytes(CONFIG, sizes, rows=10, slots=1) for sizes in ([800, 200], [500, 500]))
    assert few - many == 4 * 2 * 300


def test_a_frozen_model_has_neither_gradients_nor_a_state():
    trained, frozen = (model_bytes(CONFIG, [700, 300], rows=10, slots=2, frozen=frozen) for frozen in (False, True))
    assert trained - frozen == 4 * (1000 * 3 + 2 * 700)


def test_the_program_and_its_vocabulary_take_memory_too():
    assert program_bytes(800_000) > 500_000_000


def test_memory_of_parameters_and_state_dominates_for_large_vocabularies():
    n_words, width = 800_000, 512
    parameters = 4 * n_words * (width + 1)
    sampled = softmax_bytes(n_words, width, candidates=8192, rows=2560, slots=2)
    full = softmax_bytes(n_words, width, candidates=n_words, rows=2560, slots=2)
    assert 3 * parameters < sampled < 3.1 * parameters
    assert full > sampled + 3 * parameters


def test_memory_of_an_adaptive_softmax_counts_its_parameters():
    counts = [1000 // (rank + 1) for rank in range(60)]
    n_parameters = sum(p.numel() for p in AdaptiveSoftmax(counts, 16).parameters())
    assert adaptive_softmax_bytes(60, 16, div_value=4.0, rows=0, slots=2) == 4 * (1 + 1 + 2) * n_parameters


def test_where_the_system_does_not_say_its_memory_what_does_not_fit_is_refused_when_it_is_made():
    with (
        pytest.raises(ValueError, match="the model cannot be made .*; lower max_words or the model's sizes"),
        fitting(),
    ):
        torch.empty(2**60)
