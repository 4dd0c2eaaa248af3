from pathlib import Path

import pytest
import torch

from spacy_elmo import formats
from spacy_elmo.formats import Head, WeightsError, allennlp, model_directory
from tests.support.random_models import random_model


@pytest.fixture
def published(tmp_path: Path) -> Path:
    head = Head(("<S>", "</S>", "<UNK>"), torch.ones(3, 6), torch.zeros(3))
    allennlp.write(tmp_path / "published", random_model(), {}, head=head)
    return tmp_path / "published"


def test_a_format_recognises_its_own(published: Path, tiny_model: Path):
    assert model_directory.recognises(tiny_model)
    assert not model_directory.recognises(published)
    assert allennlp.recognises(published)
    assert not allennlp.recognises(tiny_model)


def test_weights_are_recognised_by_what_they_hold(published: Path):
    path = (published / "weights.hdf5").rename(published / "weights")
    assert allennlp.recognises(path)
    assert not allennlp.recognises(published / "options.json")


def test_what_no_format_recognises_is_refused(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("weights?", encoding="utf8")
    with pytest.raises(WeightsError, match=r"notes\.txt: a text file"):
        formats.load(tmp_path / "notes.txt")


def test_the_head_stays_unread_where_it_is_not_asked_for(published: Path, tmp_path: Path):
    assert formats.load(published).head is not None
    assert formats.load(published, with_head=False).head is None
    model_directory.write(tmp_path / "native", *formats.load(published)[:2], head=formats.load(published).head)
    (tmp_path / "native" / "softmax.safetensors").write_bytes(b"broken")
    assert formats.load(tmp_path / "native", with_head=False).head is None
    with pytest.raises(WeightsError, match=r"softmax\.safetensors"):
        formats.load(tmp_path / "native")
