import pytest
import torch

from spacy_elmo.formats import Head
from spacy_elmo.pretraining.network.head import Likelihoods, change_vocabulary
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


@pytest.mark.parametrize(
    "words",
    [WORDS, ("<S>", "</S>", "<UNK>", "river"), (*WORDS, "new", "more"), ("<S>", "</S>", "<UNK>", "new", "the")],
    ids=["same", "fewer", "more", "others"],
)
def test_likelihoods_sum_to_one_over_any_vocabulary(words: tuple[str, ...]):
    head = random_head(random_model())
    likelihoods = Likelihoods(head, words)
    h = torch.linspace(-1, 1, 6).expand(len(words), 6)
    total = likelihoods(h, torch.arange(len(words))).exp().sum()
    assert total.item() == pytest.approx(1, rel=1e-5)  # float32


def test_over_another_vocabulary_common_words_keep_their_likelihood():
    head = random_head(random_model())
    words = ("<S>", "</S>", "<UNK>", "new", "the")
    h = torch.linspace(-1, 1, 6)[None]
    full = (h @ head.weight.T + head.bias).log_softmax(dim=1)[0].exp()
    found = {word: Likelihoods(head, words)(h, torch.tensor([i])).exp().item() for i, word in enumerate(words)}
    # float32
    assert found["the"] == pytest.approx(full[WORDS.index("the")].item(), rel=1e-5)
    assert found["new"] == pytest.approx(full[2].item() / 2, rel=1e-5)
    assert found["<UNK>"] == pytest.approx(full[[2, 4, 5]].sum().item() - full[2].item() / 2, rel=1e-5)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch):
    likelihoods = Likelihoods(random_head(random_model()), ("<S>", "</S>", "<UNK>", "the", "new"))
    h, targets = torch.randn(7, 6, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 2, 3, 4, 2, 1, 0])
    whole = likelihoods(h, targets)
    monkeypatch.setattr("spacy_elmo.pretraining.network.head.BLOCK_LOGITS", 12)
    assert torch.allclose(likelihoods(h, targets), whole, rtol=1e-5)  # products of another shape


def test_likelihoods_by_a_softmax_without_unk_are_refused():
    with pytest.raises(ValueError, match="<UNK>"):
        Likelihoods(Head(("a", "b"), torch.zeros(2, 6), torch.zeros(2)), WORDS)
