"""A treebank, text and facts, and the step that checks them."""

import pytest

from project.language.scripts import check
from project.language.scripts.settings import SPLITS
from tests.project.language.conftest import SENTENCES

FACTS = """
author: A. Name
email: a@example.org
url: https://example.org
version: "0.1.0"
license: MIT
description: French
sources:
  - {name: News, author: B. Name, license: CC0, url: https://example.org/news}
"""


def conllu(sentences, **columns):
    """Return sentences of words with spaces between them, each the root or below it."""
    lines = []
    for sentence in sentences:
        for i, word in enumerate(sentence.split(), start=1):
            row = {
                "lemma": word,
                "upos": "NOUN",
                "xpos": "N",
                "feats": "Number=Sing",
                "head": str(int(i > 1)),
            } | columns
            deprel = "root" if i == 1 else "dep"
            values = [str(i), word, row["lemma"], row["upos"], row["xpos"], row["feats"], row["head"], deprel, "_", "_"]
            lines.append("\t".join(values))
        lines.append("")
    return "\n".join(lines) + "\n"


@pytest.fixture
def files(workspace):
    """Text, a treebank and facts in the project's folder, all right."""
    treebank = workspace.root / "treebank"
    treebank.mkdir()
    for split in SPLITS:
        (treebank / f"fr-ud-{split}.conllu").write_text(conllu(SENTENCES), encoding="utf8")
    (workspace.root / "text").mkdir()
    (workspace.root / "text" / "a.txt").write_text("\n".join(SENTENCES), encoding="utf8")
    (workspace.root / "facts.yml").write_text(FACTS, encoding="utf8")
    return workspace.root


@pytest.fixture
def run(call, files):
    """Check with these arguments and the others as they should be."""

    def run(**changes):
        given = {"lang": "fr", "text": "text", "treebank": "treebank", "facts": "facts.yml", **changes}
        return call(check, *(part for key, value in given.items() for part in (f"--{key}", value)))

    return run
