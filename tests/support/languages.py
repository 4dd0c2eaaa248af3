"""Files of a language made by hand: settings, scores of runs, an evaluation of a pretraining, gold Docs."""

from __future__ import annotations

import json
from typing import Any

from spacy.tokens import Doc, DocBin
from spacy.util import get_lang_class
from spacy.vocab import create_vocab

from project.language.scripts.settings import Job, Settings

ELMO, BASELINE = "with ELMo", "without ELMo"
SENTENCES = [  # words, heads, relations, parts of speech
    ("Il gatto nero mangia il topo .", [1, 3, 1, 3, 5, 3, 3], "det nsubj amod ROOT det obj punct", "DET NOUN ADJ VERB"),
    ("Lei parla del re .", [1, 1, 3, 1, 1], "nsubj ROOT case obl punct", "PRON VERB ADP NOUN PUNCT"),
]
ARABIC = ["القط الأسود الصغير يأكل الفأر الكبير .", "هي تتحدث عن الملك ."]
MISTAKES = [["ADJ", "NOUN", 31], ["NOUN", "ADJ", 24], ["PROPN", "NOUN", 22], ["AUX", "VERB", 12], ["ADV", "ADP", 5]]


def make_settings(**others: Any) -> Settings:
    """Return the settings of an Italian model."""
    values: dict[str, Any] = {
        **{"name": "it_elmo_sm", "lang": "it", "segmenter": "", "text": ["/texts/novels", "/texts/law.txt"]},
        **{"treebank": [f"/treebank/it_isdt-ud-{split}.conllu" for split in ("train", "dev", "test")], "ner": []},
        **{"init": "", "hours": 2.0, "recipe": "paper", "seeds": [0, 1, 2], "epochs": 10, "jobs": 1, "threads": 2},
        **{"facts": {"license": "CC BY-SA 4.0", "author": "A. Author"}, "wheels": "own"},
    }
    return Settings(**{**values, **others})


def make_run(
    system: str, seed: int = 0, *, quality: float = 0.9, kind: str = "treebank", **others: Any
) -> dict[str, Any]:
    """Return the line of a run, whose scores are near `quality`."""
    names = ("ents_p", "ents_r", "ents_f") if kind == "ner" else ("tag_acc", "pos_acc", "dep_uas", "dep_las", "sents_f")
    scores = {name: quality - i / 100 for i, name in enumerate(names)}
    part = {"words": 9000, "gold": scores, "raw": {"token_f": 0.99, **scores}, "unseen": {"words": 700, **scores}}
    return {
        **{"key": f"{kind} {system} {seed}", "kind": kind, "system": system, "seed": seed, "config": ""},
        **{"model": f"training/it_elmo_sm/pipelines/{kind}-{system}-{seed}", "weights_md5": "", "python": "3.11.7"},
        **{"versions": {"spacy": "3.8"}, "machine": "Linux, 2 cores", "train_seconds": 600.0, "train_peak_mb": 900.0},
        **{"speed": 2000.0, "bytes": 40_000_000, "scores": {"dev": part, "test": part}},
        **({"confusion": MISTAKES} if kind == "treebank" else {}),
        **others,
    }


def make_history() -> list[dict[str, float]]:
    """Return five evaluations of half an hour."""
    curve = [(900.0, 910.0), (320.0, 330.0), (180.0, 190.0), (140.0, 143.0), (121.0, 124.0)]
    return [
        {
            "step": 100 * i,
            "words": 400_000 * i,
            "seconds": 360.0 * i,
            "loss": 5.0,
            "forward": forward,
            "backward": backward,
        }
        for i, (forward, backward) in enumerate(curve, start=1)
    ]


def write_results(job: Job, lines: list[dict[str, Any]]) -> None:
    """Write runs.jsonl, and files where there are Docs that the runs learned from."""
    for kind in {line["kind"] for line in lines}:
        folder = job.treebank.with_name(kind)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "train.spacy").touch()
    job.results.mkdir(parents=True, exist_ok=True)
    (job.results / "runs.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf8")


def make_docs(lang: str = "it") -> list[Doc]:
    """Return gold Docs of a sentence each, with Italian words or Arabic ones."""
    vocab = create_vocab(lang, get_lang_class(lang).Defaults)
    docs = []
    for i, (words, heads, deps, pos) in enumerate(SENTENCES):
        words = ARABIC[i] if lang == "ar" else words
        tags = [*pos.split(), "DET", "NOUN", "PUNCT"][: len(heads)]
        docs.append(Doc(vocab, words=words.split(), heads=heads, deps=deps.split(), pos=tags))
    return docs


def write_dev(job: Job, docs: list[Doc]) -> None:
    """Write the dev part of a treebank."""
    job.treebank.mkdir(parents=True, exist_ok=True)
    DocBin(docs=docs).to_disk(job.treebank / "dev.spacy")


class Played:
    """A pipeline whose heads, relations and parts of speech are those of given Docs, but for some mistakes.

    Args:
        docs: Gold Docs.
        wrong: Words that hang on the one before them, as "x", in each Doc.
    """

    def __init__(self, docs: list[Doc], wrong: set[int]):
        self.docs, self.wrong, self.lang, self.vocab = docs, wrong, docs[0].lang_, docs[0].vocab

    def pipe(self, docs: Any) -> Any:
        """Yield the Docs."""
        for bare, gold in zip(docs, self.docs):
            heads, deps = [token.head.i for token in gold], [token.dep_ for token in gold]
            for i in self.wrong & set(range(1, len(gold))):
                heads[i], deps[i] = i - 1, "x"
            words, pos = [token.text for token in bare], [token.pos_ for token in gold]
            yield Doc(self.vocab, words=words, heads=heads, deps=deps, pos=pos)


def write_all(job: Job, *, lang: str = "it") -> dict[str, Played]:
    """Write all that a report can show, but for the pipelines; return played ones, by their systems."""
    n_runs = [(kind, system, seed) for kind in ("treebank", "ner") for system in (BASELINE, ELMO) for seed in range(3)]
    lines = [make_run(s, n, kind=k, quality=0.85 + 0.03 * (s == ELMO) + n / 1000) for k, s, n in n_runs]
    write_results(job, lines)
    docs = make_docs(lang)
    write_dev(job, docs)
    for line in lines:
        (job.workspace.root / line["model"]).mkdir(parents=True, exist_ok=True)
    checkpoint = job.run / "checkpoints" / "step-000000500"
    checkpoint.mkdir(parents=True)
    (checkpoint / "state.json").write_text(json.dumps({"history": make_history()}), encoding="utf8")
    job.text.mkdir(parents=True)
    notes = [{"level": "info", "text": "all is well"}, {"level": "warning", "text": "a file is empty"}]
    facts = {"notes": notes, "figures": {"words": {"train": 1234567}}}
    (job.text / "notes.json").write_text(json.dumps(facts), encoding="utf8")
    return {ELMO: Played(docs, {4}), BASELINE: Played(docs, {2, 3, 4})}
