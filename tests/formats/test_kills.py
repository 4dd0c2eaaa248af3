import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
@pytest.mark.parametrize("scenario", ["over_old", "into_nothing", "to_disk"])
def test_a_kill_at_any_moment_leaves_one_model_or_none_and_the_next_run_clears_up(scenario: str, tmp_path: Path):
    command = [sys.executable, "-m", "tests.support.kills", scenario, str(tmp_path)]
    found = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    assert found["kills"] > 25
    assert found["new"] > 0
    assert "mixed" not in found
    assert (found["left behind"], found["not new after another run"]) == (0, 0)
