import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app
from spacy_elmo.formats import model_directory
from spacy_elmo.models.load import load_model
from spacy_elmo.pretraining.loop.checkpoint import list_checkpoints
from tests.support.pretraining import TINY
from tests.support.random_models import assert_same_model, contents


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Return a config and a text."""
    config, text = tmp_path / "c.cfg", tmp_path / "text.txt"
    config.write_text(TINY, encoding="utf8")
    text.write_text("The cat sat on the mat. It slept.\n\nA dog ran.\n\nThe dog sat.\n\nThe end.", encoding="utf8")
    return config, text


def run(files: tuple[Path, Path], *arguments: object) -> Result:
    command = ["pretrain", files[0], "--output", files[0].parent / "out", "--paths.train", files[1], *arguments]
    return CliRunner().invoke(app, list(map(str, command)))


def test_it_trains_resumes_and_says_what_it_did(files: tuple[Path, Path]):
    first = run(files, "--training.eval_frequency", 2)
    assert first.exit_code == 0, first.output
    assert "Finished after step 6" in first.output
    meta = model_directory.read(files[0].parent / "out" / "model-best").meta
    assert meta["steps"] in (2, 4, 6)
    again = run(files, "--resume")
    assert again.exit_code == 0, again.output
    assert "The run is finished: step 6" in again.output


def test_the_model_exports_to_published_formats_and_back(files: tuple[Path, Path]):
    assert run(files).exit_code == 0
    trained, published = files[0].parent / "out" / "model-best", files[0].parent / "published"
    result = CliRunner().invoke(app, ["export", str(trained), str(published)])
    assert result.exit_code == 0, result.output
    sentence = ["The", "cat", "barked", "."]
    one, other = (load_model(path).model for path in (trained, published / "weights.hdf5"))
    assert_same_model(one, other)
    vectors = (model([sentence])[0][0].numpy() for model in (one, other))
    np.testing.assert_allclose(*vectors, atol=1e-6)  # products of the same numbers at other addresses may round apart


def test_another_model_is_the_start(files: tuple[Path, Path], tiny_model: Path):
    result = run(files, "--init", tiny_model, "--training.max_steps", 1)
    assert result.exit_code == 0, result.output
    assert "a new softmax" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--training.batch_size", 1000), "batch_size = 1000"),
        (("--training.lane", 3), "training.lane|lane: unknown setting|lane"),
        (("--training.lanes", 3), "[training] lanes is batch_size now"),
        (("--paths.heldout", "text.txt"), "[paths] heldout is dev now"),
        (("--training.dropout", "much"), "dropout"),
        (("--model.hidden_size", "many"), "hidden_size"),
        (("--paths.train", "./nowhere"), "nowhere"),
        (("--lanes", 2), "--lanes: no option of this command; settings have the names of their sections in front"),
        (("--lanes=2",), "--lanes: no option of this command"),
        (("-x",), "-x: no option of this command"),
        (("--corpus.keep_vocabulary", "False"), "must be true or false"),
        (("--training.optimizer.learn_rate.rate", -1), "must be a number above 0"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(files: tuple[Path, Path], arguments: tuple, message: str):
    result = run(files, *arguments)
    assert result.exit_code == 1
    printed = " ".join(result.output.split())  # messages are wrapped
    assert any(part in printed for part in message.split("|"))
    assert isinstance(result.exception, SystemExit)


def test_several_files_are_trained_on(files: tuple[Path, Path]):
    other = files[1].with_name("other.txt")
    other.write_text("A third text.\n\nIt ends.", encoding="utf8")
    result = run(files, other, "--training.max_steps", 1, f"--paths.dev={other}")
    assert result.exit_code == 0, result.output
    meta = model_directory.read(files[0].parent / "out" / "model-last").meta
    assert [file["name"] for file in meta["training_data"]] == ["text.txt", "other.txt"]


def test_a_pattern_is_trained_on(files: tuple[Path, Path]):
    result = run(files, "--paths.train", files[1].with_name("te*.txt"), "--training.max_steps", 1)
    assert result.exit_code == 0, result.output


def test_ctrl_c_while_the_text_is_prepared_says_what_is_kept(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("spacy_elmo.pretraining.pretrain.run_training", interrupt)
    result = run(files)
    assert result.exit_code == 130
    assert "nothing of it is kept; the same command starts anew" in " ".join(result.output.split())


def test_another_run_is_left_alone(files: tuple[Path, Path]):
    run(files)
    before = contents(files[0].parent / "out")
    result = run(files)
    assert result.exit_code == 1
    assert "holds another run" in result.output
    assert contents(files[0].parent / "out") == before


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_saves_stops_and_says_so_by_its_status(number: int, status: int, files: tuple[Path, Path]):
    output = files[0].parent / "out"
    settings = ["--paths.train", str(files[1]), "--training.max_steps", "100000", "--training.eval_frequency", "5"]
    command = [sys.executable, "-m", "spacy", "elmo", "pretrain", str(files[0]), "--output", str(output), *settings]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ)
    while not list_checkpoints(output / "checkpoints") and child.poll() is None:
        time.sleep(0.1)
    child.send_signal(number)
    printed, _ = child.communicate(timeout=60)
    assert child.returncode == status, printed
    step = list_checkpoints(output / "checkpoints")[-1]
    assert f"Stopped after step {step}" in printed
    assert (output / "model-last" / "weights.safetensors").is_file()
