import json
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from spacy_elmo.bilm import BiLMConfig, CharacterInput
from spacy_elmo.formats import WeightsError, model_directory
from tests.support.random_models import (
    CHARACTERS,
    CONFIG,
    SENTENCE,
    assert_same_model,
    contents,
    random_head,
    random_model,
    random_table_model,
    write_random_model,
)

WEIGHTS = "weights.safetensors"


def test_a_model_comes_back_bit_for_bit(tmp_path):
    model = random_model()
    model_directory.write(tmp_path / "deep" / "model", model, {"name": "tiny", "perplexity": 12.5, "lang": "日本"})
    restored, meta, _ = model_directory.read(tmp_path / "deep" / "model")
    assert_same_model(restored, model)
    assert meta == {"name": "tiny", "perplexity": 12.5, "lang": "日本"}
    # the same numbers at other addresses may round apart
    assert torch.allclose(restored([SENTENCE])[0][0], model([SENTENCE])[0][0], atol=1e-6)


def test_a_model_that_was_read_is_frozen_and_in_evaluation_mode(tmp_path):
    model = model_directory.read(write_random_model(tmp_path / "model")).model
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("unknown", ["row", "zeros", "error"])
def test_a_word_table_comes_back_with_its_words(tmp_path, unknown):
    model = random_table_model(unknown)
    model_directory.write(tmp_path, model, {})
    assert_same_model(model_directory.read(tmp_path).model, model)


sizes = st.integers(1, 4)
characters = st.builds(
    CharacterInput,
    embedding_size=sizes,
    filters=st.lists(st.tuples(sizes, sizes), min_size=1, max_size=3),
    n_highway=st.integers(0, 2),
    activation=st.sampled_from(["relu", "tanh"]),
    max_characters=st.integers(4, 60),
)
clips = st.none() | st.floats(0.1, 10)
configs = st.builds(
    BiLMConfig,
    input=characters,
    hidden_size=sizes,
    projection_size=sizes,
    n_layers=st.integers(1, 3),
    cell_clip=clips,
    projection_clip=clips,
    skip_connections=st.booleans(),
)
facts = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers() | st.text() | st.none())


@settings(max_examples=30, deadline=None)
@given(config=configs, meta=facts)
def test_any_model_comes_back_from_bytes(config, meta):
    model = random_model(config)
    restored, restored_meta, _ = model_directory.from_bytes(model_directory.to_bytes(model, meta))
    assert_same_model(restored, model)
    assert restored_meta == meta


@settings(max_examples=15, deadline=None)
@given(config=configs)
def test_any_model_comes_back_from_disk(tmp_path_factory, config):
    folder, model = tmp_path_factory.mktemp("models"), random_model(config)
    model_directory.write(folder, model, {})
    assert_same_model(model_directory.read(folder).model, model)


def test_bytes_carry_the_words_of_a_table():
    model = random_table_model()
    assert_same_model(model_directory.from_bytes(model_directory.to_bytes(model, {})).model, model)


def test_the_licence_is_a_file_of_its_own_and_survives_saving_again(tmp_path):
    text = "Licence ©\r\nof the model"
    model_directory.write(tmp_path / "a", random_model(), {"name": "tiny", "license_text": text})
    assert (tmp_path / "a" / "LICENSE").read_bytes() == text.encode("utf8")
    assert "license_text" not in json.loads((tmp_path / "a" / "meta.json").read_text("utf8"))
    model_directory.write(tmp_path / "b", *model_directory.read(tmp_path / "a")[:2])
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_the_head_comes_back_bit_for_bit(tmp_path):
    model = random_model()
    head = random_head(model, words=("<S>", "</S>", "<UNK>", "naïve", "\u2028", " "))
    model_directory.write(tmp_path, model, {}, head=head)
    restored = model_directory.read(tmp_path).head
    assert restored.words == head.words
    assert torch.equal(restored.weight, head.weight)
    assert torch.equal(restored.bias, head.bias)


def test_a_model_without_head_has_none(tmp_path):
    assert model_directory.read(write_random_model(tmp_path)).head is None


def test_half_precision_takes_half_the_room_and_computes_in_full(tmp_path):
    model = random_model()
    model_directory.write(tmp_path, model, {}, dtype="float16")
    restored = model_directory.read(tmp_path).model
    for name, tensor in restored.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, model.state_dict()[name].half().float())
    assert {tensor.dtype for tensor in load_file(tmp_path / WEIGHTS).values()} == {torch.float16}


def test_half_precision_refuses_values_beyond_its_range(tmp_path):
    model = random_model()
    model.forward_layers[1].input.bias[3] = 1e6
    with pytest.raises(WeightsError, match=r"weights.safetensors: forward_layers.1.input.bias has NaN or infinite"):
        model_directory.write(tmp_path / "model", model, {}, dtype="float16")
    assert not (tmp_path / "model").exists()


def test_saving_over_the_directory_a_model_is_mapped_from_is_safe(tmp_path):
    write_random_model(tmp_path)
    model, meta, _ = model_directory.read(tmp_path)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model_directory.write(tmp_path, random_model(replace(CONFIG, n_layers=1), seed=1), meta)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    model_directory.write(tmp_path, model, meta)
    assert_same_model(model_directory.read(tmp_path).model, model)


def test_files_of_an_earlier_model_do_not_linger(tmp_path):
    model = random_table_model()
    model_directory.write(tmp_path, model, {"license_text": "mine"}, head=random_head(model))
    (tmp_path / "notes.txt").write_text("keep")
    write_random_model(tmp_path)
    assert set(contents(tmp_path)) == {"config.json", "meta.json", WEIGHTS, "notes.txt"}


def test_a_licence_that_no_model_left_there_is_kept(tmp_path):
    (tmp_path / "LICENSE").write_text("of the folder")
    write_random_model(tmp_path)
    assert (tmp_path / "LICENSE").read_text() == "of the folder"


def test_others_may_read_the_files_as_the_umask_says(tmp_path):
    write_random_model(tmp_path)
    modes = {(tmp_path / name).stat().st_mode for name in contents(tmp_path)}
    (tmp_path / "plain").touch()
    assert modes == {(tmp_path / "plain").stat().st_mode}


def test_loading_imports_no_compiler_of_torch(tmp_path):
    """Some operations on the meta device import 70 MB of modules, which would double the memory of a small model."""
    write_random_model(tmp_path)
    code = f"import sys; from spacy_elmo.formats import model_directory; model_directory.read({str(tmp_path)!r})"
    code += "; sys.exit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_filters_without_projection_come_back(tmp_path):
    config = replace(CONFIG, input=replace(CHARACTERS, projection=False), projection_size=12, lstm_projection=False)
    model_directory.write(tmp_path, random_model(config), {})
    assert_same_model(model_directory.read(tmp_path).model, random_model(config))


def test_bytes_keep_the_head():
    model = random_model()
    head = random_head(model)
    restored = model_directory.from_bytes(model_directory.to_bytes(model, {}, head=head))
    assert_same_model(restored.model, model)
    assert restored.head.words == head.words
    assert torch.equal(restored.head.weight, head.weight)
    assert torch.equal(restored.head.bias, head.bias)
