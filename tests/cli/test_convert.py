import json
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from spacy_elmo.bilm.inference.encoder import Encoder
from spacy_elmo.cli import app
from spacy_elmo.formats import model_directory
from spacy_elmo.models.load import load_model
from spacy_elmo.search.examples import EXAMPLES
from tests.support.reference import Options, make_options, random_weights, write_files

SENTENCES = [["Vectors", "of", "words"], ["ä"]]
WORDS = ["<S>", "</S>", "<UNK>", "words"]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["convert", *map(str, arguments)])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Published weights of width 12 with a language model head over four words."""
    folder = tmp_path / "published"
    folder.mkdir()
    options = make_options()
    weights = write_files(folder, random_weights(options), options)
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf8")
    with h5py.File(folder / "softmax.hdf5", "w") as file:
        file["softmax/W"], file["softmax/b"] = np.ones((4, 6), "float32"), np.zeros(4, "float32")
    return weights


def encode(path: Path) -> np.ndarray:
    return Encoder(load_model(path).model).encode(SENTENCES)


def test_published_weights_become_a_model_directory(source: Path, tmp_path: Path):
    result = run(source, tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert {"config.json", "meta.json", "weights.safetensors"} <= {file.name for file in (tmp_path / "out").iterdir()}
    # the same numbers at other addresses may round apart
    np.testing.assert_allclose(encode(tmp_path / "out"), encode(source), atol=1e-6)


def test_the_softmax_can_be_of_another_type(source: Path, tmp_path: Path):
    result = run(source, tmp_path / "out", "--dtype", "float16", "--head-dtype", "int8")
    assert result.exit_code == 0, result.output
    head = model_directory.read(tmp_path / "out").head
    assert head is not None
    np.testing.assert_allclose(head.weight, 1, rtol=1e-4)
    result = run(source, tmp_path / "more", "--head-dtype", "int4")
    assert "head dtype = 'int4': must be one of float32, float16, int8" in " ".join(result.output.split())


def test_the_model_is_named_after_its_directory_unless_told(source: Path, tmp_path: Path):
    run(source, tmp_path / "some_model")
    assert model_directory.read(tmp_path / "some_model").meta["name"] == "some_model"
    run(source, tmp_path / "out", "--name", "xx_elmo", "--lang", "xx", "--license", "CC0-1.0")
    meta = model_directory.read(tmp_path / "out").meta
    assert (meta["name"], meta["lang"], meta["license"]) == ("xx_elmo", "xx", "CC0-1.0")


def test_facts_come_from_a_file_and_options_come_first(source: Path, tmp_path: Path):
    facts = {"name": "from_file", "lang": "de", "license_text": "You may.", "training_data": ["a", "b"]}
    (tmp_path / "facts.json").write_text(json.dumps(facts), encoding="utf8")
    run(source, tmp_path / "out", "--meta", tmp_path / "facts.json", "--lang", "nl")
    meta = model_directory.read(tmp_path / "out").meta
    assert (meta["name"], meta["lang"], meta["training_data"]) == ("from_file", "nl", ["a", "b"])
    assert (tmp_path / "out" / "LICENSE").read_text(encoding="utf8") == "You may."


def test_half_precision_halves_the_file(source: Path, tmp_path: Path):
    run(source, tmp_path / "full", "--no-head")
    run(source, tmp_path / "half", "--no-head", "--dtype", "float16")
    weights = "weights.safetensors"
    full, half = ((tmp_path / name / weights).stat().st_size for name in ("full", "half"))
    assert half < 0.75 * full  # the header of so small a file counts
    assert np.abs(encode(tmp_path / "half") - encode(source)).max() < 0.01  # 11 bits of precision in the weights


def test_half_precision_moves_vectors_of_trained_weights_by_less_than_a_hundredth(data_dir: Path, tmp_path: Path):
    source = data_dir.parent / "models" / "en_elmo_sm_v0"
    if not source.is_dir():
        pytest.skip(f"{source} is not a directory")
    run(source, tmp_path / "half", "--no-head", "--dtype", "float16")
    sentences = [text.split() for senses in EXAMPLES.values() for texts in senses.values() for text in texts]
    models = (load_model(path).model for path in (source, tmp_path / "half"))
    expected, stored = (Encoder(model).encode(sentences) for model in models)
    assert (np.linalg.norm(stored - expected, axis=-1) < 1e-2 * np.linalg.norm(expected, axis=-1)).all()


def test_the_head_is_kept_unless_told(source: Path, tmp_path: Path):
    run(source, tmp_path / "with")
    run(source, tmp_path / "without", "--no-head")
    head = model_directory.read(tmp_path / "with").head
    assert head is not None
    assert list(head.words) == WORDS
    assert model_directory.read(tmp_path / "without").head is None


def test_an_embedding_takes_the_place_of_the_characters(source: Path, tmp_path: Path):
    table = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    with h5py.File(tmp_path / "table.h5", "w") as file:
        file["embedding"] = table
    settings = ("--embedding", tmp_path / "table.h5", "--vocab", source.parent / "vocab.txt")
    result = run(source, tmp_path / "out", *settings, "--unknown", "random")
    assert result.exit_code == 1
    assert "random" in result.output
    result = run(source, tmp_path / "out", *settings, "--unknown", "zeros")
    assert result.exit_code == 0, result.output
    model = model_directory.read(tmp_path / "out").model
    np.testing.assert_array_equal(Encoder(model).word_vectors(["words", "unknown"]), [table[3], np.zeros(6)])


def test_options_may_lie_elsewhere(source: Path, tmp_path: Path):
    moved = shutil.move(source.parent / "options.json", tmp_path / "elsewhere.json")
    assert run(source, tmp_path / "out").exit_code == 1
    assert run(source, tmp_path / "out", "--options", moved).exit_code == 0


def test_a_model_directory_is_converted_again_onto_itself(source: Path, tmp_path: Path):
    run(source, tmp_path / "out", "--name", "kept")
    result = run(tmp_path / "out", tmp_path / "out", "--dtype", "float16", "--no-head", "--force")
    assert result.exit_code == 0, result.output
    assert model_directory.read(tmp_path / "out").meta["name"] == "kept"
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"config.json", "meta.json", "weights.safetensors"}


def test_files_in_the_way_are_kept_without_force(source: Path, tmp_path: Path):
    dest = tmp_path / "full"
    dest.mkdir()
    (dest / "notes.txt").write_text("mine", encoding="utf8")
    result = run(source, dest)
    assert result.exit_code == 1
    assert "--force" in result.output
    assert [file.name for file in dest.iterdir()] == ["notes.txt"]
    assert run(source, dest, "--force").exit_code == 0
    assert (dest / "notes.txt").read_text(encoding="utf8") == "mine"


def test_a_file_in_the_way_is_kept_even_with_force(source: Path, tmp_path: Path):
    (tmp_path / "file").write_text("mine", encoding="utf8")
    assert run(source, tmp_path / "file", "--force").exit_code == 1
    assert (tmp_path / "file").read_text(encoding="utf8") == "mine"


def remove(source: Path) -> Path:
    source.unlink()
    return source


def overwrite_with_text(source: Path) -> Path:
    source.write_text("not weights", encoding="utf8")
    return source


def cut(source: Path) -> Path:
    source.write_bytes(source.read_bytes()[:2000])
    return source


def put_nan(source: Path) -> Path:
    with h5py.File(source, "r+") as file:
        file["CNN_proj/b_proj"][0] = np.nan
    return source


def empty(source: Path) -> Path:
    (source.parent / "empty").mkdir()
    return source.parent / "empty"


def disagree(source: Path) -> Path:
    options: Options = json.loads((source.parent / "options.json").read_text(encoding="utf8"))
    options["lstm"]["dim"] += 1
    (source.parent / "options.json").write_text(json.dumps(options), encoding="utf8")
    return source


def break_safetensors(source: Path) -> Path:
    folder = source.parent / "native"
    run(source, folder)
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    return folder


@pytest.mark.parametrize("harm", [remove, overwrite_with_text, cut, put_nan, empty, disagree, break_safetensors])
def test_bad_weights_give_one_message_and_no_directory(harm: Callable[[Path], Path], source: Path, tmp_path: Path):
    bad = harm(source)
    result = run(bad, tmp_path / "new" / "out")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert bad.name in result.output
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--dtype", "int8"), ("--meta", "missing.json"), ("--meta", "numbers.json"), ("--options", "missing.json")],
)
def test_a_bad_setting_gives_one_message_and_no_directory(
    option: str, value: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("numbers.json").write_text('{"license_text": 1}', encoding="utf8")
    result = run(source, "out", option, value)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert value in result.output
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["--unknown", "zeros"], "is for tables of words"),
        (["--unknown", "nonsense"], "is for tables of words"),
        (["--vocab", "vocab.txt"], "has no table of words for vocab.txt"),
    ],
)
def test_settings_of_tables_without_a_table_are_refused(
    settings: list[str], message: str, source: Path, tmp_path: Path
):
    result = run(source, tmp_path / "out", *settings)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()
