"""The scripts of a project, on an empty folder in place of the real one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from project.shared.workspace import Workspace

Call = Callable[..., tuple[object, str]]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The empty folder of a project, with no data beside the repository."""
    root = tmp_path / "checkout" / "project" / "empty"
    root.mkdir(parents=True)
    monkeypatch.delenv("SPACY_ELMO_DATA", raising=False)
    return Workspace(root)


@pytest.fixture
def call_main(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call a `main`. Return its exit code, 0 at its end, and what it printed.

    All white space becomes single spaces: messages are wrapped.
    """

    def run(main: Callable[..., None], *arguments: object) -> tuple[object, str]:
        code: object = 0
        try:
            main(*arguments)
        except SystemExit as error:
            code = error.code
        return code, " ".join(capsys.readouterr().out.split())

    return run


@pytest.fixture
def call(workspace: Workspace, call_main: Call) -> Call:
    """Call the `main` of a script with arguments, in the empty folder."""

    def run(script: ModuleType, *arguments: object) -> tuple[object, str]:
        return call_main(script.main, workspace, [str(argument) for argument in arguments])

    return run
