"""Who made a model of what, for its wheel and its card."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import srsly

from .findings import Findings, name_some

TEXTS = ("author", "email", "url", "version", "license", "description")
OF_SOURCES = ("name", "author", "license", "url")
OF = "of"  # which may say what a source is of: "text", "treebank" or "ner"
VERSION = re.compile(r"\d+(\.\d+){0,3}((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?")


def read_facts(path: Path, findings: Findings) -> dict[str, Any]:
    """Return the facts of a YAML file; what is missing is a warning, what is of a wrong type an error."""
    if not path.is_file():
        findings.errors.append(f"{path}: no such file; correct --vars.facts")
        return {}
    try:
        facts = srsly.read_yaml(path)
    except Exception as error:  # of the parser, which has many
        reason = " ".join(str(error).split())[:200]
        findings.errors.append(f"{path}: not YAML ({reason})")
        return {}
    if not isinstance(facts, Mapping):
        findings.errors.append(f"{path}: holds no keys with values, as `author: A. Name`")
        return {}
    check_facts(facts, str(path), findings)
    sources = facts["sources"] if isinstance(facts.get("sources"), list) else []
    kept = {key: facts[key] for key in TEXTS if isinstance(facts.get(key), str)}
    return {**kept, "sources": [_strings(source) for source in sources if isinstance(source, Mapping)]}


def _strings(source: Mapping[str, Any]) -> dict[str, str]:
    return {key: source[key] for key in (*OF_SOURCES, OF) if isinstance(source.get(key), str)}


def check_facts(facts: Mapping[str, Any], place: str, findings: Findings) -> None:
    """Say what facts lack."""
    if unknown := [key for key in facts if key not in (*TEXTS, "sources")]:
        findings.warnings.append(f"{place}: keys that nothing reads: {name_some(unknown)}")
    _check_strings(facts, TEXTS, place, findings)
    version = facts.get("version")
    if isinstance(version, str) and not VERSION.fullmatch(version):
        findings.errors.append(f"{place}: version = {version!r}: must be as 0.1.0")
    sources = facts.get("sources")
    if sources is None:
        findings.warnings.append(f"{place}: sources is missing, so that nobody is named whose text and treebank it is")
    elif not isinstance(sources, list) or not all(isinstance(source, Mapping) for source in sources):
        findings.errors.append(f"{place}: sources must be a list, each with {', '.join(OF_SOURCES)}")
    else:
        for i, source in enumerate(sources, start=1):
            _check_strings(source, OF_SOURCES, f"{place}: source {i}", findings)


def _check_strings(values: Mapping[str, Any], keys: Iterable[str], place: str, findings: Findings) -> None:
    if missing := [key for key in keys if values.get(key) in (None, "")]:
        findings.warnings.append(f"{place}: missing, so that the wheel and its card lack it: {', '.join(missing)}")
    for key in keys:
        value = values.get(key)
        if value is not None and not isinstance(value, str):
            kind = type(value).__name__
            findings.errors.append(f"{place}: {key} = {value!r}: is {kind} where text is needed; put it into quotes")
