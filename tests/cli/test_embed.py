import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["embed", *map(str, arguments)])


def words(result: Result) -> str:
    """Return what was printed, on one line: the terminal's width breaks it anywhere."""
    return "".join(result.output.split())


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "a.jsonl").write_text('{"body": "One. Two."}\n{"body": "Three."}\n', encoding="utf8")
    return tmp_path / "a.jsonl"


def test_a_corpus_becomes_vectors_and_is_finished_then(text: Path, tmp_path: Path, tiny_model: Path):
    arguments = (text, tmp_path / "out", "--model", tiny_model, "--format", "npy", "--key", "body")
    first, second = run(*arguments), run(*arguments)
    assert first.exit_code == second.exit_code == 0, first.output
    assert "3rows,6words,1shard" in words(first)
    assert "Finishedalready" in words(second)
    lines = (tmp_path / "out" / "part-000000.jsonl").read_text(encoding="utf8").splitlines()
    assert [json.loads(line)["words"] for line in lines] == [["One", "."], ["Two", "."], ["Three", "."]]


def test_what_is_left_out_is_told(text: Path, tmp_path: Path, tiny_model: Path):
    text.write_text('{"body": "One."}\n{"body"\n', encoding="utf8")
    arguments = (text, tmp_path / "out", "--model", tiny_model, "--format", "npy", "--key", "body")
    failed = run(*arguments)
    assert failed.exit_code == 1
    assert "a.jsonl:2:notJSON" in words(failed)
    skipped = run(*arguments, "--on-error", "skip")
    assert skipped.exit_code == 0
    assert "a.jsonl:2:notJSON" in words(skipped)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path, tiny_model: Path):
    lines = (f"This is the sentence with number {i}, and it is not very short." for i in range(200_000))
    (tmp_path / "a.txt").write_text("\n".join(lines), encoding="utf8")
    arguments = [tmp_path / "a.txt", tmp_path / "out", "--model", tiny_model, "--format", "npy", "--shard-mb", "1"]
    command = [sys.executable, "-m", "spacy", "elmo", "embed", *map(str, arguments)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background have none
    )
    while not (tmp_path / "out" / "part-000000.npy").exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "the same command goes on" in " ".join(output.split())
