"""Text for the benchmarks, and their command lines."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("The bank raised its rates. We sat on the bank!\nBirds sing.\n" * 4, encoding="utf8")
    return path


@pytest.fixture
def run_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Callable[[], None], list[object]], str]:
    """Return a function that runs a command with arguments and returns what it prints."""

    def run(main: Callable[[], None], arguments: list[object]) -> str:
        monkeypatch.setattr(sys, "argv", ["benchmark", *map(str, arguments), "--threads", str(torch.get_num_threads())])
        main()
        return capsys.readouterr().out

    return run
