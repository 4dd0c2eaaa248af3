import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.bilm import BiLMConfig, CharacterInput
from spacy_elmo.formats.allennlp.layout import Entry, cell_name, layout
from spacy_elmo.formats.pretrained import empty_model
from tests.support.configs import configs, vocabulary
from tests.support.random_models import CONFIG

CELL = cell_name(0, 0, True)


def parameter_shapes(config: BiLMConfig) -> dict[str, tuple[int, ...]]:
    model = empty_model(config, vocabulary(config), source="drawn")
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def numbered(shape: tuple[int, ...]) -> np.ndarray:
    """Return an array in which no number is there twice."""
    return np.arange(np.prod(shape), dtype="float32").reshape(shape)


def entry(dataset: str) -> Entry:
    (found,) = (entry for entry in layout(CONFIG) if entry.dataset == dataset)
    return found


@settings(deadline=None, max_examples=40)
@given(configs(), st.booleans())
def test_every_parameter_stands_in_one_dataset(config, cell_level):
    entries = layout(config, cell_level=cell_level)
    assert Counter(name for entry in entries for name in entry.parameters) == Counter(parameter_shapes(config).keys())


@settings(deadline=None, max_examples=40)
@given(configs(), st.integers(0, 99))
def test_what_is_published_comes_back_bit_for_bit(config, seed):
    rng, shapes = np.random.default_rng(seed), parameter_shapes(config)
    parameters = {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    for entry in layout(config):
        dataset = entry.publish(parameters)
        assert (dataset.shape, dataset.dtype) == (entry.shape, np.float32)
        for name, values in entry.split(dataset).items():
            assert values.flags.c_contiguous
            assert (values.shape, values.tobytes()) == (shapes[name], parameters[name].tobytes())


@settings(deadline=None, max_examples=40)
@given(configs(), st.booleans())
def test_no_dataset_is_there_twice(config, cell_level):
    names = [entry.dataset for entry in layout(config, cell_level=cell_level or config.n_layers > 1)]
    assert len(set(names)) == len(names)


@settings(deadline=None, max_examples=20)
@given(configs())
def test_names_of_cells_alone_may_have_a_level_less(config):
    full, short = ([entry.dataset for entry in layout(config, cell_level=level)] for level in (True, False))
    assert short == [re.sub(r"^(RNN_\d/RNN/)MultiRNNCell/Cell\d/", r"\1", name) for name in full]
    assert "RNN_0/RNN/LSTMCell/B" in short
    assert f"RNN_1/RNN/MultiRNNCell/Cell{config.n_layers - 1}/LSTMCell/B" in full


def test_published_gates_have_the_tanh_second():
    bias = np.repeat([0, 1, 2, 3], CONFIG.hidden_size).astype("float32")  # i, f, o, g
    published = entry(f"{CELL}/B").publish({"forward_layers.0.input.bias": bias})
    assert published.reshape(4, -1)[:, 0].tolist() == [0, 3, 1, 2]


def test_the_matrix_of_a_cell_has_its_inputs_above_its_outputs_before():
    n, p = CONFIG.hidden_size, CONFIG.projection_size
    values = {"input": np.zeros((4 * n, p)), "hidden": np.ones((4 * n, p))}
    published = entry(f"{CELL}/W_0").publish({f"forward_layers.0.{key}.weight": values[key] for key in values})
    assert (published[:p] == 0).all()
    assert (published[p:] == 1).all()


def test_a_convolution_has_its_filters_last():
    assert isinstance(CONFIG.input, CharacterInput)
    width, n = CONFIG.input.filters[1]
    native = numbered((n, CONFIG.input.embedding_size, width))
    published = entry("CNN/W_cnn_1").publish({"word_encoder.convolutions.1.weight": native})
    assert published[0, 1, 2, 3] == native[3, 2, 1]


@pytest.mark.parametrize(
    ("dataset", "parameter", "shape"),
    [
        (f"{CELL}/W_P_0", "forward_layers.0.projection.weight", (6, 12)),
        ("CNN_proj/W_proj", "word_encoder.projection.weight", (6, 12)),
        ("CNN_high_0/W_carry", "word_encoder.highways.0.carry.weight", (12, 12)),
    ],
)
def test_a_matrix_is_turned(dataset, parameter, shape):
    native = numbered(shape)
    assert np.array_equal(entry(dataset).publish({parameter: native}), native.T)
