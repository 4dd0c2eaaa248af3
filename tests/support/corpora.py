"""Small corpora for tests."""

from pathlib import Path

import numpy as np

from spacy_elmo.pretraining.corpus.prepare import CorpusSettings, Prepared, prepare_corpus
from spacy_elmo.pretraining.corpus.shards import Shard


def make_documents(n: int, *, seed: int = 0, n_words: int = 40) -> list[list[list[str]]]:
    """Return documents of 1 to 4 sentences of 1 to 7 words, some of them frequent and most rare."""
    rng = np.random.default_rng(seed)
    return [
        [[f"w{min(rng.zipf(1.5), n_words)}" for _ in range(rng.integers(1, 8))] for _ in range(rng.integers(1, 5))]
        for _ in range(n)
    ]


def prepare_all(documents, folder: Path, **settings) -> Prepared:
    """Prepare documents of which none is held out."""
    return prepare_corpus(documents, folder, CorpusSettings(**{"dev_size": 0, **settings}))


def read_back(corpus) -> list[list[list[str]]]:
    """Return the documents of a corpus, sentence markers included."""
    sentences = [corpus.words(corpus.tokens[a:b]) for a, b in zip(corpus.sentences, corpus.sentences[1:])]
    return [sentences[a:b] for a, b in zip(corpus.documents, corpus.documents[1:])]


def texts(shard: Shard) -> list[list[list[str]]]:
    """Return the documents of a shard."""
    words = iter([shard.words[i].decode() for i in shard.ids])
    sentences = iter([[next(words) for _ in range(n)] for n in shard.sentences])
    return [[next(sentences) for _ in range(n)] for n in shard.documents]


def marked(documents) -> list[list[list[str]]]:
    return [[["<S>", *sentence, "</S>"] for sentence in document] for document in documents]
