"""Check all that a language is made from, before anything waits for it, and write it down for the other steps.

python -m scripts.check --lang LANG --text TEXT --treebank TREEBANK [...]

    training/NAME/settings.json   what is asked for
    training/NAME/notes.json      what was found
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import tarfile
from collections.abc import Callable, Sequence
from glob import glob, has_magic
from pathlib import Path

import srsly
from wasabi import msg

from project.shared.arguments import Parser, StepError, clear_errors, folder_name, seed_list, whole_number
from project.shared.assets import CorpusError, bring
from project.shared.workspace import Workspace
from spacy_elmo.models.describe import read_facts as facts_of_model
from spacy_elmo.models.load import load_model, model_names
from spacy_elmo.util.files import printable

from .checking.facts import check_facts, read_facts
from .checking.findings import Findings
from .checking.machine import BYTES_A_WORD, check_machine, check_tools
from .checking.text import check_text
from .checking.treebank import check_entities, check_treebank
from .cleaning.alphabet import Alphabet
from .parts import Parts, files_in, find_parts
from .settings import FILE, Job, Settings
from .tokenizer import make_blank

OPTIONS = {
    "lang": "",
    "name": "",
    "text": "",
    "treebank": "",
    "ner": "",
    "init": "",
    "segmenter": "",
    "hours": "",
    "recipe": "listener",
    "seeds": "0",
    "epochs": "10",
    "jobs": "1",
    "threads": "0",
    "facts": "",
    "wheels": "own",
}
RECIPES, WHEELS = ("paper", "listener"), ("own", "all")
ASSETS = ("lm-fr", "tagging/ud_french_sequoia", "ner/bc5cdr")  # that are brought where they are missing
HOURS = (0.01, 1000)
SAMPLE = {"text": "text.txt", "treebank": "treebank.conllu", "facts": "facts.yml"}
DEFAULT_HOURS = {"sample": "0.02", "text": "2"}
GIVEN = ("text", "treebank", "ner", "facts")  # what a sample takes the place of, where nothing is given


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = Parser("Check what a language is made from")
    for name, value in OPTIONS.items():
        parser.add_argument(f"--{name}", default=value)
    values = {key: value.strip() for key, value in vars(parser.parse_args(arguments)).items()}
    findings = Findings()
    sample = {} if any(values[key] for key in GIVEN) else _sample(workspace, values["lang"], findings)
    values |= sample
    values["hours"] = values["hours"] or DEFAULT_HOURS["sample" if sample else "text"]
    settings = _read(workspace, values, findings)
    findings.show()
    if settings is None or findings.errors:
        n = len(findings.errors)
        raise StepError(f"{n} {'thing is' if n == 1 else 'things are'} to be corrected; nothing was begun")
    job = Job(workspace, settings.name)
    job.keep(settings)
    found = (("warning", findings.warnings), ("info", findings.infos))
    notes = [{"level": level, "text": printable(text)} for level, texts in found for text in texts]
    srsly.write_json(job.training / "notes.json", {"notes": notes, "figures": {}})
    msg.good(f"{settings.name}: all is there; warnings: {len(findings.warnings)}")


def _read(workspace: Workspace, values: dict[str, str], findings: Findings) -> Settings | None:
    """Return the settings, None where one of them is wrong."""
    lang = values["lang"]
    name = findings.convert("name", values["name"] or f"{lang}_elmo_sm", _model_name)
    hours = findings.convert("hours", values["hours"], _hours)
    findings.infos.append(f"hours: {values['hours']}, of training on the text")
    seeds = findings.convert("seeds", values["seeds"] or "0", seed_list)
    recipe = findings.convert("recipe", values["recipe"], _one_of(RECIPES))
    wheels = findings.convert("wheels", values["wheels"], _one_of(WHEELS))
    epochs, jobs = (findings.convert(key, values[key], whole_number(1)) for key in ("epochs", "jobs"))
    threads = findings.convert("threads", values["threads"], whole_number(0))
    if not lang:
        findings.errors.append("lang is missing: the code of a language, as fr, or xx for one that spaCy does not know")
    else:
        with findings.collecting():
            _check_code(lang, make_blank(lang, values["segmenter"]).lang)
    text = _places(workspace, "text", values["text"], findings)
    treebank, ner = (_parts(workspace, key, values[key], findings) for key in ("treebank", "ner"))
    if not values["text"]:
        findings.errors.append("text is missing: name its files with --vars.text")
    if not values["treebank"] and not values["ner"]:
        findings.errors.append("treebank is missing: name its files with --vars.treebank, or entities with --vars.ner")
    surveys = check_treebank(treebank, findings)
    of_entities = check_entities(ner, findings)
    texts = [line for survey in surveys for line in survey.texts]
    n_words = sum(survey.n_words for survey in surveys)
    named = files_in(ner)
    if not values["treebank"] and named:
        findings.infos.append("treebank: none, so a pipeline for entities alone is trained")
        texts, n_words = of_entities
    size = check_text(text, Alphabet(texts, n_words), findings) if texts else 0
    init = _init(workspace, values["init"])
    _check_init(init, lang, findings)
    if name:
        _check_name(workspace, name, init, findings)
    in_files = sum(path.stat().st_size for path in named if path.is_file()) // BYTES_A_WORD
    check_tools(findings)
    check_machine(workspace.root, size, max(n_words, in_files), jobs or 1, findings)
    facts = read_facts(_place(workspace, values["facts"]), findings) if values["facts"] else {}
    if not values["facts"]:
        check_facts({}, "facts", findings)
    if findings.errors or None in (name, hours, seeds, recipe, wheels, epochs, jobs, threads):
        return None
    return Settings(
        name=name or "",
        lang=lang,
        segmenter=values["segmenter"],
        text=text,
        treebank=list(map(str, files_in(treebank))),
        ner=list(map(str, named)),
        init=init,
        hours=hours or 0,
        recipe=recipe or "",
        seeds=seeds or [0],
        epochs=epochs or 1,
        jobs=jobs or 1,
        threads=threads or 0,
        facts=facts,
        wheels=wheels or "",
    )


def _sample(workspace: Workspace, lang: str, findings: Findings) -> dict[str, str]:
    """Return the files of the sample of a language, none where the project has none."""
    folder = workspace.assets / "samples" / lang
    if not lang or not folder.is_dir():
        return {}
    findings.infos.append(f"no text and no treebank are given: those of the sample {folder} are taken, for a rehearsal")
    return {name: str(folder / file) for name, file in SAMPLE.items()}


def _places(workspace: Workspace, key: str, value: str, findings: Findings) -> list[str]:
    """Return the absolute paths and patterns of a list."""
    places = [_place(workspace, part.strip()) for part in value.split(",") if part.strip()]
    for place in places:
        with findings.collecting():
            _bring(workspace, place)
            if not _is_there(place):
                raise StepError(f"{key} = {place}: no such file or folder; correct --vars.{key}")
    return [str(place) for place in places if _is_there(place)]


def _parts(workspace: Workspace, key: str, value: str, findings: Findings) -> Parts:
    """Return the files of annotated text by their parts; of folders those that can be read."""
    found: list[str] = []
    for place in _places(workspace, key, value, findings):
        found += [place] if Path(place).exists() else sorted(glob(place, recursive=True))
    parts: Parts = {}
    with findings.collecting():
        parts = find_parts(found, key) if found else {}
    return parts


def _place(workspace: Workspace, value: str) -> Path:
    """Return an absolute path or pattern, from the project's folder, or else from the repository."""
    path = Path(value).expanduser()
    here, outside = workspace.root / path, workspace.repository / path
    return outside if _is_there(outside) and not _is_there(here) else here


def _is_there(path: Path) -> bool:
    return path.exists() or (has_magic(str(path)) and bool(glob(str(path), recursive=True)))


def _bring(workspace: Workspace, place: Path) -> None:
    """Bring a folder below `assets/` that is missing, where it is one that is known."""
    for name in ASSETS:
        folder = workspace.assets / name
        if place.is_relative_to(folder) or (place == folder.parent and not folder.exists()):
            bring(workspace, folder, is_there=lambda: _is_there(place), make=_unpack)


def _unpack(folder: Path) -> None:
    """Unpack archives that were downloaded."""
    for path in sorted(folder.glob("*.tar.gz")):
        try:
            with tarfile.open(path) as archive:
                archive.extractall(folder / "train" / path.name.removesuffix(".tar.gz"), filter="data")
        except (tarfile.TarError, OSError, EOFError) as error:
            raise CorpusError(f"{path}: not a whole archive ({error}); remove it, and get it again") from error


def _check_init(init: str, lang: str, findings: Findings) -> None:
    if init:
        with findings.collecting():
            load_model(init)
            facts = facts_of_model(init)
            license = facts.get("license") or "which is not stated"
            findings.warnings.append(f"init = {init}: its license, {license}, binds the model that goes on from it")
            other = facts.get("lang") or facts.get("language")
            if lang and other and other != lang:
                findings.warnings.append(f"init = {init}: is a model of {other!r}, and lang is {lang!r}")


def _check_name(workspace: Workspace, name: str, init: str, findings: Findings) -> None:
    """Say that another model has the name. One that was begun here may be installed."""
    is_taken = name in model_names() and not (Job(workspace, name).training / FILE).is_file()
    if is_taken or name == facts_of_model(init).get("name", init):
        findings.errors.append(f"name = {name}: another model is called so; call yours otherwise with --vars.name")


def _check_code(lang: str, known: str | None) -> None:
    """Raise StepError for another code of a language than spaCy's, which all files have."""
    if known != lang:
        raise StepError(f"lang = {lang!r}: spaCy calls this language {known!r}; say --vars.lang {known}")


def _init(workspace: Workspace, init: str) -> str:
    """Return the name of a model, or the absolute path of its files."""
    path = _place(workspace, init) if init else Path()
    return str(path) if init and ("/" in init or "\\" in init) and path.exists() else init


def _model_name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", folder_name(value)):
        raise argparse.ArgumentTypeError(f"{value!r}: must be as fr_elmo_sm: wheels have this name")
    return value


def _hours(value: str) -> float:
    try:
        hours = float(value)
    except ValueError:
        hours = math.nan
    if not HOURS[0] <= hours <= HOURS[1]:
        raise argparse.ArgumentTypeError(f"{value!r}: must be a number of hours, from {HOURS[0]} to {HOURS[1]}")
    return hours


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def convert(value: str) -> str:
        if value not in choices:
            raise argparse.ArgumentTypeError(f"{value!r}: must be {' or '.join(choices)}")
        return value

    return convert


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
