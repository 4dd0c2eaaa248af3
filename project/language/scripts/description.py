"""What a packaged pipeline says of itself, to people, hubs and spaCy's commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from spacy.about import __version__
from spacy.cli.package import generate_readme
from spacy.language import Language
from spacy.util import get_minor_version_range

from spacy_elmo.models.card import front_matter
from spacy_elmo.util.files import WeightsError, read_text

from .facts import UNKNOWN
from .figures import Runs
from .pages.facts import find_license, find_sources
from .results import ELMO
from .runs import COMPONENTS
from .settings import Job, Settings

# What tokenizers of spaCy need that spaCy leaves to its users
TOKENIZERS = {
    "spacy.ja.JapaneseTokenizer": "spacy[ja]",
    "spacy.ko.KoreanTokenizer": "spacy[ko]",
    "spacy.th.ThaiTokenizer": "spacy[th]",
    "spacy.vi.VietnameseTokenizer": "pyvi",
}
SEGMENTERS = {"jieba": "jieba", "pkuseg": "spacy-pkuseg"}  # of Chinese


def describe(nlp: Language, job: Job, settings: Settings, runs: Runs) -> None:
    """Fill in the meta of a pipeline.

    Args:
        nlp: The pipeline.
        job: Its files.
        settings: What was asked for.
        runs: Whose scores are shown.
    """
    facts, sources = settings.facts, find_sources(job, settings)
    split, scores = find_scores(runs)
    treebank = ", ".join(source["name"] for source in sources[:2])
    about = f"{', '.join(nlp.pipe_names)} with an ELMo trained from raw text; {treebank}"
    nlp.meta.update(
        {
            "name": make_name(nlp, settings),
            "version": facts.get("version") or "0.0.0",
            "description": facts.get("description") or about,
            **{key: facts.get(key, "") for key in ("author", "email", "url")},
            "license": find_license(job, settings),
            "sources": sources,
            "performance": scores or nlp.meta.get("performance", {}),
            "requirements": find_requirements(nlp),
            "notes": f"Scores are those of {split}, from raw text through the tokenizer." if scores else "",
        }
    )


def make_name(nlp: Language, settings: Settings) -> str:
    """Return the name without the language, by spaCy's convention: fr_elmo_sm gives dep_elmo_sm, core_… with NER too.

    A pipeline of NER alone is ner_elmo_sm.
    """
    has_more = not COMPONENTS.keys().isdisjoint(nlp.pipe_names)
    kind = "dep" if "ner" not in nlp.pipe_names else "core" if has_more else "ner"
    rest = re.sub(r"\W+", "_", settings.name, flags=re.ASCII).strip("_").removeprefix(f"{settings.lang}_")
    return f"{kind}_{rest}"


def find_scores(runs: Runs) -> tuple[str, dict[str, Any]]:
    """Return on which part the best runs with ELMo were scored last, and their scores from raw text."""
    best = [run for kind in ("treebank", "ner") if (run := runs.best(kind, ELMO))]
    split = "test" if any("test" in run["scores"] for run in best) else "dev"
    scores: dict[str, Any] = {}
    for run in best:
        scores |= run["scores"].get(split, {}).get("raw", {})
    if scores and best[0].get("speed"):
        scores["speed"] = best[0]["speed"]
    return split, scores


def find_requirements(nlp: Language) -> list[str]:
    """Return what the tokenizer needs; `spacy package` adds what the components need."""
    tokenizer = nlp.config["nlp"]["tokenizer"]
    needed = TOKENIZERS.get(tokenizer["@tokenizers"]) or SEGMENTERS.get(str(tokenizer.get("segmenter")))
    return [needed] if needed and tokenizer.get("use_pyvi") is not False else []


def write_documents(nlp: Language, folder: Path, job: Job) -> None:
    """Write README.md, LICENSE and LICENSES_SOURCES beside a saved pipeline, where `spacy package` looks for them."""
    meta = {**nlp.meta, "spacy_version": get_minor_version_range(__version__)}
    matter = front_matter(meta, tags=["spacy", "token-classification", "elmo"])
    licenses = [f"- {source['name']}: {source.get('license') or UNKNOWN}" for source in nlp.meta["sources"]]
    of_sources = "\n".join(["", "", "### Licenses of the sources", "", *licenses, ""])  # not in spaCy's table
    (folder / "README.md").write_text(matter + generate_readme(meta) + of_sources, encoding="utf8")
    (folder / "LICENSE").write_text(_license(nlp.meta, job), encoding="utf8")
    sources = [_source(source) for source in nlp.meta["sources"]]
    (folder / "LICENSES_SOURCES").write_text("\n".join(sources), encoding="utf8")


def _license(meta: dict[str, Any], job: Job) -> str:
    """Return the text of the license where the model has one, else its name."""
    name = meta["license"] or "not stated: ask the author"
    try:
        text = read_text(job.model / "LICENSE")
    except WeightsError:
        text = ""
    by = f", by {meta['author']}" if meta["author"] else ""
    return f"{meta['lang']}_{meta['name']} {meta['version']}{by}\nLicense: {name}\n\n{text}".rstrip() + "\n"


def _source(source: dict[str, str]) -> str:
    lines = [source["name"], *(f"{key}: {source[key]}" for key in ("author", "license", "url") if source.get(key))]
    return "\n".join([*lines, ""])
