from pathlib import Path

import pytest

from spacy_elmo.pretraining.loop.plot import plot_history
from spacy_elmo.util.staging import WriteError

HISTORY = [{"words": n, "loss": 5.0 / n, "forward": 100.0 / n, "backward": 120.0 / n} for n in range(1, 4)]


def test_a_run_becomes_a_picture(tmp_path: Path):
    pytest.importorskip("matplotlib")
    assert plot_history(HISTORY, tmp_path / "loss.png")
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written_is_an_error_that_names_its_place(tmp_path: Path):
    pytest.importorskip("matplotlib")
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="file"):
        plot_history(HISTORY, tmp_path / "file" / "loss.png")


def test_without_matplotlib_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    assert not plot_history(HISTORY, tmp_path / "loss.png")
    assert list(tmp_path.iterdir()) == []
