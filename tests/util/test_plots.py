from pathlib import Path

import pytest

from spacy_elmo.util.plots import save_figure
from spacy_elmo.util.staging import WriteError
from tests.support.random_models import contents, read_only

pytest.importorskip("matplotlib")
from matplotlib.figure import Figure

STARTS = {"a.png": b"\x89PNG", "a.svg": b"<?xml", "a.pdf": b"%PDF", "a": b"\x89PNG", "a.b.PNG": b"\x89PNG"}


@pytest.fixture
def figure() -> Figure:
    figure = Figure(figsize=(1, 1), dpi=50)
    figure.subplots().plot([1, 2], [2, 1])
    return figure


class Broken(Figure):
    """A figure that fails when half of it is drawn."""

    def draw(self, renderer: object) -> None:
        super().draw(renderer)
        raise RuntimeError("no font")


@pytest.mark.parametrize("name", STARTS)
def test_the_suffix_says_the_format_and_png_is_the_default(figure: Figure, name: str, tmp_path: Path):
    save_figure(figure, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(STARTS[name])


def test_nothing_else_is_left_in_a_folder_that_is_made(figure: Figure, tmp_path: Path):
    save_figure(figure, tmp_path / "new" / "folder" / "a.png")
    assert [file.name for file in (tmp_path / "new" / "folder").iterdir()] == ["a.png"]


def test_a_file_in_its_place_is_replaced_and_others_are_kept(figure: Figure, tmp_path: Path):
    for name in ("a.svg", "mine.svg"):
        (tmp_path / name).write_text("old", encoding="utf8")
    save_figure(figure, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_bytes().endswith(b"</svg>\n")
    assert (tmp_path / "mine.svg").read_text(encoding="utf8") == "old"


def test_an_unknown_format_is_refused_and_nothing_is_written(figure: Figure, tmp_path: Path):
    with pytest.raises(ValueError, match="foo.*png"):
        save_figure(figure, tmp_path / "new" / "a.foo")
    assert list(tmp_path.iterdir()) == []


def test_a_figure_that_cannot_be_drawn_leaves_the_old_file(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="no font"):
        save_figure(Broken(), tmp_path / "a.png")
    assert contents(tmp_path) == {"a.png": b"old"}


def test_a_folder_that_is_read_only_is_named_and_keeps_the_old_file(figure: Figure, tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"old")
    with read_only(tmp_path), pytest.raises(WriteError, match=f"{tmp_path.name}: cannot be written"):
        save_figure(figure, tmp_path / "a.png")
    assert contents(tmp_path) == {"a.png": b"old"}


def test_a_file_in_place_of_the_folder_is_named(figure: Figure, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="file: cannot be written"):
        save_figure(figure, tmp_path / "file" / "a.png")
