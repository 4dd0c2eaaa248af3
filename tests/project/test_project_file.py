"""project.yml: that it fits the scripts, and quickstart as a user runs it."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import experiment
import pytest
import raw_text
import srsly
import tasks

from spacy_elmo.models.load import find_model
from spacy_elmo.pretraining.config import read_config
from spacy_elmo.pretraining.pretrain import make_recipe

LEFT_OUT = shutil.ignore_patterns("corpus", "results", "training", "packages", "project.lock", "__pycache__")


@pytest.fixture(scope="module")
def config(source):
    return srsly.read_yaml(source / "project.yml")


def scripts(config):
    return [line for command in config["commands"] for line in command["script"]]


def test_steps_of_workflows_are_commands(config):
    commands = [command["name"] for command in config["commands"]]
    assert len(commands) == len(set(commands))
    assert {step for steps in config["workflows"].values() for step in steps} <= set(commands)


def test_every_task_has_a_workflow_and_a_package(config):
    assert {name + end for name in tasks.TASKS for end in ("", "-package")} <= set(config["workflows"])


def test_scripts_are_there(config, source):
    for line in scripts(config):
        interpreter, script, what, *_ = shlex.split(line)
        assert interpreter == "python"
        assert (source / script).is_file()
        assert what in tasks.TASKS or what.startswith("${vars.")


def test_recipe_has_a_config_facts_and_a_licence(config, source):
    recipe = source / config["vars"]["recipe"]
    assert make_recipe(read_config(recipe / "config.cfg", {"paths.train": str(recipe / "LICENSE")}))
    meta, licence = srsly.read_json(recipe / "meta.json"), (recipe / "LICENSE").read_text(encoding="utf8")
    for text in meta["training_data"]:
        assert text["name"] in licence


def test_variables_are_known_and_used(config):
    used = {name for line in scripts(config) for name in re.findall(r"\$\{vars\.(\w+)\}", line)}
    assert used == set(config["vars"])


@pytest.mark.parametrize("name", ["name", "pretrained", "train", "dev", "test", "recipe", "text", "heldout"])
def test_variables_may_have_spaces(config, name):
    for line in scripts(config):
        assert f" ${{vars.{name}}}" not in line, line


def test_weights_are_installed(config):
    assert find_model(config["vars"]["pretrained"]).exists()


def test_assets_are_the_files_of_tasks(config):
    named = {asset["dest"].removeprefix("assets/") for asset in config["assets"]}
    needed = {name for task in tasks.TASKS.values() for name in task.files}
    assert {name for name in needed if not name.startswith(("sample/", "sentiment/"))} <= named
    assert "sentiment/sentence_polarity/sentence_polarity.zip" in named
    assert {f"{raw_text.FOLDER}/{source.archive}" for source in raw_text.SOURCES.values()} <= named


def test_assets_have_fixed_addresses(config):
    for asset in config["assets"]:
        # a commit, or a release of Universal Dependencies
        assert re.search(r"/([0-9a-f]{40}|r\d\.\d+)(/|$)", asset["url"]), asset["url"]
        assert re.fullmatch(r"[0-9a-f]{32}|", asset.get("checksum", ""))


def test_sample_ships_with_the_project(source):
    for name in tasks.TASKS["quickstart"].files:
        assert (source / "assets" / name).is_file()


def test_scores_have_names_that_lead_to_a_workflow():
    for name, task in tasks.TASKS.items():
        assert task.scores
        assert experiment.systems(name)[-1] in task.recipes


@pytest.fixture(scope="module")
def copy(source, tmp_path_factory):
    """A copy of the project with a sample of a few sentences."""
    folder = tmp_path_factory.mktemp("checkout") / "project"
    shutil.copytree(source, folder, ignore=lambda path, names: {*LEFT_OUT(path, names), *others(path, names)})
    for path in (folder / "assets" / "sample").glob("*.conllu"):
        blocks = path.read_text(encoding="utf8").split("\n\n")
        path.write_text("\n\n".join(blocks[:12]), encoding="utf8")
    return folder


def others(path, names):
    return [name for name in names if path.endswith("assets") and name != "sample"]


def run(project, step, **settings):
    """Run a workflow or a command. RETURNS: what it printed."""
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
    printed = run(copy, "ner-corpus", name="mine", lang="de", **paths)
    assert "train: 1 sentences, 2 words" in printed
    assert srsly.read_json(copy / "corpus" / "ner" / "mine" / "sources.json")["lang"] == "de"
