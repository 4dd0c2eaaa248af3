"""Trials in new environments, which are not made here."""

import json
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
import spacy

from project.shared.arguments import StepError
from project.shared.wheels import trial
from project.shared.wheels.commands import run
from tests.support.wheels import write_wheel


def test_a_command_that_fails_ends_with_what_it_printed():
    with pytest.raises(StepError) as caught:
        run([sys.executable, "-S", "-c", "print('one'); import sys; sys.exit('two')"])
    assert {"one", "two"} <= set(str(caught.value).splitlines())


def test_settings_of_this_environment_stay_here(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    code = "import os; print(os.environ.get('PYTHONPATH'))"
    assert run([sys.executable, "-S", "-c", code], is_apart=True) == "None\n"


def test_files_of_a_distribution_are_lent(tmp_path):
    trial.lend(distribution("wasabi"), tmp_path)
    trial.lend(distribution("wasabi"), tmp_path)  # what is there stays
    assert (tmp_path / "wasabi" / "__init__.py").is_symlink()
    assert list(tmp_path.glob("wasabi-*.dist-info/METADATA"))


def test_pip_finds_the_folder_and_nothing_else(tmp_path, monkeypatch):
    called = []

    def record(command, **_):
        called.append(list(map(str, command[1:])))
        return str(tmp_path)

    monkeypatch.setattr(trial.venv, "create", lambda *_, **__: None)
    monkeypatch.setattr(trial, "run", record)
    with trial.installed(write_wheel(tmp_path, "a_b", "1.0"), links=tmp_path, lent=[]):
        assert called[-1][:4] == ["-I", "-m", "pip", "install"]
        assert called[-1][-4:] == ["--no-index", "--find-links", str(tmp_path), "a_b==1.0"]


class Environment(trial.Environment):
    """One whose Python is played."""

    def __init__(self, found):
        super().__init__(Path("python"))
        self.found = found

    def call(self, *_, given=""):
        return f"a warning\n{json.dumps(self.found)}\n"


def test_the_same_annotations_pass_and_others_do_not(tmp_path):
    nlp = spacy.blank("xx")
    nlp.to_disk(tmp_path / "model")
    here = nlp("A text.").to_json()
    trial.compare(Environment([here]), "a", tmp_path / "model", ["A text."])
    with pytest.raises(StepError, match="a: predicts otherwise than .*model for 'A text.'"):
        trial.compare(Environment([{**here, "text": "Another"}]), "a", tmp_path / "model", ["A text."])
