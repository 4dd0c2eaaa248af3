import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from spacy_elmo.bilm.inference.encoder import Encoder
from spacy_elmo.cli import app
from spacy_elmo.models.load import load_model
from tests.support.reference import make_options, random_weights, write_files


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)])


@pytest.mark.parametrize("layers", [1, 2])
def test_what_was_converted_comes_back_bit_for_bit(layers: int, tmp_path: Path):
    (tmp_path / "published").mkdir()
    options = make_options(layers=layers)
    weights = random_weights(options)
    source = write_files(tmp_path / "published", weights, options)
    assert run("convert", source, tmp_path / "native").exit_code == 0
    result = run("export", tmp_path / "native", tmp_path / "back")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "back" / "options.json").read_text(encoding="utf8")) == options
    with h5py.File(tmp_path / "back" / "weights.hdf5") as file:
        for name, values in weights.items():
            np.testing.assert_array_equal(file[name][()], values)


def test_an_installed_model_is_exported_by_its_name(tmp_path: Path):
    assert run("export", "en_elmo_sm", tmp_path / "out").exit_code == 0
    sentences = [["Vectors", "of", "words"]]
    paths = (tmp_path / "out", "en_elmo_sm")
    exported, bundled = (Encoder(load_model(path).model).encode(sentences) for path in paths)
    # Equal parameters; products of matrices that lie otherwise in memory round otherwise
    np.testing.assert_allclose(exported, bundled, atol=1e-5)


def test_files_in_the_way_are_kept_without_force(tiny_model: Path, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf8")
    result = run("export", tiny_model, tmp_path)
    assert result.exit_code == 1
    assert "--force" in result.output
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
    assert run("export", tiny_model, tmp_path, "--force").exit_code == 0


def test_a_model_that_is_not_there_gives_one_message_and_no_directory(tmp_path: Path):
    result = run("export", tmp_path / "missing", tmp_path / "out")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "missing: no such file or directory" in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()
