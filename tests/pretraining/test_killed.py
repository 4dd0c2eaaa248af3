"""Deaths before changes of the file system. All of them: `python -m tests.support.killed_runs FOLDER`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

EVERY = 5  # so that it takes seconds


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes die in forks")
def test_a_run_that_dies_before_a_change_of_the_file_system_goes_on_to_the_same_bits(tmp_path: Path):
    pytest.importorskip("matplotlib")
    command = [sys.executable, "-m", "tests.support.killed_runs", str(tmp_path), "--every", str(EVERY)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["tried"] >= 15
    assert (found["not killed"], found["not resumed"], found["different"]) == ([], [], [])
    assert set(found["left"]) <= {".staged"}  # of single files and model directories
