import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from spacy_elmo.cli import app

COMMANDS = get_command(app).commands


def spacy_elmo(*arguments: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "spacy", "elmo", *arguments], capture_output=True, text=True)


def test_spacy_has_the_commands():
    done = spacy_elmo()
    assert "info" in done.stdout + done.stderr
    assert "convert" in done.stdout + done.stderr


def test_a_failing_command_exits_with_1_and_no_traceback(tmp_path: Path):
    (tmp_path / "weights.hdf5").write_text("not weights", encoding="utf8")
    done = spacy_elmo("convert", tmp_path / "weights.hdf5", tmp_path / "out")
    assert done.returncode == 1
    assert "weights.hdf5" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str):
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output
    assert COMMANDS[command].help or COMMANDS[command].callback.__doc__


def test_what_an_option_means_is_written_down_once():
    files = (Path(__file__).parents[2] / "spacy_elmo" / "cli").rglob("*.py")
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf8"))))
    texts = [ast.unparse(node.value) for node in nodes if isinstance(node, ast.keyword) and node.arg == "help"]
    assert len(texts) > 50
    assert [text for text, n in Counter(texts).items() if n > 1 and not text.isidentifier()] == []


def test_commands_are_declared_without_importing_the_model():
    code = "import sys, spacy_elmo.cli; print('spacy_elmo.bilm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
