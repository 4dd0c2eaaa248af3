import pytest
import torch

from spacy_elmo.formats import Head
from spacy_elmo.pretraining.network.softmax import (
    AdaptiveSoftmax,
    FullSoftmax,
    SampledSoftmax,
    draw_negatives,
    log_uniform,
)

N_WORDS, WIDTH, ROWS = 60, 8, 40
COUNTS = [1000 // (rank + 1) for rank in range(N_WORDS)]
KINDS = [FullSoftmax, SampledSoftmax, AdaptiveSoftmax]


def make(kind, **settings):
    torch.manual_seed(0)
    settings.update({"div_value": 2.0} if kind is AdaptiveSoftmax else {})
    return kind(COUNTS, WIDTH, **settings)


def make_rows():
    generator = torch.Generator().manual_seed(1)
    h = torch.randn(2, ROWS, WIDTH, generator=generator)
    targets = torch.multinomial(log_uniform(N_WORDS), 2 * ROWS, replacement=True, generator=generator)
    return h.requires_grad_(), targets.view(2, ROWS)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def gradients(softmax, loss, h):
    return torch.autograd.grad(loss, [h, softmax.weight, softmax.bias])


def by_hand(softmax, h, targets):
    """Return (2,), the full loss by torch's own function."""
    logits = h @ softmax.weight.T + softmax.bias
    losses = [torch.nn.functional.cross_entropy(x, t, reduction="sum") for x, t in zip(logits, targets)]
    return torch.stack(losses)


def assert_close(found, expected, tolerance=1e-5):
    """Relative to the largest number of a tensor; by default what sums of float32 in another order need."""
    for ours, theirs in zip(found, expected, strict=True):
        ours = ours.to_dense() if ours.is_sparse else ours
        assert (ours - theirs).abs().max() <= tolerance * theirs.abs().max()


def test_the_full_loss_and_its_gradients_are_those_of_torch():
    softmax, (h, targets) = make(FullSoftmax), make_rows()
    direction_weights = torch.tensor([1.0, 3.0])
    ours, theirs = softmax.loss(h, targets, seeded()), by_hand(softmax, h, targets)
    assert_close([ours], [theirs])
    assert_close(gradients(softmax, ours @ direction_weights, h), gradients(softmax, theirs @ direction_weights, h))


def test_blocks_of_rows_do_not_matter(monkeypatch):
    softmax, (h, targets) = make(SampledSoftmax, n_samples=20), make_rows()
    whole = softmax.loss(h, targets, seeded())
    expected = gradients(softmax, whole.sum(), h), softmax.log_likelihoods(h[0], targets[0])
    monkeypatch.setattr("spacy_elmo.pretraining.network.sampled_loss.BLOCK_LOGITS", 7 * 20)
    monkeypatch.setattr("spacy_elmo.pretraining.network.softmax.BLOCK_LOGITS", 7 * N_WORDS)
    parts = softmax.loss(h, targets, seeded())
    assert_close([parts, softmax.log_likelihoods(h[0], targets[0])], [whole, expected[1]])
    assert_close(gradients(softmax, parts.sum(), h), [t.to_dense() for t in expected[0]])


def test_the_sampled_loss_with_all_words_is_the_full_one():
    softmax, (h, targets) = make(SampledSoftmax, n_samples=N_WORDS), make_rows()
    ours, theirs = softmax.loss(h, targets, seeded()), by_hand(softmax, h, targets)
    assert_close([ours], [theirs])
    assert_close(gradients(softmax, ours.sum(), h), gradients(softmax, theirs.sum(), h))


def distance_to_the_full_gradient(n_samples, *, draws=1000):
    """Return the distance of the mean of sampled gradients, for h, weight and bias, relative to their norms."""
    softmax, (h, targets) = make(SampledSoftmax, n_samples=n_samples, sparse=False), make_rows()
    expected = gradients(softmax, by_hand(softmax, h, targets).sum(), h)
    generator = seeded()
    found = [gradients(softmax, softmax.loss(h, targets, generator).sum(), h) for _ in range(draws)]
    means = [torch.stack(samples).mean(dim=0) for samples in zip(*found)]
    return torch.stack([(ours - theirs).norm() / theirs.norm() for ours, theirs in zip(means, expected)])


def test_the_sampled_gradient_is_the_full_one_in_expectation():
    few, many = distance_to_the_full_gradient(15), distance_to_the_full_gradient(45)
    # What is left is noise, and the bias of the logarithm of an estimate, which falls with the number of negatives.
    assert few.max() < 0.15
    assert many.max() < 0.02
    assert (many < few / 4).all()


def test_the_sum_of_exponents_is_unbiased():
    logits, p, generator, draws = torch.randn(N_WORDS, generator=seeded()), log_uniform(N_WORDS), seeded(), 5000
    totals = []
    for _ in range(draws):
        negatives = draw_negatives(p, 10, generator)
        totals.append((logits[negatives.ids] + negatives.offsets).exp().sum())
    found, expected = torch.stack(totals), logits.exp().sum()
    assert abs(found.mean() - expected) < 4 * found.std() / draws**0.5  # standard errors


def test_negatives_are_distinct_and_come_from_the_generator():
    p = log_uniform(N_WORDS)
    first, second, other = (draw_negatives(p, 20, seeded(seed)).ids for seed in (0, 0, 1))
    assert len(set(first.tolist())) == 20
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_negatives_are_drawn_as_one_after_the_other():
    """The share of draws in which a word is among the first distinct ones, by both ways of drawing."""
    p, draws, generator = log_uniform(8), 4000, seeded()
    ours, theirs = torch.zeros(8), torch.zeros(8)
    for _ in range(draws):
        ours[draw_negatives(p, 3, generator).ids] += 1 / draws
        theirs[torch.multinomial(p, 3, generator=generator)] += 1 / draws
    assert (ours - theirs).abs().max() < 4 * (0.5 / draws) ** 0.5  # standard errors of a difference of shares


def test_sampled_gradients_touch_only_the_rows_of_negatives_and_targets():
    softmax, (h, targets) = make(SampledSoftmax, n_samples=10), make_rows()
    _, weight, bias = gradients(softmax, softmax.loss(h, targets, seeded()).sum(), h)
    rows = {*draw_negatives(softmax.p, 10, seeded()).ids.tolist(), *targets.flatten().tolist()}
    assert weight.coalesce().indices()[0].tolist() == bias.coalesce().indices()[0].tolist() == sorted(rows)
    dense = make(SampledSoftmax, n_samples=10, sparse=False)
    _, expected, _ = gradients(dense, dense.loss(h, targets, seeded()).sum(), h)
    assert torch.equal(weight.to_dense(), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_likelihoods_of_all_words_add_up_to_one(kind):
    softmax, (h, _) = make(kind), make_rows()
    every = [softmax.log_likelihoods(h[0], torch.full((ROWS,), word)) for word in range(N_WORDS)]
    torch.testing.assert_close(torch.stack(every).exp().sum(dim=0), torch.ones(ROWS))


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_is_the_sum_of_exact_likelihoods_where_nothing_is_sampled(kind):
    softmax, (h, targets) = make(kind), make_rows()
    exact = torch.stack([-softmax.log_likelihoods(rows, ids).sum() for rows, ids in zip(h, targets)])
    torch.testing.assert_close(softmax.loss(h, targets, seeded()), exact)


@pytest.mark.parametrize("kind", KINDS)
def test_before_training_the_most_frequent_words_have_their_share(kind):
    softmax, frequent = make(kind), 3
    h = torch.zeros(frequent, WIDTH)
    shares = torch.tensor(COUNTS[:frequent]) / sum(COUNTS)
    torch.testing.assert_close(softmax.log_likelihoods(h, torch.arange(frequent)).exp(), shares)


@pytest.mark.parametrize("kind", [FullSoftmax, SampledSoftmax])
def test_a_head_goes_in_and_comes_out(kind):
    words = tuple(map(str, range(N_WORDS)))
    head = Head(words, torch.randn(N_WORDS, WIDTH, generator=seeded()), torch.randn(N_WORDS, generator=seeded(1)))
    found = make(kind, head=head).head(words)
    assert found.words == words
    assert torch.equal(found.weight, head.weight)
    assert torch.equal(found.bias, head.bias)


def test_an_adaptive_softmax_has_no_head():
    assert make(AdaptiveSoftmax).head([str(i) for i in range(N_WORDS)]) is None


def test_a_head_of_another_vocabulary_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 8\) where \(60, 8\) is needed"):
        make(FullSoftmax, head=Head(("a", "b"), torch.zeros(2, WIDTH), torch.zeros(2)))


@pytest.mark.parametrize("cutoffs", [[], [0, 5], [5, 5], [9, 5], [N_WORDS]])
def test_cutoffs_that_leave_a_cluster_empty_are_refused(cutoffs):
    with pytest.raises(ValueError, match="cutoffs"):
        make(AdaptiveSoftmax, cutoffs=cutoffs)


def test_a_cluster_without_width_is_refused():
    with pytest.raises(ValueError, match="div_value = 4.0"):
        AdaptiveSoftmax(COUNTS, WIDTH)
