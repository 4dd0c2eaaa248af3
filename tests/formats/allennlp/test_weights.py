import json
import warnings
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from spacy_elmo.formats import allennlp, model_directory
from tests.support.random_models import (
    CONFIG,
    WORDS,
    assert_same_model,
    contents,
    random_head,
    random_model,
    random_table_model,
)
from tests.support.reference import make_options, random_weights, write_files

FIXTURE_STATEFUL = 2e-6  # of AllenNLP's own single precision
FIXTURE_WORDS = 1e-6


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    return found


def assert_same_bits(left: Path, right: Path) -> None:
    ours, theirs = read_arrays(left), read_arrays(right)
    assert set(ours) == set(theirs)
    for name, values in ours.items():
        assert values.dtype == theirs[name].dtype, name
        assert values.shape == theirs[name].shape, name
        assert values.tobytes() == theirs[name].tobytes(), name


# AllenNLP's own numbers ---------------------------------------------------------------------------


@pytest.fixture
def fixture(data_dir):
    return data_dir / "fixtures" / "allennlp-elmo"


def read_fixture(fixture):
    """RETURNS: ten batches of three sentences, and their expected top layer, (words, 32) each."""
    lists = json.loads((fixture / "sentences.json").read_text("utf8"))
    files = [read_arrays(fixture / f"lm_embeddings_{k}.hdf5") for k in range(3)]
    batches = [[lists[k][i].split() for k in range(3)] for i in range(10)]
    return batches, [[np.hstack(files[k][str(i)]) for k in range(3)] for i in range(10)]


def assert_stateful_parity(model, fixture):
    state = None
    for batch, expected in zip(*read_fixture(fixture)):
        outputs, state = model(batch, state)
        for output, top in zip(outputs, expected):
            np.testing.assert_allclose(output[-1], top, rtol=0, atol=FIXTURE_STATEFUL)


def test_stateful_it_gives_the_vectors_of_allennlp(fixture):
    assert_stateful_parity(allennlp.read(fixture / "lm_weights.hdf5").model, fixture)


def test_without_state_it_gives_the_first_batch_of_allennlp(fixture):
    model = allennlp.read(fixture / "lm_weights.hdf5").model
    batches, expected = read_fixture(fixture)
    outputs, _ = model(batches[0], model.initial_state("zeros", 3))
    for output, top in zip(outputs, expected[0]):
        np.testing.assert_allclose(output[-1], top, rtol=0, atol=FIXTURE_STATEFUL)


@pytest.mark.parametrize("source", ["characters", "table"])
def test_words_have_the_vectors_of_allennlp(fixture, source):
    words = (fixture / "vocab_test.txt").read_text("utf8").split("\n")[:458]
    table = fixture / "elmo_token_embeddings.hdf5"
    settings = {"embedding": table, "vocab": fixture / "vocab_test.txt"} if source == "table" else {}
    model = allennlp.read(fixture / "lm_weights.hdf5", **settings).model
    expected = read_arrays(table)["embedding"]
    np.testing.assert_allclose(model.word_vectors(words), expected, rtol=0, atol=FIXTURE_WORDS)


def test_the_table_gives_what_the_characters_give(fixture):
    settings = {"embedding": fixture / "elmo_token_embeddings.hdf5", "vocab": fixture / "vocab_test.txt"}
    weights = fixture / "lm_weights.hdf5"
    sentence = [["good", "government", "employment"]]
    from_table, from_characters = (allennlp.read(weights, **extra).model(sentence)[0][0] for extra in (settings, {}))
    torch.testing.assert_close(from_table, from_characters, rtol=0, atol=FIXTURE_STATEFUL)


def test_the_fixture_is_written_as_it_was_read(fixture, tmp_path):
    model, meta, head = allennlp.read(fixture)
    assert head is None
    model_directory.write(tmp_path / "native", model, meta)
    restored, meta, _ = model_directory.read(tmp_path / "native")
    assert_stateful_parity(restored, fixture)
    allennlp.write(tmp_path / "published", restored, meta)
    assert_same_bits(tmp_path / "published" / "weights.hdf5", fixture / "lm_weights.hdf5")
    given = json.loads((fixture / "options.json").read_text())
    assert json.loads((tmp_path / "published" / "options.json").read_text()) == given


def test_a_model_with_head_is_written_as_it_was_read(data_dir, tmp_path):
    source = data_dir.parent / "models" / "en_elmo_sm_v0"
    if not source.is_dir():
        pytest.skip(f"{source} is not a directory")
    model, meta, head = allennlp.read(source)
    model_directory.write(tmp_path / "native", model, meta, head=head)
    native = model_directory.read(tmp_path / "native")
    allennlp.write(tmp_path / "published", native.model, native.meta, head=native.head)
    for name in ("weights.hdf5", "softmax.hdf5"):
        assert_same_bits(tmp_path / "published" / name, source / name)
    assert (tmp_path / "published" / "vocab.txt").read_bytes() == (source / "vocab.txt").read_bytes()


# files and their names ----------------------------------------------------------------------------

VARIANTS = {
    "as published": {},
    "one layer": {"layers": 1},
    "no LSTM projection": {"hidden": 8, "projection": 8},
    "no highway, tanh": {"highways": 0, "activation": "tanh"},
    "training options": {"n_characters": 261, "skip": False, "cell_clip": None},
}


def write_and_read_again(folder: Path, source: Path) -> None:
    model, meta, head = allennlp.read(source)
    model_directory.write(folder / "native", model, meta, head=head)
    model, meta, _ = model_directory.read(folder / "native")
    allennlp.write(folder / "published", model, meta, head=model_directory.read(folder / "native").head)
    assert_same_bits(folder / "published" / "weights.hdf5", source)
    options = [json.loads((place / "options.json").read_text()) for place in (source.parent, folder / "published")]
    assert options[0] == options[1]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_dataset_comes_back_bit_for_bit(tmp_path, variant):
    options = make_options(**VARIANTS[variant])
    write_and_read_again(tmp_path, write_files(tmp_path, random_weights(options), options))


def test_a_left_out_character_projection_stays_out(tmp_path):
    options = make_options(projection=12)
    weights = random_weights(options, character_projection=False)
    write_and_read_again(tmp_path, write_files(tmp_path, weights, options))


def test_one_layer_may_have_the_level_of_several(tmp_path):
    options = make_options(layers=1)
    weights = random_weights(options)
    plain = allennlp.read(write_files(tmp_path, weights, options)).model
    levels = {name.replace("RNN/LSTMCell", "RNN/MultiRNNCell/Cell0/LSTMCell"): weights[name] for name in weights}
    assert set(levels) != set(weights)
    path = write_files(tmp_path, levels, options)
    assert_same_model(allennlp.read(path).model, plain)
    write_and_read_again(tmp_path, path)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_model_of_our_own_comes_back_from_published_files(tmp_path, layers):
    model = random_model(replace(CONFIG, n_layers=layers, cell_clip=None))
    allennlp.write(tmp_path, model, {"source": "mine"})
    restored, meta, head = allennlp.read(tmp_path)
    assert_same_model(restored, model)
    assert (meta["source"]["format"], head) == ("bilm-tf", None)
    assert ("RNN_0/RNN/LSTMCell/B" in read_arrays(tmp_path / "weights.hdf5")) == (layers == 1)


def test_a_table_of_our_own_comes_back_from_published_files(tmp_path):
    model = random_table_model("zeros")
    allennlp.write(tmp_path, model, {})
    assert_same_model(allennlp.read(tmp_path, unknown="zeros").model, model)


def test_a_table_and_a_head_keep_their_vocabularies_apart(tmp_path):
    model = random_table_model()
    head = random_head(model, words=("<S>", "</S>", "<UNK>", "other"))
    allennlp.write(tmp_path, model, {}, head=head)
    restored, _, restored_head = allennlp.read(tmp_path)
    assert (restored.word_encoder.words, restored_head.words) == (WORDS, head.words)
    assert torch.equal(restored_head.weight, head.weight)
    assert torch.equal(restored_head.bias, head.bias)


def test_half_precision_is_exported_as_it_computes(tmp_path):
    model_directory.write(tmp_path / "native", random_model(), {}, dtype="float16")
    model, meta, _ = model_directory.read(tmp_path / "native")
    allennlp.write(tmp_path / "published", model, meta)
    assert_same_model(allennlp.read(tmp_path / "published").model, model)


@pytest.mark.parametrize(
    ("weights", "options"),
    [
        ("weights.hdf5", "options.json"),
        ("elmo_small_weights.hdf5", "elmo_small_options.json"),
        ("elmo_weights_PubMed_only.hdf5", "elmo_options.json"),
        ("lm_weights.hdf5", "options.json"),
        ("model.h5", "options.json"),
    ],
)
def test_options_are_found_beside_the_weights(tmp_path, weights, options):
    allennlp.write(tmp_path, random_model(), {})
    (tmp_path / "weights.hdf5").rename(tmp_path / weights)
    (tmp_path / "options.json").rename(tmp_path / options)
    assert_same_model(allennlp.read(tmp_path / weights).model, random_model())
    assert_same_model(allennlp.read(tmp_path).model, random_model())


def test_options_of_the_same_name_come_before_others(tmp_path):
    allennlp.write(tmp_path, random_model(), {})
    (tmp_path / "weights.hdf5").rename(tmp_path / "small_weights.hdf5")
    (tmp_path / "options.json").rename(tmp_path / "small_options.json")
    (tmp_path / "options.json").write_text("{}")
    assert_same_model(allennlp.read(tmp_path).model, random_model())


def test_options_can_be_named(tmp_path):
    allennlp.write(tmp_path, random_model(), {})
    (tmp_path / "options.json").rename(tmp_path / "mine.json")
    assert_same_model(allennlp.read(tmp_path / "weights.hdf5", options=tmp_path / "mine.json").model, random_model())


def test_double_precision_is_rounded(tmp_path):
    options = make_options()
    weights = random_weights(options)
    single = allennlp.read(write_files(tmp_path, weights, options)).model
    double = {name: values.astype("float64") for name, values in weights.items()}
    assert_same_model(allennlp.read(write_files(tmp_path, double, options)).model, single)


def test_missing_options_have_the_meaning_of_bilm_tf(tmp_path):
    options = make_options(highways=0)
    for group, keys in (("lstm", ["cell_clip", "proj_clip", "use_skip_connections"]), ("char_cnn", ["n_highway"])):
        for key in [*keys, "n_characters", "max_characters_per_token"]:
            options[group].pop(key, None)
    weights = random_weights({**options, "char_cnn": {**options["char_cnn"], "n_highway": 0}})
    config = allennlp.read(write_files(tmp_path, weights, options)).model.config
    assert (config.cell_clip, config.projection_clip, config.skip_connections) == (None, None, False)
    assert (config.input.n_highway, config.input.max_characters) == (0, 50)


def test_datasets_that_nothing_uses_are_named_in_a_warning(tmp_path):
    options = make_options()
    path = write_files(tmp_path, {**random_weights(options), "global/step": np.zeros(2)}, options)
    with pytest.warns(UserWarning, match=r"weights.hdf5: no part of the model uses datasets global/step"):
        allennlp.read(path)


def test_characters_that_a_table_replaces_need_no_warning(tmp_path):
    options = make_options()
    table = {"embedding": np.ones((len(WORDS), 6), "float32")}
    path = write_files(tmp_path, {**random_weights(options), **table}, options)
    (tmp_path / "words.txt").write_text("\n".join(WORDS))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = allennlp.read(path, vocab=tmp_path / "words.txt").model
    assert torch.equal(model.word_vectors(["bank"]), torch.ones(1, 6))


def test_files_of_an_earlier_model_do_not_linger(tmp_path):
    table = random_table_model()
    allennlp.write(tmp_path, table, {}, head=random_head(table))
    (tmp_path / "notes.txt").write_text("keep")
    allennlp.write(tmp_path, random_model(), {})
    assert set(contents(tmp_path)) == {"weights.hdf5", "options.json", "notes.txt"}
