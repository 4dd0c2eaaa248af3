import pytest
import torch

from spacy_elmo.formats import Head
from spacy_elmo.pretraining.network.head import change_vocabulary
from tests.support.random_models import WORDS, random_head, random_model

NEW = ("<S>", "</S>", "<UNK>", "new", "bank", "the", "other")
COUNTS = [9, 9, 2, 6, 5, 4, 2]


def test_rows_of_known_words_are_kept():
    head = random_head(random_model())
    changed = change_vocabulary(head, NEW, COUNTS)
    assert changed.words == NEW
    for word in ("<S>", "</S>", "bank", "the"):
        new, old = NEW.index(word), WORDS.index(word)
        assert torch.equal(changed.weight[new], head.weight[old])
        assert changed.bias[new] == head.bias[old]


def test_new_words_share_the_probability_of_unk_by_their_counts():
    head = random_head(random_model())
    changed = change_vocabulary(head, NEW, COUNTS)
    h = torch.linspace(-1, 1, 6)
    before, after = ((x.weight @ h + x.bias).exp() for x in (head, changed))
    unknown = before[WORDS.index("<UNK>")]
    shares = torch.tensor([0.2, 0.6, 0.2])  # of 2, 6 and 2
    # exponents of float32
    assert torch.allclose(after[[2, 3, 6]], unknown * shares, rtol=1e-5)


def test_a_softmax_without_unk_is_refused():
    head = random_head(random_model())
    without = Head(("a", "b", "c", "d", "e", "f"), head.weight, head.bias)
    with pytest.raises(ValueError, match="<UNK>"):
        change_vocabulary(without, NEW, COUNTS)
