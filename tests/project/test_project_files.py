"""What every project.yml promises: steps, variables and assets that are right, and a README that says the same."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import srsly
from weasel.cli.document import project_document

ROOT = Path(__file__).parents[2] / "project"
PROJECTS = ["features", "en_elmo_sm", "language", "paper"]


@pytest.fixture(params=PROJECTS)
def folder(request):
    return ROOT / request.param


@pytest.fixture
def config(folder):
    return srsly.read_yaml(folder / "project.yml")


def scripts(config):
    return [line for command in config["commands"] for line in command["script"]]


def test_every_project_is_tested():
    assert sorted(path.parent.name for path in ROOT.glob("*/project.yml")) == sorted(PROJECTS)


def test_steps_of_workflows_are_commands(config):
    commands = [command["name"] for command in config["commands"]]
    assert len(commands) == len(set(commands))
    assert {step for steps in config["workflows"].values() for step in steps} <= set(commands)


def test_scripts_are_there(config, folder):
    for line in scripts(config):
        interpreter, option, module, *_ = shlex.split(line)
        assert (interpreter, option) == ("python", "-m")
        assert (folder / module.replace(".", "/")).with_suffix(".py").is_file()


def test_variables_are_known_and_used(config):
    used = {name for line in scripts(config) for name in re.findall(r"\$\{vars\.(\w+)\}", line)}
    assert used == set(config["vars"])


def test_variables_may_have_spaces(config):
    for name, value in config["vars"].items():
        for line in scripts(config) if isinstance(value, str) else []:
            assert f" ${{vars.{name}}}" not in line, line


def test_assets_have_fixed_addresses(config):
    for asset in config["assets"]:
        # a commit, or a release of Universal Dependencies
        assert re.search(r"/([0-9a-f]{40}|r\d\.\d+)(/|$)", asset["url"]), asset["url"]
        assert re.fullmatch(r"[0-9a-f]{32}|", asset.get("checksum", ""))


def test_readme_has_the_tables_of_the_project_file(folder, tmp_path):
    """Were they not, `python -m spacy project document FOLDER --output FOLDER/README.md` writes them."""
    for name in ("project.yml", "README.md"):
        shutil.copy(folder / name, tmp_path)
    project_document(tmp_path, tmp_path / "README.md")
    readme = (folder / "README.md").read_text(encoding="utf8")
    assert "AUTO-GENERATED DOCS START" in readme
    assert (tmp_path / "README.md").read_text(encoding="utf8") == readme
