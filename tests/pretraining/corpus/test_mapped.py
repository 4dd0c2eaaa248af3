import numpy as np
import pytest

from spacy_elmo.pretraining.corpus.mapped import Corpus, CorpusWriter, add_markers
from spacy_elmo.pretraining.corpus.shards import split
from spacy_elmo.pretraining.corpus.vocabulary import MARKERS, Vocabulary
from spacy_elmo.text.readers import CorpusError
from tests.support.corpora import make_documents, marked, read_back

VOCABULARY = Vocabulary((*MARKERS, "w1", "w2", "w3"), np.zeros(6, dtype=np.int64))


def write(folder, *pieces) -> Corpus:
    with CorpusWriter(folder, VOCABULARY) as writer:
        for documents in pieces:
            for shard in split(documents):
                writer.add(shard)
    return Corpus(folder, VOCABULARY)


def test_documents_come_back(tmp_path):
    documents = make_documents(50)
    corpus = write(tmp_path, documents[:20], documents[20:])
    assert read_back(corpus) == marked(documents)


def test_sizes_are_those_of_the_text(tmp_path):
    corpus = write(tmp_path, [[["a", "b"], ["c"]], [["d"]]])
    assert (corpus.n_documents, corpus.n_sentences, corpus.n_words, corpus.n_tokens) == (2, 3, 4, 10)


def test_words_of_the_vocabulary_have_its_ids_and_others_are_unknown_targets(tmp_path):
    corpus = write(tmp_path, [[["w2", "\u00fcber", "w1"]]])
    assert corpus.tokens.tolist() == [0, 4, 6, 3, 1]
    assert corpus.targets(corpus.tokens).tolist() == [0, 4, 2, 3, 1]
    assert corpus.words(corpus.tokens) == ["<S>", "w2", "\u00fcber", "w1", "</S>"]


def test_a_word_outside_the_vocabulary_is_kept_once(tmp_path):
    corpus = write(tmp_path, [[["new", "w1", "new"], ["new"]]])
    assert (tmp_path / "texts.uint8").read_bytes() == b"new"
    assert corpus.tokens.max() == 6


def test_markers_spelled_in_the_text_are_unknown_words_and_no_sentence_ends(tmp_path):
    corpus = write(tmp_path, [[["<S>", "w1", "</S>", "<UNK>"]]])
    assert corpus.tokens.tolist() == [0, 2, 3, 2, 2, 1]


def test_an_empty_corpus_is_mapped(tmp_path):
    corpus = write(tmp_path)
    assert (corpus.n_documents, corpus.n_sentences, corpus.n_tokens) == (0, 0, 0)


def test_a_missing_file_is_named(tmp_path):
    write(tmp_path, [[["a"]]])
    (tmp_path / "tokens.int32").unlink()
    with pytest.raises(CorpusError, match=r"tokens\.int32: cannot be mapped .*prepare the corpus again"):
        Corpus(tmp_path, VOCABULARY)


@pytest.mark.parametrize("lengths", [[], [3], [1, 4, 2]])
def test_markers_are_put_around_each_sentence(lengths):
    ids = iter(range(10, 10 + sum(lengths)))
    expected = [i for n in lengths for i in [0, *(next(ids) for _ in range(n)), 1]]
    assert add_markers(np.arange(10, 10 + sum(lengths)), np.array(lengths, dtype=np.int32)).tolist() == expected
