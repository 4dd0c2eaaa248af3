"""Train the same model with one change at a time, for as many seconds each, and print how well each predicts.

python -m scripts.trials FILE

FILE (YAML) has the folder of a model, text, held-out text, seconds, settings of all trials, and those of each;
trials.yml is an example. A trial begins with a run of a fifteenth of the time, by whose speed it is known how many
steps the time has room for: over these the learning rate falls, and after them the trial ends. Evaluations count.

    training/trials/NAME-DIGEST/{pilot,run}   results/trials.jsonl   results/trials.md

All rows are perplexities over the vocabulary of the file, or else of the first trial. Trials that are in
results/trials.jsonl with the same settings are not repeated, and one that was interrupted goes on.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import srsly
from wasabi import MarkdownRenderer, msg, table

from project.shared.arguments import Parser, StepError, clear_errors, given_path
from project.shared.commands import run_command
from project.shared.publish import describe, overall
from project.shared.workspace import Workspace
from spacy_elmo.pretraining.evaluate import measure_files
from spacy_elmo.util.files import read_json
from spacy_elmo.util.staging import staged

from .pretrain import model_folder
from .raw_text import bring_text

Settings = dict[str, Any]  # by their places, as "training.dropout"
Row = dict[str, Any]

KEYS: dict[str, Any] = {"model": str, "text": str, "heldout": str, "seconds": (int, float), "vocab": (str, type(None))}
KEYS |= {"settings": dict, "trials": dict}
OF_THE_TEXT = ("corpus.", "nlp.", "paths.", "system.seed")  # settings that decide how it is prepared
PILOT, EVALUATIONS = 15, 3  # a pilot has the 15th part of the time; a run evaluates at each third
RESULTS = "trials.jsonl"


class Plan(NamedTuple):
    """What a file of trials says.

    Attributes:
        model: Folder with config.cfg.
        text: Of all trials, a file, folder or pattern.
        heldout: What is measured, the same.
        seconds: Of each trial.
        vocab: File of the words that are predicted. None for those of the first trial.
        settings: Of all trials, in place of those of config.cfg.
        trials: Those of each, by its name.
    """

    model: Path
    text: str
    heldout: str
    seconds: float
    vocab: str | None
    settings: Settings
    trials: dict[str, Settings]


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = Parser("Train the same model with one change at a time")
    parser.add_argument("trials", type=given_path, help="file of trials (YAML)")
    plan = read_plan(workspace, workspace.root / parser.parse_args(arguments).trials)
    for text in (plan.text, plan.heldout):
        bring_text(workspace, Path(text))
    path = workspace.results / RESULTS
    rows = read_rows(path)
    vocab = workspace.root / plan.vocab if plan.vocab else None
    found = []
    for name, changes in plan.trials.items():
        settings = plan.settings | changes
        key = {"trial": name, "settings": settings, "seconds": plan.seconds, "text": plan.text}
        row = next((row for row in rows if key.items() <= row.items()), None)
        folder = workspace.training / "trials" / f"{name.replace(' ', '_')}-{_digest(key)}"
        corpus = workspace.training / "trials" / f"corpus-{_digest(_of_the_text(plan, settings))}"
        if row is None:
            msg.info(f"{name}: {plan.seconds:g} seconds with {json.dumps(changes)}")
            steps = _run(workspace, plan, settings, folder, corpus)
            vocab = vocab or corpus / "vocab.txt"
            row = key | {"steps": steps} | measure(folder / "run" / "model-last", workspace.root / plan.heldout, vocab)
            rows.append(row)
            with staged(workspace.results, [RESULTS]) as stage:
                srsly.write_jsonl(stage / RESULTS, rows)
        vocab = vocab or corpus / "vocab.txt"
        found.append(row)
        print(table(*_overview(found), divider=True))
    pages = [MarkdownRenderer().table(cells, header) for cells, header in (_overview(found), _by_source(found))]
    (workspace.results / "trials.md").write_text("\n\n".join(pages) + "\n", encoding="utf8")
    print(table(*_by_source(found), divider=True))
    msg.good(f"Wrote {path} and {path.with_suffix('.md')}")


def read_plan(workspace: Workspace, path: Path) -> Plan:
    """Read a file of trials. Raises StepError where it is none."""
    try:
        found = srsly.read_yaml(path)
    except (OSError, ValueError) as error:
        raise StepError(f"{path}: cannot be read ({error}); name a file of trials with --vars.trials") from error
    if not isinstance(found, dict) or set(found) != set(KEYS):
        raise StepError(f"{path}: must have the keys {', '.join(KEYS)}, and no others")
    for key, kind in KEYS.items():
        if not isinstance(found[key], kind):
            raise StepError(f"{path}: {key} = {found[key]!r:.60}: must be of another type; trials.yml is an example")
    for name, changes in found["trials"].items():
        if not isinstance(name, str) or not isinstance(changes, dict):
            raise StepError(f"{path}: trials: {name!r:.60}: must be a name, with settings by their places, or {{}}")
    if not found["trials"] or found["seconds"] <= 0:
        raise StepError(f"{path}: must have a trial at least, and seconds above 0")
    return Plan(**{**found, "model": model_folder(workspace, Path(found["model"]))})


def read_rows(path: Path) -> list[Row]:
    """Read the trials that are done, none where there is no file. Raises StepError for a line that is no trial."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf8").splitlines() if path.is_file() else [], start=1):
        try:
            row = json.loads(line)
            _overview([row]), _by_source([row])
        except (ValueError, TypeError, KeyError, AttributeError, ZeroDivisionError) as error:
            remedy = "remove this line; its trial is repeated"
            raise StepError(f"{path}:{number}: not the result of a trial ({error}); {remedy}") from error
        rows.append(row)
    return rows


def _run(workspace: Workspace, plan: Plan, settings: Settings, folder: Path, corpus: Path) -> int:
    """Train, and return the number of steps. Ends the process where training does not come to its end."""
    settings = {"training.max_epochs": None, "training.max_words": None, "paths.corpus": str(corpus)} | settings
    settings["paths.train"] = str(workspace.root / plan.text)
    noted = folder / "steps.json"
    if not noted.is_file():
        seconds = plan.seconds / PILOT
        pilot = {"training.max_seconds": seconds, "training.max_steps": None, "training.eval_frequency": 10**9}
        _train(plan, settings | pilot | {"training.optimizer.learn_rate.total": 10**6}, folder / "pilot")
        meta = read_json(folder / "pilot" / "model-last" / "meta.json")
        left = plan.seconds - EVALUATIONS * max(0.0, meta["seconds"] - seconds)  # its last evaluation came after them
        steps = max(EVALUATIONS, int(meta["steps"] * left / seconds))
        with staged(folder, [noted.name]) as stage:
            srsly.write_json(stage / noted.name, steps)
    steps = int(srsly.read_json(noted))
    ends = {"training.max_seconds": None, "training.max_steps": steps, "training.optimizer.learn_rate.total": steps}
    _train(plan, settings | ends | {"training.eval_frequency": math.ceil(steps / EVALUATIONS)}, folder / "run")
    return steps


def _train(plan: Plan, settings: Settings, output: Path) -> None:
    options = [part for key, value in settings.items() for part in (f"--{key}", json.dumps(value))]
    if status := run_command(["elmo", "pretrain", plan.model / "config.cfg", "--output", output, "--resume", *options]):
        sys.exit(status)


def measure(model: Path, heldout: Path, vocab: Path) -> Row:
    """Return what a row says of a model: its text, its speed and its perplexities."""
    meta = read_json(model / "meta.json")
    msg.info(f"Measuring the perplexity of {heldout}")
    rows = measure_files(str(model), [heldout], vocab=vocab, lang=meta["lang"])
    by_source = {Path(row["text"]).stem: describe(row) for row in rows}
    return {
        "tokens": meta["words"],
        "run_seconds": meta["seconds"],
        "perplexity": overall(by_source, "mean"),
        "by_source": {name: facts["mean"] for name, facts in by_source.items()},
        "heldout_words": sum(facts["words"] for facts in by_source.values()),
        "vocabulary": hashlib.md5(vocab.read_bytes()).hexdigest(),
    }


def _of_the_text(plan: Plan, settings: Settings) -> Settings:
    return {"text": plan.text} | {key: value for key, value in settings.items() if key.startswith(OF_THE_TEXT)}


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.md5(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]


def _overview(rows: Sequence[Row]) -> tuple[list[list[str]], list[str]]:
    first = rows[0]["perplexity"]
    cells = [
        [
            row["trial"],
            f"{row['tokens'] / row['run_seconds']:,.0f}",
            f"{row['tokens']:,}",
            f"{row['run_seconds']:.0f}",
            f"{row['perplexity']:.1f}",
            f"{row['perplexity'] / first - 1:+.1%}",
        ]
        for row in rows
    ]
    return cells, ["trial", "tokens a second", "tokens", "seconds", "perplexity", "to the first"]


def _by_source(rows: Sequence[Row]) -> tuple[list[list[str]], list[str]]:
    sources = list(rows[0]["by_source"])
    return [[row["trial"], *(f"{row['by_source'][name]:.1f}" for name in sources)] for row in rows], ["trial", *sources]


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
