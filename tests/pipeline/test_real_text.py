"""Real sentences through the bundled model: their vectors depend on nothing but themselves."""

import random
import subprocess
import sys
import tarfile

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

TOLERANCE = 1e-5  # products of other shapes round differently
N = 200


@pytest.fixture(scope="module")
def sentences(data_dir):
    """The first 200 sentences of WNUT-17's development set: social media, with hashtags, emoji and typing errors."""
    with tarfile.open(data_dir / "archives" / "ner-wnut17.tar.xz") as archive:
        text = archive.extractfile("ner/wnut17/dev.iob").read().decode("utf8")
    return [[line.split("\t")[0] for line in block.splitlines()] for block in text.strip().split("\n\n")][:N]


@pytest.fixture(scope="module")
def elmo():
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo")
    return nlp


def make_docs(nlp, sentences):
    return [Doc(nlp.vocab, words=words, sent_starts=[i == 0 for i in range(len(words))]) for words in sentences]


@pytest.fixture(scope="module")
def alone(elmo, sentences):
    return [elmo(doc)._.elmo_layers for doc in make_docs(elmo, sentences)]


@pytest.mark.parametrize("batch_size", [1, 7, 64, 1000])
def test_any_batch_in_any_order_gives_the_vectors_of_each_sentence_alone(elmo, sentences, alone, batch_size):
    order = random.Random(batch_size).sample(range(len(sentences)), len(sentences))
    docs = make_docs(elmo, [sentences[i] for i in order])
    for i, doc in zip(order, elmo.pipe(docs, batch_size=batch_size)):
        assert np.allclose(doc._.elmo_layers, alone[i], atol=TOLERANCE)


def test_other_sentences_in_the_same_doc_change_nothing(elmo, sentences, alone):
    words = [word for sentence in sentences for word in sentence]
    starts = [i == 0 for sentence in sentences for i in range(len(sentence))]
    doc = elmo(Doc(elmo.vocab, words=words, sent_starts=starts))
    assert np.allclose(doc._.elmo_layers, np.concatenate(alone, axis=1), atol=TOLERANCE)


PROCESS = """
import sys
import numpy as np, spacy
nlp = spacy.blank("en")
nlp.add_pipe("elmo")
docs = nlp.pipe(open(sys.argv[1], encoding="utf8").read().splitlines())
np.save(sys.argv[2], np.concatenate([doc._.elmo_layers for doc in docs], axis=1))
"""


def test_the_same_calls_in_fresh_processes_give_the_same_bits(sentences, tmp_path):
    (tmp_path / "text.txt").write_text("\n".join(" ".join(words) for words in sentences), encoding="utf8")
    outputs = [tmp_path / "one.npy", tmp_path / "two.npy"]
    for output in outputs:
        subprocess.run([sys.executable, "-c", PROCESS, str(tmp_path / "text.txt"), str(output)], check=True)
    assert np.array_equal(*map(np.load, outputs))
