import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import spacy
from safetensors import safe_open
from spacy.training import Example
from spacy.training.initialize import read_vectors

from spacy_elmo.static import StaticVectors
from spacy_elmo.static.outputs import OUTPUTS, TABLE, Facts, check_word2vec
from spacy_elmo.text.readers import CorpusError

MODEL = {"name": "tiny", "version": "1.0", "license": "CC0-1.0"}
WORDS = ["the", "bank", "river", "rivers"]


@pytest.fixture
def found() -> StaticVectors:
    vectors = np.random.default_rng(0).standard_normal((4, 6), dtype="float32")
    vectors[3] = vectors[2] * 1.5
    row_of = {word: row for row, word in enumerate(WORDS)}
    return StaticVectors(WORDS, vectors, np.array([9, 8, 7, 6]), {**row_of, "The": 0}, "en")


def write(path: Path, found: StaticVectors, format: str, dtype: str = "float16", prune: int | None = None) -> Path:
    OUTPUTS[format].write(path, found, Facts(dtype, prune, "en_mine.vectors", "top", MODEL))
    return path


def test_spacy_has_a_vector_for_each_spelling(found: StaticVectors, tmp_path: Path):
    nlp = spacy.load(write(tmp_path / "out", found, "spacy", "float32"))
    assert (nlp.lang, nlp.pipe_names, nlp.vocab.vectors.name) == ("en", [], "en_mine.vectors")
    assert nlp.vocab.vectors.shape == (4, 6)
    doc = nlp("The the bank rivers unknown")
    assert np.array_equal(np.stack([token.vector for token in doc]), [*found.vectors[[0, 0, 1, 3]], np.zeros(6)])
    assert doc[4].is_oov


def test_spacy_has_the_licence_and_the_source(found: StaticVectors, tmp_path: Path):
    meta = spacy.load(write(tmp_path / "out", found, "spacy", "float32")).meta
    assert (meta["license"], [source["name"] for source in meta["sources"]]) == ("CC0-1.0", ["tiny 1.0"])
    assert "layers: top" in meta["description"]


def test_pruned_words_share_the_nearest_vector(found: StaticVectors, tmp_path: Path):
    nlp = spacy.load(write(tmp_path / "out", found, "spacy", "float32", prune=3))
    assert nlp.vocab.vectors.shape == (3, 6)
    assert np.array_equal(nlp.vocab["rivers"].vector, found.vectors[2])
    assert np.array_equal(nlp.vocab["The"].vector, found.vectors[0])


def test_no_vector_is_pruned_where_there_are_no_more(found: StaticVectors, tmp_path: Path):
    assert spacy.load(write(tmp_path / "out", found, "spacy", "float32", prune=4)).vocab.vectors.shape == (4, 6)


def test_components_of_spacy_learn_from_them(found: StaticVectors, tmp_path: Path):
    nlp = spacy.load(write(tmp_path / "out", found, "spacy", "float32"))
    sizes = {"width": 8, "depth": 1, "embed_size": 50, "window_size": 1, "maxout_pieces": 2, "subword_features": False}
    tok2vec = {"@architectures": "spacy.HashEmbedCNN.v2", "pretrained_vectors": True, **sizes}
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": tok2vec}})
    example = Example.from_dict(nlp.make_doc("the bank"), {"tags": ["D", "N"]})
    nlp.initialize(lambda: [example])
    assert np.isfinite(nlp.update([example])["tagger"])


@pytest.mark.parametrize("name", ["out.txt", "out.txt.gz"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_spacy_reads_word2vec_text(found: StaticVectors, tmp_path: Path, name: str, dtype: str):
    vectors, words, _ = read_vectors(write(tmp_path / name, found, "word2vec", dtype), 0)
    assert words == WORDS
    assert np.array_equal(vectors.astype(dtype), found.vectors.astype(dtype))


def test_float16_has_few_digits(found: StaticVectors, tmp_path: Path):
    lines = write(tmp_path / "out.txt", found, "word2vec").read_text(encoding="utf8").splitlines()
    assert lines[0] == "4 6"
    assert max(map(len, lines[1].split()[1:])) <= 9


def test_what_is_compressed_is_the_same_text(found: StaticVectors, tmp_path: Path):
    plain, packed = (write(tmp_path / name, found, "word2vec") for name in ("a.txt", "a.txt.gz"))
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()


def test_safetensors_have_words_vectors_and_counts(found: StaticVectors, tmp_path: Path):
    with safe_open(write(tmp_path / "a.safetensors", found, "safetensors"), framework="numpy") as file:
        table = json.loads(file.metadata()[TABLE])
        assert np.array_equal(file.get_tensor("vectors"), found.vectors.astype("float16"))
        assert np.array_equal(file.get_tensor("counts"), found.counts)
    assert table == {"words": WORDS, "lang": "en", "layers": "top", "name": "tiny", "license": "CC0-1.0"}


@pytest.mark.parametrize(("name", "format"), [("a.txt.gz", "word2vec"), ("a.safetensors", "safetensors")])
def test_the_same_vectors_give_the_same_bytes(found: StaticVectors, tmp_path: Path, name: str, format: str):
    (tmp_path / "again").mkdir()
    first, second = (write(folder / name, found, format) for folder in (tmp_path, tmp_path / "again"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("word", ["New York", "a\u00a0b", "a\nb", "a\u2028b"])
def test_word2vec_has_no_words_with_spaces(word: str):
    check_word2vec(["the", "\u200b", "."])
    with pytest.raises(CorpusError, match="has a space in it, which word2vec text cannot have"):
        check_word2vec(["the", word])
