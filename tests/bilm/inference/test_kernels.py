import pytest
import torch

from spacy_elmo.bilm.inference import kernels
from spacy_elmo.bilm.inference.kernels import LARGE, Product, can_pack

SHAPES = {"small": (24, 16), "large": (2048, LARGE // 2048)}


def random_product(shape: str) -> Product:
    torch.manual_seed(0)
    return Product(torch.randn(*SHAPES[shape]) / SHAPES[shape][1] ** 0.5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("rows", [1, 2, 128, 129])
def test_all_kernels_compute_the_same(shape, packed, rows):
    product = random_product(shape)
    if packed:
        product.pack()
    x, bias = torch.randn(rows, product.weight.shape[1]), torch.randn(product.weight.shape[0])
    y = torch.randn(rows, product.weight.shape[0])
    expected = x @ product.weight.T
    # sums of a few hundred numbers near 1, in another order
    close = {"rtol": 0, "atol": 1e-5}
    torch.testing.assert_close(product(x), expected, **close)
    torch.testing.assert_close(product.add(bias, x, torch.empty_like(y)), bias + expected, **close)
    torch.testing.assert_close(product.add(y, x, torch.empty_like(y)), y + expected, **close)


def test_results_go_where_they_are_wanted():
    product = random_product("small")
    x, out = torch.randn(3, 16), torch.zeros(3, 24)
    for y in (torch.zeros(24), torch.ones(3, 24)):
        assert product.add(y, x, out).data_ptr() == out.data_ptr()


def test_without_the_private_operators_nothing_is_packed(monkeypatch):
    monkeypatch.setattr(kernels, "can_pack", lambda dtype: False)
    product = random_product("small")
    product.pack()
    assert product.packed is None


@pytest.mark.parametrize("broken", [AttributeError, RuntimeError, TypeError])
def test_operators_that_fail_are_not_used(monkeypatch, broken):
    def refuse(*args):
        raise broken("changed")

    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", refuse)
    assert not can_pack.__wrapped__()


def test_operators_that_compute_something_else_are_not_used(monkeypatch):
    monkeypatch.setattr(torch.ops.mkldnn, "_reorder_linear_weight", lambda weight, rows: weight)
    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", lambda x, weight, *args: x @ weight.T + 1)
    assert not can_pack.__wrapped__()
