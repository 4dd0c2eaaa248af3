"""What is said of a language: notes of the steps, time and machine, license and sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from project.shared.pages.markup import Section, Table, cell, html_table, markdown_table, scroll_box, text
from project.shared.results import is_number
from project.shared.wheels.folder import WheelFolder
from spacy_elmo.util.files import WeightsError, read_json

from ..facts import list_sources
from ..figures import Runs
from ..settings import Job, Settings

NOTES = "notes.json"
READ = {"words": "words read in pretraining, repetitions included", "steps": "steps of pretraining"}
KEYS = ("name", "author", "license", "url")  # of a source


def read_facts(path: Path) -> dict[str, Any]:
    """Return a JSON object, an empty one where there is none."""
    try:
        return read_json(path)
    except WeightsError:
        return {}


def notes(job: Job) -> Section | None:
    """Return the notes of all steps, warnings first, and the figures of each."""
    folders = {"check": job.training, "treebank": job.treebank, "ner": job.ner, "text": job.text}
    folders |= {"plan": job.run, "pretrain": job.model, "train": job.pipelines, "package": job.packages}
    kept = {step: read_facts(folder / NOTES) for step, folder in folders.items()}
    here = f"{job.workspace.root}/"
    said = [(step, level, note.replace(here, "")) for step, facts in kept.items() for level, note in _notes(facts)]
    said.sort(key=lambda note: note[1] != "warning")
    figures = {step: list(_figures(facts.get("figures"))) for step, facts in kept.items()}
    tables = [
        Table(f"Figures of the step {step}", ["", ""], rows, kind="facts") for step, rows in figures.items() if rows
    ]
    if not said and not tables:
        return None
    markdown = [f"- {'**Warning**, ' if level == 'warning' else ''}{step}: {cell(note)}" for step, level, note in said]
    items = "".join(
        f'<li class="{"warning" if level == "warning" else "info"}"><b>{"Warning, " * (level == "warning")}{step}:</b> '
        f'<span dir="auto">{text(note)}</span></li>'
        for step, level, note in said
    )
    details = "".join(map(html_table, tables))
    html = f'<ul class="notes">{items}</ul>' * bool(said) + f'<div class="tallies">{details}</div>' * bool(tables)
    return Section("Notes", "\n".join([*markdown, "", *map(markdown_table, tables)]), html)


def circumstances(job: Job, settings: Settings, runs: Runs) -> Section:
    """Return the hours and the machine."""
    model, newest = read_facts(job.model / "meta.json"), runs.all[0]
    rows = [["pretraining asked for", f"{settings.hours:g} h"]]
    if is_number(model.get("seconds")):
        rows.append(["pretraining took", f"{model['seconds'] / 3600:.2f} h"])
    rows += [[name, f"{model[key]:,.0f}"] for key, name in READ.items() if is_number(model.get(key))]
    if settings.init:
        rows.append(["went on from", settings.init])
    rows.append(["recipe and epochs", f"{settings.recipe}, {settings.epochs}"])
    seconds = sum(run.get("train_seconds") or 0 for run in runs.all)
    if seconds:
        rows.append(["trainings of pipelines", f"{len(runs.all)} runs, {seconds / 3600:.2f} h of computing"])
    rows.append(["machine", newest["machine"]])
    versions = newest.get("versions")
    named = [f"{name} {version}" for name, version in versions.items()] if isinstance(versions, dict) else []
    rows.append(["software", ", ".join([f"Python {newest['python']}"] * ("python" in newest) + named)])
    table = Table("Pretraining and trainings", ["", ""], [row for row in rows if row[1]], kind="facts")
    return Section("Time and machine", markdown_table(table), html_table(table))


def package(job: Job, settings: Settings) -> Section | None:
    """Return how the wheels are installed, None where the pipeline has none yet."""
    folder = WheelFolder(job.packages)
    paths = [job.packages / name for name in folder.digests if (job.packages / name).is_file()]
    names = [path.name.partition("-")[0] for path in paths]
    own = [name for name in names if name.startswith(f"{settings.lang}_") and name != settings.name]
    if not own:
        return None
    size = sum(path.stat().st_size for path in paths) / 1e6
    tried = "installed and tried in a new environment" if folder.tried == folder.digests else "not tried yet"
    about = f"{len(paths)} wheel{'s' * (len(paths) > 1)} of {size:,.1f} MB, {tried}. In their folder:"
    command = f"pip install --find-links . {own[0]}"
    html = f"<p>{text(about)}</p>{scroll_box('Command', f'<pre>{text(command)}</pre>')}"
    return Section("Package", f"{about}\n\n```\n{command}\n```", html)


def licenses(job: Job, settings: Settings) -> Section:
    """Return license and sources of the model and of what is made with it."""
    sources = find_sources(job, settings)
    rows = [[source.get(key, "") for key in KEYS] for source in sources]
    name = find_license(job, settings) or "not stated; name one before you give it away"
    table = Table("Sources", list(KEYS), rows, kind="facts named")
    head = f"License of the model: {name}"
    markdown = f"{cell(head)}\n\n{markdown_table(table) if rows else ''}"
    return Section("License and sources", markdown, f"<p>{text(head)}</p>{html_table(table) if rows else ''}")


def find_license(job: Job, settings: Settings) -> str:
    """Return the license that was given, or that of the model; "" for none."""
    return _text(settings.facts, "license") or _text(read_facts(job.model / "meta.json"), "license")


def find_sources(job: Job, settings: Settings) -> list[dict[str, str]]:
    """Return what a language was made of, each source once: those that were named, the weights and their text; the
    treebank by its files, where nobody named it."""
    model, given = read_facts(job.model / "meta.json"), settings.facts.get("sources")
    weights = {**model, "name": f"{_text(model, 'name')} {_text(model, 'version')}".strip()}
    files = [{"name": Path(path).name} for path in (*settings.treebank, *settings.ner)]
    found: dict[str, dict[str, str]] = {}
    for source in list_sources([*_list(given), *([] if given else files), weights, *_list(model.get("training_data"))]):
        known = {key: _text(source, key) for key in KEYS if _text(source, key)}
        if known.get("name"):
            found.setdefault(known["name"], known)
    return list(found.values())


def _notes(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for note in _list(facts.get("notes")):
        if isinstance(note, dict) and _text(note, "text"):
            yield _text(note, "level"), _text(note, "text")


def _figures(figures: Any, names: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """Yield name and value of each figure; those within others have both names."""
    for name, value in figures.items() if isinstance(figures, dict) else ():
        path = (*names, str(name).replace("_", " "))
        if isinstance(value, dict):
            yield from _figures(value, path)
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            yield [", ".join(path), f"{shown:,}" if is_number(shown) else str(shown)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(facts: Mapping[str, Any], key: str) -> str:
    value = facts.get(key)
    return value if isinstance(value, str) else ""
