"""What the files of models and pipelines say of their author, license and sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .settings import Settings

UNKNOWN = "not stated"
KEYS = ("author", "email", "url", "license")  # as spaCy's meta.json has them


def model_facts(settings: Settings) -> dict[str, Any]:
    """Return what meta.json of the model directory says beside what its run knows."""
    facts = settings.facts
    found = {"name": settings.name, "lang": settings.lang, "version": facts.get("version", "0.1.0")}
    found["description"] = facts.get("description") or f"ELMo of the language {settings.lang}, trained from raw text"
    found |= {key: facts[key] for key in KEYS if facts.get(key)}
    if sources := sources_of(facts, "text"):
        found["training_data"] = sources
    return found


def sources_of(facts: dict[str, Any], kind: str) -> list[dict[str, str]]:
    """Return the sources of a kind, those that do not say their kind among them: "text", "treebank" or "ner"."""
    chosen = (source for source in facts.get("sources", []) if source.get("of", kind) == kind)
    return [{key: value for key, value in source.items() if key != "of"} for source in chosen]


def license_text(what: str, facts: dict[str, Any], sources: Iterable[dict[str, str]]) -> str:
    """Return the text of a LICENSE: the license by its name, and all sources with theirs.

    Args:
        what: What is licensed, as "weights of a language model".
        facts: Author and license.
        sources: Name, author, license and url of each text that it was made from.
    """
    lines = [f"{what}", f"Author: {facts.get('author', UNKNOWN)}", f"License: {facts.get('license', UNKNOWN)}", ""]
    lines += ["It was made from:", ""]
    for source in sources:
        name, *others = (source.get(key, UNKNOWN) for key in ("name", "author", "license"))
        lines += [f"- {name}, by {others[0]}", f"  {others[1]}", *([f"  {source['url']}"] if source.get("url") else [])]
    return "\n".join(lines) + "\n"


def list_sources(value: Any) -> list[dict[str, str]]:
    """Return the sources that a model names, which may be names alone, or one name."""
    values = value if isinstance(value, list) else [value]
    named = ({"name": source} if isinstance(source, str) else source for source in values)
    return [source for source in named if isinstance(source, dict)]
