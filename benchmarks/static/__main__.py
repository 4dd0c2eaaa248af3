"""Train spaCy's tagger with static vectors of the same text, and print a table in Markdown.

python -m benchmarks.static --text FILE [--treebank DIRECTORY] [--wordnet DIRECTORY]

It compares no vectors, layer 0 (a word without context), means of layers in context, and where the package `floret` is
installed, floret trained on the same text. Tags are the language's own (XPOS). With WordNet, it also prints how often
the nearer of two nouns to a third is the one that is of the same kind there.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import chain
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import spacy
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.batchers import minibatch_by_words
from spacy.training.initialize import convert_vectors
from spacy.util import fix_random_seed

from spacy_elmo.probing import Tagged
from spacy_elmo.static import write_static
from spacy_elmo.text import tokenize_files

from ..alternatives.probe import DATA, N_DEV, N_TRAIN, Probed, find_treebank, read_tagged
from .similarity import make_triples, nearer

LAYERS = {"layer 0": "0", "mean in context, average": "average", "mean in context, top": "top"}
FLORET: dict[str, Any] = {"mode": "floret", "hashCount": 2, "minn": 4, "maxn": 5, "bucket": 50_000, "minCount": 5}
BATCH_WORDS, DROPOUT, WIDTH = 1000, 0.1, 96
HEADER = "| vectors | tags of all words | of unseen words | nearer nouns |\n|---|---|---|---|"


def main() -> None:
    """Print a row for each kind of vectors."""
    args = _parse()
    with TemporaryDirectory() as name:
        folder = Path(name)
        treebank = find_treebank(args.treebank, folder)
        if treebank is None:
            raise SystemExit(f"name a treebank by --treebank, or the data by {DATA}")
        train, dev = read_tagged(treebank, "train", args.sentences), read_tagged(treebank, "dev", N_DEV)
        text = folder / "text.txt"
        n_words = write_text(text, args.text, args.words)
        triples = make_triples(args.wordnet, text) if args.wordnet else []
        sizes = f"{n_words:,} words of text, {len(train.words):,} sentences to learn from, {len(triples):,} nouns"
        print(f"{sizes}, {args.seeds} seeds\n\n{HEADER}")
        for i, (kind, make) in enumerate(_kinds(text, args.model).items()):
            place = folder / f"vectors-{i}"
            place.mkdir()
            vectors = make(place)
            found = [tag(vectors, train, dev, seed=seed, epochs=args.epochs) for seed in range(args.seeds)]
            share, unseen = (100 * mean(values) for values in zip(*found))
            similar = f"{100 * nearer(vectors, triples):.1f}" if vectors and triples else "-"
            print(f"| {kind} | {share:.1f} | {unseen:.1f} | {similar} |", flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.static", description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, action="append", required=True, help="a text file; may be repeated")
    parser.add_argument("--words", type=int, default=500_000, help="words of the text that are used, about")
    parser.add_argument("--treebank", type=Path, help=f"a folder of CoNLL-U files; that of {DATA}")
    parser.add_argument("--wordnet", type=Path, help="a folder of WordNet's database files")
    parser.add_argument("--sentences", type=int, default=N_TRAIN, help="of the treebank, to learn from")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--model", default="en_elmo_sm")
    return parser.parse_args()


def write_text(path: Path, texts: list[Path], most: int) -> int:
    """Write the first documents of texts, a sentence a line with spaces between its words; return their words."""
    n = 0
    with path.open("w", encoding="utf8") as file:
        for document in tokenize_files(texts):
            file.writelines(" ".join(sentence) + "\n" for sentence in document)
            n += sum(map(len, document))
            if n >= most:
                break
    return n


def _kinds(text: Path, model: str) -> dict[str, Callable[[Path], Path | None]]:
    """Return functions that write vectors into a folder, by what they are called."""
    kinds: dict[str, Callable[[Path], Path | None]] = {"none": lambda folder: None}
    for kind, layers in LAYERS.items():
        kinds[kind] = partial(_write_means, text, model, layers)
    try:
        floret = import_module("floret")
    except ImportError as error:
        print(f"floret is left out, because it cannot be imported ({error}): pip install floret")
        return kinds
    return {**kinds, "floret, 50,000 x 300": lambda folder: _write_floret(floret, text, folder)}


def _write_means(text: Path, model: str, layers: str, folder: Path) -> Path:
    write_static([text], folder / "means", model=model, layers=layers, lines="sentences")
    return folder / "means"


def _write_floret(floret: Any, text: Path, folder: Path) -> Path:
    trained = floret.train_unsupervised(str(text), model="cbow", dim=300, verbose=0, **FLORET)
    trained.save_floret_vectors(str(folder / "table.floret"))
    nlp = spacy.blank("en")
    convert_vectors(nlp, folder / "table.floret", truncate=0, prune=-1, mode="floret")
    nlp.to_disk(folder / "floret")
    return folder / "floret"


def tag(vectors: Path | None, train: Tagged, dev: Tagged, *, seed: int, epochs: int) -> Probed:
    """Train a tagger, and return the shares of words that get their tag.

    Args:
        vectors: A directory with vectors; None for none.
        train: What it learns from.
        dev: What it is tested on.
        seed: Of weights and order.
        epochs: How often it sees the sentences.
    """
    fix_random_seed(seed)
    nlp = spacy.blank("en") if vectors is None else spacy.load(vectors)
    embed = {"@architectures": "spacy.MultiHashEmbed.v2", "width": WIDTH, "include_static_vectors": vectors is not None}
    embed |= {"attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"], "rows": [5000, 1000, 2500, 2500]}
    encode = {"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": WIDTH, "depth": 4}
    encode |= {"window_size": 1, "maxout_pieces": 3}
    tok2vec = {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode}
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": tok2vec}})
    examples = list(_examples(nlp, train))
    optimizer = nlp.initialize(lambda: examples)
    order = random.Random(seed)
    for _ in range(epochs):
        order.shuffle(examples)
        for batch in minibatch_by_words(examples, BATCH_WORDS):
            nlp.update(batch, sgd=optimizer, drop=DROPOUT)
    docs = nlp.pipe(Doc(nlp.vocab, words=words) for words in dev.words)
    right = [token.tag_ == gold for token, gold in zip(chain(*docs), chain(*dev.tags))]
    seen = set(chain.from_iterable(train.words))
    unseen = [is_right for word, is_right in zip(chain.from_iterable(dev.words), right) if word not in seen]
    return Probed(mean(right), mean(unseen))


def _examples(nlp: Any, part: Tagged) -> Iterator[Example]:
    for words, tags in zip(*part):
        yield Example.from_dict(Doc(nlp.vocab, words=words), {"tags": tags})


if __name__ == "__main__":
    main()
