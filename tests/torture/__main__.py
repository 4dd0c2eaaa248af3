"""What takes too long for every day: `python -m tests.torture {kills,fuzz,soak} --help`. It needs Linux."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from typer import Exit, Option, Typer
from wasabi import msg, table

from tests.support import killed_runs
from tests.support import kills as killed_writers
from tests.torture.fuzz import ENDS
from tests.torture.fuzz import fuzz as damage_files
from tests.torture.soak import soak as run_long

app = Typer(help=__doc__, no_args_is_help=True)


@app.command()
def kills() -> None:
    """Kill writers of models, and pretraining, before each change of the file system."""
    for scenario in ("over_old", "into_nothing", "to_disk"):
        with TemporaryDirectory() as folder:
            print(f"model directory, {scenario}:", json.dumps(killed_writers.main(scenario, Path(folder))))
    with TemporaryDirectory() as folder:
        print("pretrain:", json.dumps(killed_runs.main(Path(folder), every=1)))


@app.command()
def fuzz(
    minutes: Annotated[float, Option(help="How long")] = 10,
    seed: Annotated[int, Option(help="Which damages")] = 0,
    folder: Annotated[Path | None, Option(help="Where cases to look at are kept; nowhere by default")] = None,
) -> None:
    """Change bytes of every kind of file, and read it."""
    with TemporaryDirectory() as temporary:
        found = list(damage_files(folder or Path(temporary), seconds=60 * minutes, seed=seed))
    rows = [(name, sum(ends.values()), *(ends[end] for end in ENDS)) for name, ends, _ in found]
    print(table(rows, header=("format", "cases", *ENDS), divider=True, aligns=("l", *"rrrrrrr")))
    cases = [case for _, _, cases in found for case in cases]
    for case in cases:
        msg.warn(case)
    if cases:
        raise Exit(1)


@app.command()
def soak(tokens: Annotated[int, Option(help="How many")] = 1_000_000) -> None:
    """Run one pipe over many tokens, and eight threads over it."""
    if run_long(tokens) > 1e-5:
        raise Exit(1)


if __name__ == "__main__":
    app(prog_name="python -m tests.torture")
