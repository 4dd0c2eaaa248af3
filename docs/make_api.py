"""Write docs/api.md from the docstrings of the public names: `python docs/make_api.py`."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from griffe import Class, DocstringSectionKind, Function, GriffeLoader, Parser

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "api.md"
ROOMS = (  # in the order of the page; a name that several rooms hand out is described in the first
    "spacy_elmo",
    "spacy_elmo.pipeline",
    "spacy_elmo.layers",
    "spacy_elmo.tokens",
    "spacy_elmo.text",
    "spacy_elmo.models",
    "spacy_elmo.bilm",
    "spacy_elmo.bilm.inference",
    "spacy_elmo.formats",
    "spacy_elmo.formats.model_directory",
    "spacy_elmo.formats.allennlp",
    "spacy_elmo.formats.elmoformanylangs",
    "spacy_elmo.pretraining",
    "spacy_elmo.senses",
    "spacy_elmo.search",
    "spacy_elmo.search.page",
    "spacy_elmo.embedding",
    "spacy_elmo.static",
    "spacy_elmo.probing",
    "spacy_elmo.prediction",
    "spacy_elmo.search.index",
)
HEAD = """# API

The functions and classes that a program can import, by the room to import them from. `python docs/make_api.py` makes
this page from the docstrings, and a test fails where it is not up to date. Settings of configs are described in
[vectors](vectors.md#settings), [training](training.md) and [pretraining](pretraining.md).
"""


def make_api() -> str:
    """Return the text of the page."""
    loader = GriffeLoader(search_paths=[ROOT], docstring_parser=Parser("google"), allow_inspection=False)
    modules = loader.load("spacy_elmo").modules_collection
    places: dict[str, str] = {}  # where each object is described, by its path
    contents, chapters = [], []
    for room in ROOMS:
        chapter, links = [f"## {room}", modules[room].docstring.value], []
        for name, path in public_names(room):
            if path not in places:
                places[path] = f"{room}.{name}".removeprefix("spacy_elmo.")
                chapter += describe(modules[path], f"### {places[path]}")
            links.append(f"[{name}](#{anchor(places[path])})")
        if links:
            contents.append(f"- [{room}](#{anchor(room)}): {', '.join(links)}")
            chapters += chapter
    return "\n\n".join([HEAD.rstrip(), "\n".join(contents), *chapters]) + "\n"


def public_names(room: str) -> Iterator[tuple[str, str]]:
    """Yield the functions and classes of `__all__`, each with the path of its definition."""
    module = importlib.import_module(room)
    for name in getattr(module, "__all__", ()):
        value = getattr(module, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            yield name, f"{value.__module__}.{value.__qualname__}"


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives to a heading."""
    return heading.lower().replace(".", "")


def describe(target: Any, heading: str) -> list[str]:
    """Return the paragraphs about a function, or about a class and its public members."""
    sections = target.docstring.parsed if target.docstring else []
    parts = [heading, f"```py\n{signature(target, sections)}\n```"]
    for section in sections:
        if section.kind is DocstringSectionKind.admonition:
            raise ValueError(f"{target.path}: '{section.title}' is no section of a Google docstring; reword it")
        parts.append(section.value if section.kind is DocstringSectionKind.text else items(section))
    if isinstance(target, Class):
        for name, member in target.members.items():
            if not name.startswith("_") and member.docstring:
                parts += describe(member, f"#### {target.name}.{name}")
    return parts


def signature(target: Any, sections: Iterable[Any]) -> str:
    """Return how an object is called, without the types that its sections give."""
    if not isinstance(target, Class | Function):
        return f"{target.name}: {target.annotation}"
    if not target.parameters and isinstance(target, Class):
        return f"class {target.name}({', '.join(map(str, target.bases))})"
    kinds = {section.kind for section in sections}
    if kinds & {DocstringSectionKind.parameters, DocstringSectionKind.attributes}:
        for parameter in target.parameters:
            parameter.annotation = None
    has_result = kinds & {DocstringSectionKind.returns, DocstringSectionKind.yields}
    return wrap(target.signature(return_type=isinstance(target, Function) and not has_result).replace("'", '"'))


def wrap(call: str) -> str:
    """Return a signature with each parameter on a line of its own, if it is too long for one line."""
    if len(call) <= 100:
        return call
    start, end = call.index("(") + 1, call.rindex(")")
    depth, inner = 0, ""
    for char in call[start:end]:
        depth += (char in "([{") - (char in ")]}")
        inner += ",\n   " if char == "," and not depth else char
    return f"{call[:start]}\n    {inner},\n{call[end:]}"


def items(section: Any) -> str:
    """Return a section such as "Args" as a list."""
    lines = [f"**{section.kind.value.capitalize()}**", ""]
    for item in section.value:
        name = f"`{item.name}`" if getattr(item, "name", "") else ""
        annotation = f"`{item.annotation}`" if item.annotation else ""
        label = f"{name} ({annotation})" if name and annotation else name or annotation
        lines.append(f"- {label}: {' '.join(item.description.split())}")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(make_api(), encoding="utf8")
