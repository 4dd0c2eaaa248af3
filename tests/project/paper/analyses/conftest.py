"""What shows that rows are kept."""

from collections.abc import Callable

import pytest


@pytest.fixture
def must_not_run() -> Callable:
    """A function that stands for the work that is done."""

    def fail(*args, **settings):
        raise AssertionError("it is kept, and is computed again")

    return fail
