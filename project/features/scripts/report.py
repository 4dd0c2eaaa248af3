"""Write the tables and plots of the runs of a task.

python -m scripts.report TASK [--name NAME] [--page FILE]

A page that has the lines `<!-- tables: TASK NAME -->` and `<!-- end of tables -->` gets the tables between them.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, stdev

from wasabi import MarkdownRenderer, msg, table

from project.shared.arguments import StepError, clear_errors, given_path
from project.shared.pages.markers import insert
from project.shared.workspace import Workspace

from .results import Result, read_results
from .runs import BASELINE, DEFAULT
from .tasks import SPLITS, TASKS, TaskFiles, after_step, task_parser

Runs = dict[str, list[Result]]  # those of each row of a table, one a seed


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = task_parser("Write the tables and plots of the runs of a task")
    parser.add_argument("--page", type=given_path, help="a page to write the tables into")
    args = parser.parse_args(arguments)
    path = TaskFiles(workspace, args.task, args.name).results
    lines = find_results(path, args.task)
    page: list[str] = []
    for split in SPLITS:
        if runs := newest_runs(lines, split):
            header, rows = make_table(args.task, runs)
            print(f"\n{path.stem}, {split}")
            print(table(rows, header=header, divider=True, aligns=["l", *"r" * (len(header) - 1)]))
            page += [f"On {split}:", "", MarkdownRenderer().table(rows, header), "", describe(runs), ""]
            print(f"\n{describe(runs)}")
            plot(args.task, runs, path.with_name(f"{path.stem}-{split}.png"))
    path.with_suffix(".md").write_text("\n".join([f"# {args.task}: {path.stem}", "", *page]), encoding="utf8")
    msg.good(f"Wrote {path.with_suffix('.md')}")
    if args.page:
        insert(args.page, f"tables: {args.task} {path.stem}", page)
        msg.good(f"Wrote {args.page}")


def find_results(path: Path, task: str) -> list[Result]:
    """Return the results of a task. Raises StepError where there are none."""
    if lines := read_results(path, task):
        return lines
    raise StepError(f"{path}: no results yet; {after_step('runs', task)}")


def newest_runs(lines: list[Result], split: str) -> Runs:
    """Choose the runs that a table shows.

    Args:
        lines: All results of a task on a corpus, the oldest first.
        split: The data that they were scored on.

    Returns:
        The runs of each system or, if it has been tried with several models, of each of these, in the order of a table.
        They have the settings and weights of the last such run, and all are on the corpus of the last run of all. Each
        seed is there once.
    """
    chosen = [line for line in lines if line["split"] == split]
    chosen = [line for line in chosen if line["corpus"]["md5"] == chosen[-1]["corpus"]["md5"]]
    newest = {_system_and_model(line): _settings(line) for line in chosen}
    n_models = Counter(system for system, _ in newest)
    runs: dict[str, dict[int, Result]] = {}
    for line in sorted(chosen, key=_place):
        system, model = _system_and_model(line)
        if _settings(line) == newest[system, model]:
            runs.setdefault(f"{system}, {model}" if n_models[system] > 1 else system, {})[line["seed"]] = line
    return {name: list(results.values()) for name, results in runs.items()}


def _system_and_model(line: Result) -> tuple[str, str]:
    return line["system"], line.get("pretrained", "")


def _settings(line: Result) -> tuple[str, str]:
    return line["config"], line["weights_md5"]


def _place(line: Result) -> tuple[bool, str, bool]:
    """The default, then each recipe after its baseline."""
    return line["system"] != DEFAULT, _recipe(line["system"]), not line["system"].endswith(BASELINE)


def _recipe(system: str) -> str:
    return system.removesuffix(BASELINE)


def shown_scores(task: str, runs: Runs) -> dict[str, str]:
    """Return the scores of a task and their names; UPOS once where the corpus has no XPOS."""
    scores = TASKS[task].scores
    once = "pos_acc" in scores and all(run.get("tags_are_upos") for results in runs.values() for run in results)
    return {key: name for key, name in scores.items() if not (once and key == "tag_acc")}


def make_table(task: str, runs: Runs) -> tuple[list[str], list[list[str]]]:
    """Return a header, and a row for each system and model.

    They have scores in percent, as mean and standard deviation over seeds; the share of the baseline's errors that ELMo
    removes; scores of words never seen in training, and from raw text; time, speed and memory.
    """
    scores = shown_scores(task, runs)
    first = next(iter(scores))
    unseen = [key for key in scores if all(key in run["unseen"] for results in runs.values() for run in results)]
    header = ["", "seeds", *scores.values(), "fewer errors", *(f"{scores[key]}, unseen" for key in unseen)]
    names = {"token_f": "token F", **scores, "sents_f": "sentence F"}
    raw = [key for key in names if all(key in run.get("raw", {}) for results in runs.values() for run in results)]
    header += [f"{names[key]}, raw text" for key in raw]
    header += ["train s", "words/s", "peak MB"]
    rows = []
    for name, results in runs.items():
        row = [name, str(len(results))]
        row += [_spread(results, "scores", key) for key in scores]
        row.append(_error_reduction(runs, results, first))
        row += [_spread(results, "unseen", key) for key in unseen]
        row += [_spread(results, "raw", key) for key in raw]
        row.append(_average(results, lambda line: line.get("train_seconds")))
        row.append(_average(results, lambda line: line["scores"]["speed"]))
        row.append(_average(results, lambda line: line.get("train_peak_mb")))
        rows.append(row)
    filled = [i for i in range(len(header)) if any(row[i] for row in rows)]
    return [header[i] for i in filled], [[row[i] for i in filled] for row in rows]


def _spread(results: list[Result], part: str, key: str) -> str:
    values = [100 * line[part][key] for line in results]
    return f"{mean(values):.2f}" + (f" ±{stdev(values):.2f}" if len(values) > 1 else "")


def _average(results: list[Result], value: Callable[[Result], float | None]) -> str:
    values = [number for line in results if (number := value(line)) is not None]
    return f"{mean(values):,.0f}" if values else ""


def _error_reduction(runs: Runs, results: list[Result], key: str) -> str:
    system = results[0]["system"]
    baseline = runs.get(_recipe(system) + BASELINE)
    if baseline is None or system.endswith(BASELINE) or system == DEFAULT:
        return ""
    errors = [1 - mean(line["scores"][key] for line in compared) for compared in (baseline, results)]
    return f"{100 * (errors[0] - errors[1]) / errors[0]:.1f}%" if errors[0] else ""


def describe(runs: Runs) -> str:
    """Return what the figures were measured on."""
    line = next(iter(runs.values()))[0]
    words = f"{line['unseen']['words']:,} words never seen in training"
    versions = ", ".join(f"{name} {version}" for name, version in line["versions"].items())
    return f"{words}; {versions}; {line['machine']}, {line['runs_at_a_time']} runs at a time."


def plot(task: str, runs: Runs, path: Path) -> None:
    """Draw the first score of each system, a dot a seed, where matplotlib is installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        msg.info("No plot: matplotlib is not installed")
        return
    key, name = next(iter(shown_scores(task, runs).items()))
    figure = Figure(figsize=(7, 1.2 + 0.4 * len(runs)), layout="constrained")
    axes = figure.subplots()
    for i, results in enumerate(runs.values()):
        values = [100 * line["scores"][key] for line in results]
        axes.plot(values, [i] * len(values), "o", color="tab:blue", alpha=0.6)
        axes.plot([mean(values)] * 2, [i - 0.25, i + 0.25], color="black")
    axes.set_yticks(range(len(runs)), list(runs))
    axes.invert_yaxis()
    axes.set_xlabel(f"{name}, %")
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
