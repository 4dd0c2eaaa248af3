"""Make a wheel of a task's best pipeline and load it in a new environment.

python -m scripts.package TASK [--name NAME]

The new environment has nothing of its own but the wheel; what the wheel needs is that of this environment.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

import spacy
from wasabi import msg

import spacy_elmo
from project.shared.arguments import StepError, clear_errors
from project.shared.workspace import Workspace

from .report import find_results, newest_runs
from .results import Result
from .runs import BASELINE, DEFAULT
from .tasks import TASKS, TaskFiles, after_step, task_parser

TEXT = "Anna Jordan opened the Reading office on Monday."


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = task_parser("Make a wheel of a task's best pipeline and load it in a new environment")
    args = parser.parse_args(arguments)
    files = TaskFiles(workspace, args.task, args.name)
    best = choose(args.task, find_results(files.results, args.task))
    msg.info(f"The best: {best['system']}, seed {best['seed']}")
    model = workspace.root / best["model"]
    if not model.is_dir():
        remedy = "remove its line from the results, and train it again"
        raise StepError(f"{model}: the pipeline that was trained is gone; {remedy}")
    msg.info("Making the wheel")
    wheel = build(model, workspace.packages / f"{files.corpus_name}_{args.task}")
    msg.info("Installing it in a new environment")
    load_elsewhere(wheel, model)
    msg.good(f"{wheel}: installed and loaded in a new environment, with the same predictions")


def choose(task: str, lines: list[Result]) -> Result:
    """Return the run with ELMo that is best on the development data."""
    key = next(iter(TASKS[task].scores))
    runs = [line for results in newest_runs(lines, "dev").values() for line in results]
    elmo = [run for run in runs if run["system"] != DEFAULT and not run["system"].endswith(BASELINE)]
    if not elmo:
        raise StepError(f"no run with ELMo in the results yet; {after_step('runs', task)}")
    return max(elmo, key=lambda run: run["scores"][key])


def build(model: Path, folder: Path) -> Path:
    """Make the wheel of a pipeline by `spacy package`, in a folder of the package's name, and return its path."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    module = re.sub(r"\W", "_", folder.name)  # the package is imported by it
    _python("-m", "spacy", "package", model, folder, "--build", "wheel", "--name", module, "--force")
    return next(folder.glob("*/dist/*.whl"))


def load_elsewhere(wheel: Path, model: Path) -> None:
    """Install a wheel in a new environment, and compare what it predicts with what the pipeline predicts here."""
    package = wheel.name.partition("-")[0]
    code = f"import spacy; print(spacy.load({package!r})({TEXT!r}).to_json())"
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        site = _run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
        (Path(site.strip()) / "shared.pth").write_text(_import_paths(), encoding="utf8")
        _run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel])
        found = _run([python, "-c", code])
    expected = f"{spacy.load(model)(TEXT).to_json()}\n"
    if found != expected:
        raise StepError(f"{wheel}: predicts otherwise than {model}\n{found}{expected}")


def _import_paths() -> str:
    """Return a line for each folder with installed packages, and for that of this package where it is editable."""
    folders = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), str(Path(spacy_elmo.__file__).parents[1])]
    return "\n".join(dict.fromkeys(folders)) + "\n"


def _python(*arguments: object) -> str:
    return _run([sys.executable, *arguments])


def _run(command: list[object]) -> str:
    """Return what the command printed. Raises StepError with it where the command fails."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        raise StepError(f"failed: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
