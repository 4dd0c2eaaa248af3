"""What a forge runs is what the README says, on every Python that the package admits."""

import re
from importlib.metadata import metadata
from pathlib import Path

import srsly

ROOT = Path(__file__).parents[1]
TESTS = srsly.read_yaml(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]["tests"]


def test_the_commands_are_those_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf8")
    commands = [step["run"] for step in TESTS["steps"] if "run" in step]
    assert len(commands) == 2
    assert [command for command in commands if f"\n{command}\n" not in readme] == []


def test_the_versions_are_those_of_the_classifiers():
    found = re.findall(r":: (3\.\d+)$", "\n".join(metadata("spacy-elmo").get_all("Classifier")), re.MULTILINE)
    assert TESTS["strategy"]["matrix"]["python"] == found
