import os
import subprocess
import sys


def test_the_package_runs_as_a_command_and_fits_a_screen():
    environment = {**os.environ, "COLUMNS": "100"}
    command = [sys.executable, "-m", "spacy_elmo"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100
    for sentence in ("The bank raised its interest rates", "on the opposite bank of the river"):
        assert sentence in done.stdout
    assert done.stderr == ""
