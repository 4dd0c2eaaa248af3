"""The command `python -m spacy elmo info`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from typer import Argument, Option
from wasabi import msg

from ..util.files import printable
from .common import clear_errors, format_size


def info(
    model: Annotated[str, Argument(help="Model name, model directory (as in a pipeline) or published weights")],
    as_json: Annotated[bool, Option("--json", help="Print JSON")] = False,
    check: Annotated[bool, Option("--check", help="Read all files, and compare them with their digests")] = False,
) -> None:
    """Describe weights: dimensions, parameters, size, licence, training data."""
    with clear_errors():
        from ..models.describe import check_files, describe_model

        facts = describe_model(model)
        if check:
            check_files(model)
    if as_json:
        print(printable(json.dumps(facts, indent=2, ensure_ascii=False)))
        return
    rows = [(title, printable(text)) for title, text in _rows(facts)]
    msg.table(rows, title=printable(f"ELMo weights {facts.get('name', model)}"))
    if check:
        msg.good("All files are as they were written")


def _rows(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    config = facts["config"]
    for key, title in (("version", "Version"), ("lang", "Language"), ("description", "Description")):
        if facts.get(key):
            yield title, str(facts[key])
    yield "Path", facts["path"]
    yield "Vectors", f"{config['n_layers'] + 1} layers of {facts['width']}"
    cells = f"{config['hidden_size']} cells projected to {config['projection_size']}"
    yield "LSTMs", f"{config['n_layers']} in each direction, {cells}"
    yield "Input", _describe_input(config["input"])
    yield "Parameters", f"{facts['parameters']:,}"
    yield "Size", f"{format_size(facts['bytes'])}, {facts['dtype']}"
    yield "Head", f"{facts['vocabulary']:,} words" if facts["vocabulary"] else "none"
    yield from _origin(facts)


def _describe_input(given: dict[str, Any]) -> str:
    if given["kind"] == "words":
        return f"a table of {given['n_words']:,} words; others: {given['unknown']}"
    filters = sum(n for _, n in given["filters"])
    return f"characters: {filters:,} filters, {given['n_highway']} highway, {given['activation']}"


def _origin(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Licence", str(facts.get("license") or "not stated")
    if "perplexity" in facts:
        yield "Perplexity", _describe_perplexity(facts["perplexity"])
    sources = facts.get("training_data") or "not stated"
    for source in sources if isinstance(sources, list) else [sources]:
        yield "Training data", _describe_source(source)


def _describe_perplexity(perplexity: Any) -> str:
    if isinstance(perplexity, dict):
        return ", ".join(f"{value} {name}" for name, value in perplexity.items())
    return str(perplexity)


def _describe_source(source: Any) -> str:
    if isinstance(source, dict):
        return ", ".join(str(value) for key, value in source.items() if key != "url")
    return str(source)
