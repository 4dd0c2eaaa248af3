"""Tiny files of every dataset of the paper's project, written for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

SPLITS = ("train", "dev", "test")
NAMES, VERBS, NOUNS = ("Anna", "Bob", "Paris", "Rome"), ("saw", "met", "liked"), ("dogs", "birds", "boats")
SENTENCES = [(name, verb, noun) for name in NAMES for verb in VERBS for noun in NOUNS]
TAGS = (("NNP", "2", "nsubj"), ("VBD", "0", "root"), ("NNS", "2", "obj"), (".", "2", "punct"))
TREE = "(3 (2 {}) (4 (2 {}) (2 {})))"


def write_datasets(assets: Path) -> None:
    """Write all files that tasks read below `assets/`."""
    for split in SPLITS:
        _write(assets / "tagging" / "ud_english_ewt" / f"en_ewt-ud-{split}.conllu", map(_conllu, SENTENCES))
        for name in ("wnut17", "bc5cdr"):
            _write(assets / "ner" / name / f"{split}.iob", map(_iob, SENTENCES))
        _write(assets / "sentiment" / "sentence_polarity" / f"{split}.tsv", map(_polarity, SENTENCES))
        _write(assets / "srl" / "propbank_ewt" / f"{split}.jsonl", map(_roles, SENTENCES))
        _write(assets / "coref" / "litbank" / f"{split}.conll", map(_document, SENTENCES[:4]))
        _write(assets / "qa" / "qamr" / f"{split}.jsonl", map(_question, SENTENCES))
        _write(assets / "nli" / "sick" / f"{split}.jsonl", map(_pair, SENTENCES))
        for name in ("megaveridicality", "verbnet"):
            _write(assets / "nli" / "dnc" / name / f"{split}.jsonl", map(_pair, SENTENCES))


def write_own(folder: Path) -> None:
    """Write the files of those datasets that users bring: SST, SQuAD and SNLI."""
    for split in SPLITS:
        _write(folder / f"{split}.txt", (TREE.format(*words) for words in SENTENCES))
        _write(folder / f"snli_1.0_{split}.jsonl", map(_pair, SENTENCES))
        _write(folder / f"{split}-v1.1.json", [_squad(SENTENCES)])


def _write(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf8")


def _conllu(words: tuple[str, ...]) -> str:
    rows = enumerate(zip((*words, "."), TAGS), start=1)
    lines = (f"{i}\t{word}\t_\t_\t{tag}\t_\t{head}\t{dep}\t_\t_" for i, (word, (tag, head, dep)) in rows)
    return "\n".join([*lines, ""])


def _iob(words: tuple[str, ...]) -> str:
    kind = "place" if words[0] in NAMES[2:] else "person"
    return "\n".join([f"{words[0]}\tB-{kind}", *(f"{word}\tO" for word in words[1:]), ""])


def _polarity(words: tuple[str, ...]) -> str:
    return f"{'pos' if words[1] == 'liked' else 'neg'}\t{' '.join(words)} ."


def _roles(words: tuple[str, ...]) -> str:
    roles = [("ARG0", 0), ("V", 1), ("ARG1", 2)]
    args = [{"role": role, "start": i, "end": i + 1} for role, i in roles]
    frame = {"i": 1, "roleset": f"{words[1]}.01", "args": args}
    return json.dumps({"tokens": words, "space_after": [True, True, False], "predicates": [frame]})


def _document(words: tuple[str, ...]) -> str:
    rows = [*zip(words, ("(1)", "_", "(2)")), ("They", "(2)"), ("saw", "_"), (words[0], "(1)")]
    lines = (f"one\t0\t{i}\t{word}\t_\t{cluster}" for i, (word, cluster) in enumerate(rows))
    return "\n".join(["#begin document (one); part 0", *lines, "#end document"])


def _question(words: tuple[str, ...]) -> str:
    return json.dumps({"tokens": words, "question": f"Who {words[1]} {words[2]}?", "answers": [[0, 1]]})


def _pair(words: tuple[str, ...]) -> str:
    label = "entailment" if words[1] == "liked" else "not_entailment"
    return json.dumps({"sentence1": " ".join(words), "sentence2": f"{words[0]} liked it", "gold_label": label})


def _squad(sentences: list[tuple[str, ...]]) -> str:
    paragraphs = []
    for i, words in enumerate(sentences):
        answers = [{"text": words[0], "answer_start": 0}]
        asked = {"id": f"q{i}", "question": f"Who {words[1]} {words[2]}?", "answers": answers}
        paragraphs.append({"context": " ".join(words), "qas": [asked]})
    return json.dumps({"version": "1.1", "data": [{"title": "one", "paragraphs": paragraphs}]})
