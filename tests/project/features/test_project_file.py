"""project.yml: that it fits the scripts, and quickstart as a user runs it."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import srsly

from project.features.scripts import experiment
from project.features.scripts.tasks import SPLITS, TASKS
from spacy_elmo.models.load import find_model

LEFT_OUT = shutil.ignore_patterns("corpus", "results", "training", "packages", "project.lock", "__pycache__")


@pytest.fixture(scope="module")
def config(source):
    return srsly.read_yaml(source / "project.yml")


def test_workflows_and_the_package_are_for_every_task(config):
    assert {"quickstart", "all"} <= set(config["workflows"])
    steps = {command["name"]: " ".join(command["script"]) for command in config["commands"]}
    for name in {step for steps in config["workflows"].values() for step in steps} | {"package"}:
        assert ' "${vars.task}" ' in steps[name]
    assert config["vars"]["task"] in TASKS


def test_scripts_are_called_with_a_task(config):
    for line in (line for command in config["commands"] for line in command["script"]):
        task = shlex.split(line)[3]
        assert task in TASKS or task == "${vars.task}"


def test_readme_names_every_task(source):
    rows = re.findall(r"^\| `(\w+)` \|", (source / "README.md").read_text(encoding="utf8"), re.MULTILINE)
    assert set(TASKS) <= set(rows)


def test_weights_are_installed(config):
    assert find_model(config["vars"]["pretrained"]).exists()


def test_assets_are_the_files_of_tasks(config):
    named = {asset["dest"].removeprefix("assets/") for asset in config["assets"]}
    needed = {task.file(split) for task in TASKS.values() for split in SPLITS}
    assert {name for name in needed if not name.startswith(("sample/", "sentiment/"))} <= named
    assert "sentiment/sentence_polarity/sentence_polarity.zip" in named


def test_assets_have_checksums(config):
    assert [asset["dest"] for asset in config["assets"] if not asset.get("checksum")] == []


def test_sample_ships_with_the_project(source):
    for split in SPLITS:
        assert (source / "assets" / TASKS["quickstart"].file(split)).is_file()


def test_scores_have_names_that_lead_to_a_workflow():
    for name, task in TASKS.items():
        assert task.scores
        assert experiment.systems(name)[-1] in task.recipes


@pytest.fixture(scope="module")
def copy(source, tmp_path_factory):
    """A copy of the project, and of what it shares with others, with a sample of a few sentences."""
    root = tmp_path_factory.mktemp("checkout") / "project"
    for name in ("features", "shared"):
        shutil.copytree(source.parent / name, root / name, ignore=lambda *of: {*LEFT_OUT(*of), *others(*of)})
    for path in (root / "features" / "assets" / "sample").glob("*.conllu"):
        blocks = path.read_text(encoding="utf8").split("\n\n")
        path.write_text("\n\n".join(blocks[:12]), encoding="utf8")
    return root / "features"


def others(path, names):
    return [name for name in names if path.endswith("assets") and name != "sample"]


def run(project, step, **settings):
    """Run a workflow or a command, and return what it printed."""
    command = [sys.executable, "-m", "spacy", "project", "run", step, str(project)]
    command += [option for name, value in settings.items() for option in (f"--vars.{name}", str(value))]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "SPACY_ELMO_DATA": str(project / "nowhere")}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_quickstart(copy, tiny_model):
    printed = run(copy, "quickstart", pretrained=tiny_model, epochs=1)
    results = copy / "results" / "quickstart" / "sample.jsonl"
    lines = list(srsly.read_jsonl(results))
    assert {(line["system"], line["seed"], line["split"]) for line in lines} == {
        ("paper without ELMo", 0, "dev"),
        ("paper", 0, "dev"),
    }
    for line in lines:
        assert (copy / line["model"] / "config.cfg").is_file()
        assert 0 <= line["scores"]["tag_acc"] <= 1
        assert line["unseen"]["words"] > 0
        assert line["corpus"]["files"]["train"] == str(copy / "assets" / "sample" / "train.conllu")
    assert "sample, dev" in printed
    assert "| paper without ELMo | 1 |" in results.with_suffix(".md").read_text(encoding="utf8")


def test_own_corpus(copy, tmp_path):
    (tmp_path / "my corpus").mkdir()
    for split in ("train", "dev"):
        (tmp_path / "my corpus" / f"{split}.iob").write_text("Anna\tB-PER\nran\tO\n", encoding="utf8")
    paths = {split: tmp_path / "my corpus" / f"{split}.iob" for split in ("train", "dev")}
    printed = run(copy, "corpus", task="ner", name="mine", lang="de", **paths)
    assert "train: 1 sentences, 2 words" in printed
    assert srsly.read_json(copy / "corpus" / "ner" / "mine" / "sources.json")["lang"] == "de"
