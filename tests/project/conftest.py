"""The scripts of the project, on an empty folder in place of the real one."""

import argparse
import sys
from pathlib import Path

import pytest
import srsly

from tests.support.hand_made import SOURCES

SOURCE = Path(__file__).parents[2] / "project"
sys.path.insert(0, str(SOURCE / "scripts"))  # they import each other by plain name

import assets  # noqa: E402
import convert  # noqa: E402
import package  # noqa: E402
import runs  # noqa: E402
import tasks  # noqa: E402


@pytest.fixture(scope="session")
def source():
    """The project as it ships, to read only."""
    return SOURCE


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project folder that the scripts work in, with no data beside it."""
    folder = tmp_path / "checkout" / "project"
    folder.mkdir(parents=True)
    for module in (assets, convert, package, runs, tasks):
        monkeypatch.setattr(module, "PROJECT", folder)
    monkeypatch.setattr(assets, "ASSETS", folder / "assets")
    monkeypatch.delenv("SPACY_ELMO_DATA", raising=False)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def call(monkeypatch, capsys):
    """Call the `main` of a script with arguments. RETURNS: its exit code, 0 at the end of `main`, and what it printed,
    with single spaces for all white space: messages are wrapped."""

    def run(script, *arguments):
        monkeypatch.setattr(sys, "argv", [f"{script.__name__}.py", *map(str, arguments)])
        try:
            script.main()
        except SystemExit as error:
            code = error.code
        else:
            code = 0
        return code, " ".join(capsys.readouterr().out.split())

    return run


@pytest.fixture
def corpus(project):
    """A folder that says it has a converted corpus."""
    folder = project / "corpus" / "ner" / "mine"
    folder.mkdir(parents=True)
    srsly.write_json(folder / "sources.json", SOURCES)
    for split in ("train", "dev", "test"):
        (folder / f"{split}.spacy").touch()
    return folder


@pytest.fixture(scope="session")
def configs():
    """Configs by what they depend on: each takes a third of a second to make."""
    return {}


@pytest.fixture
def make_each_config_once(monkeypatch, configs):
    original = runs.make_system

    def make(args, system):
        settings = (args.task, args.lang, args.pretrained, args.epochs, system)
        if settings not in configs:
            configs[settings] = original(args, system)
        return configs[settings].copy()

    monkeypatch.setattr(runs, "make_system", make)


@pytest.fixture
def args(corpus, tiny_model, make_each_config_once):
    """Settings of an NER experiment."""
    settings = {"task": "ner", "name": "mine", "lang": "en", "pretrained": str(tiny_model)}
    return argparse.Namespace(**settings, epochs=2, jobs=1, corpus=corpus)
