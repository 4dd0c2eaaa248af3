"""Measure what the layers of ELMo know: neighbors, senses and parts of speech of words, and words in more context.

python -m scripts.analyze [--pretrained MODEL] [--sample SHARE]

A line of JSON in results/analyses.jsonl for each figure. What is there is not measured again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from wasabi import msg

from project.paper.analyses.context import measure_context
from project.paper.analyses.neighbors import find_neighbors
from project.paper.analyses.parts_of_speech import probe_tags
from project.paper.analyses.rows import Row, Rows, describe_inputs, describe_model
from project.paper.analyses.word_senses import tag_senses
from project.paper.readers.wordnet import FILES
from project.shared.arguments import Parser, clear_errors
from project.shared.assets import CorpusError
from project.shared.workspace import Workspace

from .sources.datasets import bring_folder, find_files
from .tasks import share

ROWS = "analyses.jsonl"
PROBED = 4000  # sentences
LEARNED = 16342  # sentences of MASC: those of its training data
FEWEST = 40  # sentences of a sample

Analysis = Callable[[Workspace, str, float, Rows], list[Row]]


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = Parser("Measure what the layers of ELMo know")
    parser.add_argument("--pretrained", default="en_elmo_sm")
    parser.add_argument("--sample", type=share, default=1.0, help="the share of the texts that is taken")
    args = parser.parse_args(arguments)
    rows = Rows(workspace.results / ROWS)
    for name, analyze in ANALYSES.items():
        before = len(rows.all)
        try:
            found = analyze(workspace, args.pretrained, args.sample, rows)
        except CorpusError as error:
            msg.warn(f"{name}: left out. {error}")
        else:
            msg.good(f"{name}: {len(found)} rows, {len(rows.all) - before} of them new")


def _find_neighbors(workspace: Workspace, model: str, sample: float, rows: Rows) -> list[Row]:
    folder = bring_folder(workspace, "lm-en", [workspace.assets / "lm-en" / "heldout"]) / "heldout"
    texts = take_files(sorted(folder.glob("*.txt")), sample)
    identity = json.dumps([describe_model(model), describe_inputs(*texts)])
    index = workspace.training / "neighbors" / hashlib.md5(identity.encode("utf8")).hexdigest()[:8]
    return find_neighbors(model, texts, index, rows=rows)


def take_files(files: Sequence[Path], sample: float) -> list[Path]:
    """Return a share of files by their sizes, the smallest first, and at least one of them."""
    if sample == 1:
        return list(files)
    sizes = {path: path.stat().st_size for path in files}
    left = sample * sum(sizes.values())
    chosen: list[Path] = []
    for path in sorted(files, key=lambda path: (sizes[path], path.name)):
        if chosen and sizes[path] > left:
            break
        chosen.append(path)
        left -= sizes[path]
    return sorted(chosen)


def _tag_senses(workspace: Workspace, model: str, sample: float, rows: Rows) -> list[Row]:
    folder = workspace.assets / "wsd" / "masc_noad"
    train, test = (folder / f"{split}.jsonl" for split in ("train", "test"))
    bring_folder(workspace, "wsd/masc_noad", [train, test])
    database = workspace.assets / "wsd" / "wordnet30"
    needed = [database / f"{kind}.{name}" for kind in ("index", "data") for name in FILES.values()]
    wordnet = bring_folder(workspace, "wsd/wordnet30", needed)
    limit = None if sample == 1 else _limit(LEARNED, sample)
    return tag_senses([model], train, test, wordnet, limit=limit, rows=rows)


def _probe_tags(workspace: Workspace, model: str, sample: float, rows: Rows) -> list[Row]:
    files = find_files(workspace, "ud_english_ewt", "")
    return probe_tags([model], files["train"][0], files["dev"][0], limit=_limit(PROBED, sample), rows=rows)


def _measure_context(workspace: Workspace, model: str, sample: float, rows: Rows) -> list[Row]:
    return measure_context(model, rows=rows)


def _limit(sentences: int, sample: float) -> int:
    return max(FEWEST, round(sample * sentences))


ANALYSES: dict[str, Analysis] = {
    "neighbors (table 4)": _find_neighbors,
    "word senses (table 5)": _tag_senses,
    "parts of speech (table 6)": _probe_tags,
    "context": _measure_context,
}

if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
