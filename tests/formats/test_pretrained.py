from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from spacy_elmo.bilm import BiLM, WordInput
from spacy_elmo.bilm.config import LARGEST, MOST_LAYERS
from spacy_elmo.formats import WeightsError
from spacy_elmo.formats.pretrained import check_finite, check_tensors, empty_model, fill_model, model_words
from tests.support.random_models import (
    CHARACTERS,
    CONFIG,
    SENTENCE,
    WORDS,
    assert_same_model,
    random_model,
    random_table_model,
)

SHAPES = {"a": (2, 3), "b": (4,), "none": (0, 2)}
TABLE = replace(CONFIG, input=WordInput(len(WORDS)))


def make_tensors(**changes: Tensor) -> dict[str, Tensor]:
    """Return tensors that fit SHAPES, but for the changes."""
    return {**{name: torch.zeros(shape) for name, shape in SHAPES.items()}, **changes}


def copied(model: BiLM, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    return {name: tensor.to(dtype, copy=True) for name, tensor in model.state_dict().items()}


# Tensors


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_tensors_that_fit_pass(dtype: torch.dtype):
    check_tensors(make_tensors(a=torch.full((2, 3), 60000, dtype=dtype)), SHAPES, source="file")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"c": torch.zeros(1), "d": torch.zeros(1)}, "unexpected tensors: c, d; all files .* must come from one model"),
        ({"b": torch.zeros(5)}, r"b has shape \(5,\) where \(4,\) is needed; all files"),
        ({"b": torch.zeros(4, 1)}, r"b has shape \(4, 1\) where \(4,\) is needed"),
        ({"b": torch.zeros(())}, r"b has shape \(\) where"),
        ({"b": torch.zeros(4, dtype=torch.int64)}, "b is of type torch.int64; it must be one of float32, float16"),
        ({"b": torch.zeros(4, dtype=torch.float64)}, "b is of type torch.float64"),
        ({"b": torch.tensor([0, 0, 0, float("nan")])}, "b has NaN or infinite values"),
    ],
)
def test_tensors_that_do_not_fit_are_named_with_their_source(changes: dict[str, Tensor], message: str):
    with pytest.raises(WeightsError, match=f"^file: {message}"):
        check_tensors(make_tensors(**changes), SHAPES, source="file")


def test_missing_tensors_are_named():
    with pytest.raises(WeightsError, match="^file: missing tensors: a, none; all files"):
        check_tensors({"b": torch.zeros(4)}, SHAPES, source="file")


@given(
    st.sampled_from([float("nan"), float("inf"), float("-inf")]),
    st.integers(0, 5),
    st.sampled_from([torch.float32, torch.float16]),
)
def test_one_bad_value_anywhere_is_seen(value: float, place: int, dtype: torch.dtype):
    tensor = torch.zeros(2, 3, dtype=dtype)
    tensor.view(-1)[place] = value
    with pytest.raises(WeightsError, match="^file: a has NaN or infinite values"):
        check_finite("a", tensor, source="file")


# Models


def test_a_model_without_values_takes_no_memory():
    model = empty_model(CONFIG, (), source="file")
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
    shapes = {name: tensor.shape for name, tensor in random_model().state_dict().items()}
    assert {name: tensor.shape for name, tensor in model.state_dict().items()} == shapes


@pytest.mark.parametrize("words", [WORDS[:-1], (*WORDS, "more"), (*WORDS[1:], "more")], ids=["few", "many", "<S>"])
def test_words_that_do_not_fit_are_refused(words: tuple[str, ...]):
    with pytest.raises(WeightsError, match="^words.txt: "):
        empty_model(TABLE, words, source="words.txt")


def test_the_largest_dimensions_take_no_memory():
    filters = ((1, LARGEST),) * MOST_LAYERS
    characters = replace(CHARACTERS, filters=filters, embedding_size=LARGEST, n_highway=2)
    config = replace(CONFIG, input=characters, hidden_size=LARGEST, projection_size=LARGEST)
    assert all(parameter.is_meta for parameter in empty_model(config, (), source="config.json").parameters())


@pytest.mark.parametrize("source", [random_model(seed=1), random_table_model()], ids=["characters", "words"])
def test_a_model_is_put_together_from_its_tensors(source: BiLM):
    model = fill_model(empty_model(source.config, model_words(source), source="m"), copied(source), source="m")
    assert_same_model(model, source)


def test_tensors_become_the_parameters_without_a_copy():
    tensors = copied(random_model())
    model = fill_model(empty_model(CONFIG, (), source="m"), tensors, source="m")
    assert {name: t.data_ptr() for name, t in model.state_dict().items()} == {
        name: t.data_ptr() for name, t in tensors.items()
    }


def test_a_filled_model_is_frozen_and_ready_to_run():
    model = fill_model(empty_model(CONFIG, (), source="m").train(), copied(random_model()), source="m")
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    (vectors,), _ = model([SENTENCE])
    assert vectors.shape == (3, len(SENTENCE), CONFIG.width)
    assert vectors.isfinite().all()


def test_half_precision_becomes_single():
    halves = copied(random_model(), torch.float16)
    model = fill_model(empty_model(CONFIG, (), source="m"), halves, source="m")
    for name, tensor in model.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, halves[name].float())


def test_tensors_of_another_model_are_refused():
    other = random_model(replace(CONFIG, n_layers=3))
    with pytest.raises(WeightsError, match="^m: unexpected tensors: "):
        fill_model(empty_model(CONFIG, (), source="m"), copied(other), source="m")


def test_words_are_those_of_a_table_and_none_for_characters():
    assert model_words(random_table_model()) == WORDS
    assert model_words(random_model()) == ()
