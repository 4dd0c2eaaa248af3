import pytest
import torch

from spacy_elmo.probing import regression
from spacy_elmo.probing.regression import L2, fit


def make_words(n: int = 400, width: int = 6, classes: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Standardized features, correlated, and classes that they give away but for noise."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(n, width, generator=generator) @ torch.randn(width, width, generator=generator)
    features = (features - features.mean(0)) / features.std(0, correction=0)
    logits = 2 * features[:, :classes] + torch.randn(n, classes, generator=generator)
    return features, logits.argmax(1)


def loss(weight: torch.Tensor, bias: torch.Tensor, features: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The penalized loss, as the docs have it."""
    logits = features @ weight.T + bias
    return torch.nn.functional.cross_entropy(logits, targets) + L2 * features.shape[1] / 2 * weight.square().sum()


def test_the_lowest_loss_is_found():
    features, targets = make_words()
    weight, bias = (part.double().requires_grad_() for part in fit(features, targets))
    found = loss(weight, bias, features.double(), targets)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=500, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss(weight, bias, features.double(), targets)
        value.backward()
        return value

    optimizer.step(closure)
    assert 0 <= found.item() - closure().item() < 2e-4  # of a loss of about 0.5


def test_the_same_words_give_the_same_bits():
    first, second = (fit(*make_words()) for _ in range(2))
    assert torch.equal(first.weight, second.weight)
    assert torch.equal(first.bias, second.bias)


def test_words_in_parts_are_words_at_once(monkeypatch: pytest.MonkeyPatch):
    features, targets = make_words()
    whole = fit(features, targets)
    monkeypatch.setattr(regression, "ROWS", 7)
    parts = fit(features, targets)
    assert torch.allclose(whole.weight, parts.weight, atol=5e-2)  # each within the tolerance of the lowest loss
    assert torch.equal(parts.predict(features), whole.predict(features))


def test_features_that_repeat_or_never_change_do_no_harm():
    features, targets = make_words()
    repeated = torch.cat([features, features, torch.zeros(len(features), 2)], dim=1)
    found = fit(repeated, targets)
    assert (found.predict(repeated) == fit(features, targets).predict(features)).float().mean() > 0.97
    assert found.weight[:, -2:].abs().max() == 0


def test_more_features_than_words_are_separated():
    features = torch.randn(10, 50, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([0, 1] * 5)
    assert torch.equal(fit(features, targets).predict(features), targets)
