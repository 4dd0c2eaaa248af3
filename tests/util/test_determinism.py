import pytest
import torch

from spacy_elmo.util.determinism import unique_indices


@pytest.fixture(params=["default", "warn", "error"])
def mode(request):
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode(request.param)
    yield torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode(before)


def test_no_order_is_asked_for_within(mode):
    with unique_indices():
        assert torch.get_deterministic_debug_mode() == 0


def test_the_mode_is_as_before_after_an_error(mode):
    with pytest.raises(KeyError), unique_indices():
        raise KeyError
    assert torch.get_deterministic_debug_mode() == mode
