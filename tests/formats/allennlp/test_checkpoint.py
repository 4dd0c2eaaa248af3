"""Checkpoints of bilm-tf.

TensorFlow 2.21 wrote the one beside this file: `random_weights` of seed 7 under the names that bilm-tf's variables
have, the softmax, and the accumulators of Adagrad.
"""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spacy_elmo.formats import WeightsError, allennlp, load
from spacy_elmo.formats.allennlp import checkpoint
from spacy_elmo.models.load import find_model
from tests.support.checkpoints import describe, field, variable, write_checkpoint
from tests.support.random_models import WORDS, assert_same_model
from tests.support.reference import forward, make_options, random_weights, write_files

WRITTEN = Path(__file__).parent / "checkpoint"
INDEX, DATA = "model.ckpt-7.index", "model.ckpt-7.data-00000-of-00001"
SENTENCES = [["the", "bank", "\u65e5\u672c", "x" * 60], ["a"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(WRITTEN, tmp_path / "run"))


def made(folder: Path, **options: int) -> Path:
    """Write HDF5 weights, and a checkpoint of the same numbers in a folder of its own."""
    published = make_options(n_characters=261, **options)
    weights = random_weights(published)
    (folder / "run").mkdir()
    write_files(folder, weights, published)
    shutil.copy(folder / "options.json", folder / "run")
    return write_checkpoint(folder / "run" / "model.ckpt-1", {variable(name): v for name, v in weights.items()})


def test_what_tensorflow_wrote_gives_its_numbers(folder: Path):
    found = load(folder)
    options = found.meta["source"]["options"]
    outputs, _ = forward(random_weights(options, seed=7), options, SENTENCES)
    for ours, theirs in zip(found.model(SENTENCES)[0], outputs):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_its_softmax_is_the_head_where_its_words_lie_beside_it(folder: Path):
    head = load(folder).head
    rng = np.random.default_rng(7)
    assert head is not None
    assert head.words == ("<S>", "</S>", "<UNK>", "the", "bank")
    assert np.array_equal(head.weight, rng.normal(size=(5, 2)).astype("float32"))
    assert np.array_equal(head.bias, rng.normal(size=5).astype("float32"))
    (folder / "vocab.txt").unlink()
    assert load(folder).head is None


@pytest.mark.parametrize("name", [INDEX, "options.json", "."])
def test_its_index_its_options_and_its_folder_mean_it(folder: Path, name: str):
    assert_same_model(load(find_model(folder / name)).model, load(folder / INDEX).model)


def test_the_last_of_several_is_read(folder: Path):
    for name in (INDEX, DATA):
        shutil.copy(folder / name, folder / name.replace("-7", "-6"))
    with (folder / DATA.replace("-7", "-6")).open("r+b") as file:
        file.write(bytes(4))
    assert_same_model(load(folder).model, load(folder / INDEX).model)
    (folder / "checkpoint").unlink()
    with pytest.raises(WeightsError, match=r"has model.ckpt-6.index, model.ckpt-7.index; give the path"):
        load(folder)


def test_its_numbers_are_in_several_files(folder: Path):
    assert [file.name for file in allennlp.list_files(folder)] == [INDEX, DATA]


def test_hdf5_beside_it_comes_first(folder: Path):
    published = make_options()
    weights = write_files(folder, random_weights(published), published)
    assert allennlp.find_weights(folder) == weights


def test_no_warning_is_given_of_optimizers_and_the_softmax(folder: Path):
    (folder / "vocab.txt").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(folder)


@pytest.mark.parametrize("options", [{}, {"layers": 1}, {"layers": 3, "highways": 0}, {"hidden": 6}])
def test_it_is_the_same_model_as_its_hdf5(tmp_path: Path, options: dict[str, int]):
    index = made(tmp_path, **options)
    assert_same_model(load(index).model, load(tmp_path / "weights.hdf5").model)


@pytest.mark.parametrize("block", [1, 2, 100])
def test_a_table_has_any_number_of_blocks(tmp_path: Path, block: int):
    arrays = {f"lm/{name}": np.arange(6, dtype="float32").reshape(2, 3) for name in ("a", "ab", "abc", "b")}
    with checkpoint.open_checkpoint(write_checkpoint(tmp_path / "m", arrays, block=block)) as found:
        assert sorted(found.found) == ["a", "ab", "abc", "b"]
        assert np.array_equal(found.read("abc", (2, 3), "dim"), arrays["lm/abc"])


FLOATS = {"lm/a": np.ones((2, 3), "float32"), "lm/b": np.full(2, np.nan, "float32"), "lm/c": np.ones(2)}


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("d", (2,), "m.index: the variable d is missing; dim asks for it"),
        ("a", (3, 2), r"m.index: the variable a has shape \(2, 3\); by dim it must be \(3, 2\)"),
        ("b", (2,), "m.data-00000-of-00001: the variable b has NaN or infinite values"),
        ("c", (2,), "m.index: the variable c is not of whole float32 numbers"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(tmp_path: Path, name: str, shape: tuple[int, ...], message: str):
    index = write_checkpoint(tmp_path / "m", FLOATS)
    with checkpoint.open_checkpoint(index) as found, pytest.raises(WeightsError, match=message):
        found.read(name, shape, "dim")


def test_data_that_is_missing_or_cut_off_is_named(folder: Path):
    with (folder / DATA).open("r+b") as file:
        file.truncate(3000)
    with pytest.raises(WeightsError, match=f"{DATA}: ends before the variable"):
        load(folder)
    (folder / DATA).unlink()
    with pytest.raises(WeightsError, match=f"{DATA}: no such file; copy it from where the index was"):
        load(folder)
    (folder / DATA).symlink_to("/dev/zero")
    with pytest.raises(WeightsError, match=f"{DATA}: a link that leads out"):
        load(folder)


def test_a_variable_in_parts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.support.checkpoints.describe", lambda *given: describe(*given) + field(7, b""))
    index, message = write_checkpoint(tmp_path / "m", FLOATS), "the variable a is not of whole float32 numbers"
    with checkpoint.open_checkpoint(index) as found, pytest.raises(WeightsError, match=message):
        found.read("a", (2, 3), "dim")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"compression": 1}, "it is compressed, which those of bilm-tf are not"),
        ({"header": b"\x08\x01\x10\x01"}, "numbers in the other order of bytes"),
        ({"header": b"\x08"}, "index out of range"),
        ({"header": b"\x08" + b"\xff" * 20}, "a number of too many bytes"),
        ({"header": b"\x0b"}, "3"),
        ({"header": b"\x0a\x09"}, "a message is cut off"),
    ],
)
def test_an_index_of_another_kind_is_refused(tmp_path: Path, given: dict, message: str):
    with pytest.raises(WeightsError, match=rf"m.index: not the whole index .*\({message}\).*dump_weights.py"):
        load(write_checkpoint(tmp_path / "m", FLOATS, **given))


def test_an_index_larger_than_any_is_not_read(tmp_path: Path):
    with (tmp_path / "m.index").open("wb") as file:
        file.truncate(2**33)
    with pytest.raises(WeightsError, match="m.index: longer than .* it is no index of a checkpoint"):
        load(tmp_path / "m.index")


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 1953), byte=st.integers(0, 255), cut=st.booleans())
@example(place=83, byte=9, cut=False)  # a tab in the name of a dataset
def test_a_damaged_index_is_refused_or_gives_some_model(tmp_path_factory, place: int, byte: int, cut: bool):
    folder = Path(shutil.copytree(WRITTEN, tmp_path_factory.mktemp("fuzz") / "run"))
    whole = (WRITTEN / INDEX).read_bytes()
    (folder / INDEX).write_bytes(whole[:place] if cut else whole[:place] + bytes([byte]) + whole[place + 1 :])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            load(folder)
    except WeightsError as error:
        assert {character for character in str(error) if not character.isprintable()} <= {"\t", "\n"}  # noqa: PT017
    else:
        assert not cut


def test_the_words_of_another_softmax_are_refused(folder: Path):
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf8")
    with pytest.raises(WeightsError, match=r"softmax/W has shape \(5, 2\); by vocab.txt, lstm.projection_dim"):
        load(folder)
