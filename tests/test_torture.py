"""The long tests, in short. In full: `python -m tests.torture`."""

import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


def test_files_with_changed_bytes_are_refused_or_read_as_they_were(tmp_path: Path):
    from tests.torture.fuzz import ENDS, FORMATS, fuzz

    found = list(fuzz(tmp_path, seconds=10))
    assert [name for name, _, _ in found] == list(FORMATS)
    assert all(set(ends) <= set(ENDS) and ends["refused"] for _, ends, _ in found)
    assert [case for _, _, cases in found for case in cases] == []


def test_a_long_run_changes_no_vector():
    from tests.torture.soak import soak

    said: list[str] = []
    assert soak(5000, say=said.append) <= 1e-5  # the promise for any batch
    assert len(said) > 5
