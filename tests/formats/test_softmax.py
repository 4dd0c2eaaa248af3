from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from spacy_elmo.formats import Head, WeightsError, model_directory
from spacy_elmo.formats.softmax import lossless_head_dtype, pack_head, unpack_head
from tests.support.random_models import contents, random_head, random_model

Tensors = dict[str, Tensor]
WIDTH = 16


def make_head(n: int = 50, *, seed: int = 0) -> Head:
    generator = torch.Generator().manual_seed(seed)
    weight, bias = torch.randn(n, WIDTH, generator=generator), torch.randn(n, generator=generator)
    return Head(tuple(f"w{i}" for i in range(n)), weight * 10 ** torch.linspace(-30, 30, n)[:, None], bias)


def again(head: Head, dtype: str) -> Head:
    return unpack_head(head.words, pack_head(head, dtype), WIDTH, source="here")


def test_a_weight_of_8_bits_is_off_by_half_a_step_of_its_row_at_most():
    head = make_head()
    found, step = again(head, "int8"), head.weight.abs().amax(dim=1, keepdim=True) / 127
    assert ((found.weight - head.weight).abs() <= 0.501 * step).all()  # scales are rounded up
    assert torch.equal(found.bias, head.bias)
    assert found.words == head.words


def test_8_bits_keep_what_they_kept():
    for seed in range(20):
        head = again(make_head(seed=seed), "int8")
        assert torch.equal(again(head, "int8").weight, head.weight)
        assert lossless_head_dtype(head) == "int8"


def test_rows_without_numbers_to_scale_stay_so():
    head = make_head(3)._replace(weight=torch.tensor([[0.0] * WIDTH, [1e-45] * WIDTH, [-3e38] * WIDTH]))
    found = again(head, "int8").weight
    assert not found[0].any()
    assert torch.allclose(found, head.weight)


def test_the_smallest_type_that_keeps_a_softmax():
    head = random_head(random_model())
    assert lossless_head_dtype(head) == "float32"
    head = head._replace(weight=head.weight.half().float(), bias=head.bias.half().float())
    assert lossless_head_dtype(head) == "float16"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A model whose softmax is of 8 bits, as of before there were digests."""
    model = random_model()
    model_directory.write(tmp_path, model, {}, head=random_head(model), dtype="float16", head_dtype="int8")
    return tmp_path


def test_a_model_directory_keeps_a_softmax_of_8_bits(stored: Path):
    tensors = load_file(stored / "softmax.safetensors")
    assert {name: t.dtype for name, t in tensors.items()} == {
        "weight": torch.int8,
        "scale": torch.float32,
        "bias": torch.float32,
    }
    assert model_directory.stored_dtype(stored) == "float16"
    model, meta, head = model_directory.read(stored)
    before = contents(stored)
    model_directory.write(stored, model, meta, head=head, dtype="float16", head_dtype="int8")
    assert contents(stored) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("scale"), "missing tensors: scale"),
        (lambda t: t.update(scale=t["scale"] * 0), "scale has values that are not above 0"),
        (lambda t: t.update(scale=-t["scale"]), "scale has values that are not above 0"),
        (lambda t: t.update(scale=t["scale"] / 0), "scale has NaN or infinite values"),
        (lambda t: t.update(scale=t["scale"][1:]), "scale has shape"),
        (lambda t: t.update(scale=t["scale"].to(torch.int8)), "scale is of type torch.int8; it must be one of float32"),
        (lambda t: t.update(scale=t["scale"] * 0 + 3e38), "weight times scale has NaN or infinite values"),
        (lambda t: t.update(weight=t["weight"].float()), "unexpected tensors: scale"),
        (lambda t: t.update(weight=t["weight"][:, 1:].contiguous()), "weight has shape"),
        (lambda t: t.update(weight=t["weight"].short()), "unexpected tensors: scale"),
        (lambda t: t.update(bias=t["bias"].to(torch.int8)), "bias is of type torch.int8; it must be one of float32"),
        (lambda t: t.update(more=t["bias"].clone()), "unexpected tensors: more"),
    ],
)
def test_what_a_file_says_is_checked(stored: Path, change: Callable[[Tensors], object], message: str):
    tensors = load_file(stored / "softmax.safetensors")
    change(tensors)
    save_file(tensors, stored / "softmax.safetensors")
    with pytest.raises(WeightsError, match=f"softmax.safetensors: {message}"):
        model_directory.read(stored)


def test_a_type_that_is_none_is_refused(tmp_path: Path):
    model = random_model()
    with pytest.raises(ValueError, match="head dtype = 'int4': must be one of float32, float16, int8"):
        model_directory.write(tmp_path / "model", model, {}, head=random_head(model), head_dtype="int4")
    with pytest.raises(ValueError, match="dtype = 'int8': must be one of float32, float16"):
        model_directory.write(tmp_path / "model", model, {}, dtype="int8")
    assert not (tmp_path / "model").exists()
