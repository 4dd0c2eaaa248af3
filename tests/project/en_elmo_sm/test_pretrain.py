"""From raw text to a model to ship, on a tiny model."""

import signal
import subprocess
import sys
import time

import pytest
import srsly
import torch
from safetensors.torch import load_file
from thinc.api import Config
from typer.testing import CliRunner

from project.en_elmo_sm.scripts import pretrain, publish
from spacy_elmo.cli import app
from spacy_elmo.formats import model_directory
from spacy_elmo.models import describe_model
from tests.conftest import ROOT

CONFIG = """
[corpus]
dev_size = 1
max_words = 50
min_count = 1

[model]
hidden_size = 8
projection_size = 4
filters = [[1, 4], [2, 4]]

[training]
batch_size = 2
unroll_steps = 5
max_steps = 6
eval_frequency = 2

[training.optimizer]
@misc = "spacy-elmo.Adam.v1"

[training.optimizer.learn_rate]
@schedules = "warmup_linear.v1"
initial_rate = 0.01
warmup_steps = 0
total_steps = 6
"""
TEXT = "\n\n".join(f"The cat number {i} sat here. It was a mat." for i in range(20))


@pytest.fixture
def model(workspace):
    """The folder that a model is made of."""
    folder = workspace.root / "configs" / "xx_tiny"
    folder.mkdir(parents=True)
    (folder / "config.cfg").write_text(CONFIG)
    srsly.write_json(folder / "meta.json", {"name": "xx_tiny", "license": "CC0", "training_data": [{"name": "cats"}]})
    (folder / "LICENSE").write_text("Do what you like.\n")
    (workspace.root / "text").mkdir()
    for name in ("cats", "mats"):
        (workspace.root / "text" / f"{name}.txt").write_text(TEXT)
    return folder


@pytest.fixture
def in_process(monkeypatch):
    """The command is called as a function: a process takes seconds to start."""
    threads = torch.get_num_threads()
    monkeypatch.setattr(
        pretrain, "run_command", lambda command: CliRunner().invoke(app, [*map(str, command[1:])]).exit_code
    )
    yield
    torch.set_num_threads(threads)


def losses(workspace):
    checkpoint = max((workspace.training / "xx_tiny" / "checkpoints").glob("step-*"))
    return [note["loss"] for note in srsly.read_json(checkpoint / "state.json")["history"]]


@pytest.mark.usefixtures("in_process")
def test_the_beginning_of_a_run_is_that_of_all_of_it(workspace, model, call):
    assert call(pretrain, model, "--text", "text", "--steps", 4)[0] == 0
    beginning = losses(workspace)
    assert call(pretrain, model, "--text", "text")[0] == 0
    assert (len(beginning), len(losses(workspace))) == (2, 3)
    assert losses(workspace)[:2] == beginning


@pytest.mark.usefixtures("in_process")
def test_a_second_run_goes_on_from_the_model_of_the_first(workspace, model, call):
    (model / "continue.cfg").write_text(CONFIG.replace("max_steps = 6", "max_steps = 2") + "[paths]\ninit = null\n")
    assert call(pretrain, model, "--text", "text", "--steps", 2)[0] == 0
    assert not (workspace.training / "xx_tiny-continued").exists()  # where only a beginning was asked for
    assert call(pretrain, model, "--text", "text")[0] == 0
    config = Config().from_disk(workspace.training / "xx_tiny-continued" / "config.cfg")
    assert config["paths"]["init"] == str(workspace.training / "xx_tiny" / "model-last")
    assert call(publish, model, "--heldout", "text")[0] == 0
    meta = model_directory.read(workspace.packages / "xx_tiny").meta
    assert (meta["steps"], meta["words"]) == (8, 80)


@pytest.mark.usefixtures("in_process")
def test_sources_weigh(workspace, model, call):
    assert call(pretrain, model, "--text", "text", "--weights", "cats.txt=0.5, mats*=2", "--steps", 1)[0] == 0
    config = Config().from_disk(workspace.training / "xx_tiny" / "config.cfg")
    assert config["corpus"]["train"]["weights"] == [["cats.txt", 0.5], ["mats*", 2.0]]


def test_an_interrupted_run_ends_with_its_status(workspace, model):
    """So that what follows in a workflow is not begun."""
    imports = "import sys; from project.en_elmo_sm.scripts.pretrain import Path, Workspace, main; "
    script = f"{imports}main(Workspace(Path(sys.argv[1])), sys.argv[2:])"
    arguments = [workspace.root, model, "--text", "text", "--steps", 100_000]
    command = [sys.executable, "-c", script, *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as child:
        while not any(workspace.training.glob("*/checkpoints/step-*")) and child.poll() is None:
            time.sleep(0.1)
        child.send_signal(signal.SIGTERM)
    assert child.returncode == 143
    assert (workspace.training / "xx_tiny" / "model-last" / "weights.safetensors").is_file()


@pytest.mark.usefixtures("in_process")
def test_a_model_is_published_with_its_facts_and_license(workspace, model, call):
    assert call(pretrain, model, "--text", "text")[0] == 0
    code, printed = call(publish, model, "--heldout", "text")
    assert code == 0, printed
    meta = model_directory.read(workspace.packages / "xx_tiny").meta
    assert (meta["name"], meta["lang"], meta["steps"]) == ("xx_tiny", "en", 6)
    assert meta["license_text"] == "Do what you like.\n"
    assert meta["training_data"] == [{"name": "cats"}]
    assert [file["name"] for file in meta["training_files"]] == ["cats.txt", "mats.txt"]
    assert list(meta["perplexity_by_source"]) == ["cats", "mats"]
    # both texts are the same
    assert meta["perplexity"] == {key: meta["perplexity_by_source"]["cats"][key] for key in meta["perplexity"]}
    facts = describe_model(str(workspace.packages / "xx_tiny"))
    assert facts["dtype"] == "float16"
    assert load_file(workspace.packages / "xx_tiny" / "softmax.safetensors")["weight"].dtype == torch.int8
    assert "| cats | 240 |" in (workspace.results / "xx_tiny.md").read_text(encoding="utf8")


def test_nothing_to_publish(model, call):
    code, printed = call(publish, model, "--heldout", "text")
    assert code == 1
    assert "model-best" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text", ""], "text: '': must be the path of a file or folder"),
        (["--text", "text", "--steps", "-1"], "steps: '-1': must be a whole number of at least 0"),
        (["--text", "text", "--steps", "x"], "steps: 'x': must be a whole number of at least 0"),
        (["--text", "text", "--weights", "cats.txt"], "must be names of files with numbers, as *_novels.txt=0.5"),
        ([], "--text"),
    ],
)
def test_wrong_settings(workspace, model, call, arguments, message):
    code, printed = call(pretrain, model, *arguments)
    assert (code, message in printed) == (1, True)
    assert not list(workspace.training.glob("*/checkpoints"))


@pytest.mark.parametrize("step", [[pretrain, "--text", "text"], [publish, "--heldout", "text"]])
@pytest.mark.parametrize("folder", ["nothing", "text", ""])
def test_folder_that_is_no_model(model, call, step, folder):
    code, printed = call(step[0], folder, *step[1:])
    assert (code, "--vars.model" in printed or "must be the path" in printed) == (1, True)


@pytest.mark.parametrize("name", ["meta.json", "LICENSE"])
def test_facts_that_are_missing_or_broken(model, call, name):
    (model / name).write_bytes(b"\xff{")
    code, printed = call(publish, model, "--heldout", "text")
    assert (code, name in printed) == (1, True)
