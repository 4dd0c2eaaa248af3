"""What people read of a model: a table, and a model card as hubs show it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SOFTWARE = "apache-2.0 mit bsd-2-clause bsd-3-clause gpl-2.0 gpl-3.0 agpl-3.0 lgpl-3.0 mpl-2.0 unlicense".split()
CONTENT = "cc0-1.0 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-4.0 cc-by-nc-sa-4.0 cc-by-nd-4.0".split()
NAMELESS = "ELMo"
LICENSES = (*SOFTWARE, *CONTENT)  # as the hub writes them; what is none of these is "other"


UNTOLD = ("url", "bytes", "digest")  # of a source of training data
TITLES = {"version": "Version", "lang": "Language", "description": "Description", "author": "Author"}
THIS_FOLDER = "./PATH_OF_THIS_FOLDER"  # as which a card names the model that it lies with


def make_card(facts: Mapping[str, Any], *, pretrained: str = THIS_FOLDER, wheel: str = "") -> str:
    """Return a README in Markdown with the front matter of the hub.

    Args:
        facts: What `describe_model` returned.
        pretrained: What a pipeline names the model.
        wheel: Name of a file to install first. "" for none.
    """
    return front_matter(facts, tags=("spacy", "elmo", "token-embeddings")) + make_text(
        facts, pretrained=pretrained, wheel=wheel
    )


def make_text(facts: Mapping[str, Any], *, pretrained: str, wheel: str = "") -> str:
    """Return what people read of a card; arguments as of `make_card`."""
    lines = [f"# {one_line(facts.get('name') or NAMELESS)}", ""]
    if facts.get("description"):
        lines += [one_line(facts["description"]), ""]
    lines += ["| | |", "|---|---|"]
    rows = (row for row in table_rows(facts) if row[0] not in ("Path", "Description"))
    lines += [f"| {title} | {_cell(text)} |" for title, text in rows]
    if wheel:
        lines += ["", "```bash", f"pip install {wheel}", "```"]
    lines += ["", "```python", "import spacy", "", f'nlp = spacy.blank("{_code(facts)}")']
    lines += [f'nlp.add_pipe("elmo", config={{"pretrained": "{pretrained}"}})']
    lines += ['print(nlp("A sentence.")._.elmo_layers.shape)', "```", ""]
    return "\n".join(lines)


def front_matter(facts: Mapping[str, Any], *, tags: Sequence[str]) -> str:
    """Return what the hub reads at the beginning of a card.

    Args:
        facts: "lang" and "license", as far as they are known.
        tags: What the hub finds the card by.
    """
    license_name = str(facts.get("license") or "")
    license_id = license_name.lower().replace(" ", "-")
    matter = {
        **({"language": facts["lang"]} if facts.get("lang") else {}),
        **({"license": license_id if license_id in LICENSES else "other"} if license_name else {}),
        **({"license_name": license_name} if license_name and license_id not in LICENSES else {}),
        "library_name": "spacy",
        "tags": list(tags),
    }
    lines = ["---", *(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in matter.items()), "---", ""]
    return "\n".join(lines) + "\n"


def table_rows(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield titles and values.

    Args:
        facts: What `describe_model` returned.
    """
    config = facts["config"]
    for key, title in TITLES.items():
        if facts.get(key):
            yield title, str(facts[key])
    yield "Path", facts["path"]
    yield "Vectors", f"{config['n_layers'] + 1} layers of {facts['width']}"
    cells = f"{config['hidden_size']} cells projected to {config['projection_size']}"
    yield "LSTMs", f"{config['n_layers']} in each direction, {cells}"
    yield "Input", _describe_input(config["input"])
    yield "Parameters", f"{facts['parameters']:,}"
    yield "Size", f"{facts['bytes'] / 1e6:.1f} MB, {facts['dtype']}"
    yield "Head", f"{facts['vocabulary']:,} words" if facts["vocabulary"] else "none"
    yield from _origin(facts)


def _describe_input(given: Mapping[str, Any]) -> str:
    if given["kind"] == "words":
        return f"a table of {given['n_words']:,} words; others: {given['unknown']}"
    if given["kind"] == "lexicons":
        lexicons = f"lexicons of {given['n_words']:,} words and {given['n_characters']:,} characters"
        return f"{lexicons}: {sum(n for _, n in given['filters']):,} filters, {given['n_highway']} highway"
    filters = sum(n for _, n in given["filters"])
    return f"characters: {filters:,} filters, {given['n_highway']} highway, {given['activation']}"


def _origin(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
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
        return ", ".join(str(value) for key, value in source.items() if key not in UNTOLD)
    return str(source)


def _code(facts: Mapping[str, Any]) -> str:
    lang = facts.get("lang")
    return lang if isinstance(lang, str) and lang.isidentifier() else "xx"


def one_line(text: Any) -> str:
    """Return text with single spaces in place of all other whitespace."""
    return " ".join(str(text).split())


def _cell(text: str) -> str:
    return one_line(text).replace("|", "\\|").replace("<", "&lt;")
