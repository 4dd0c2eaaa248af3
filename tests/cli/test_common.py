from pathlib import Path

import pytest

from spacy_elmo.cli.common import check_target, clear_errors, format_size, write_config
from spacy_elmo.formats import WeightsError
from spacy_elmo.util.files import WriteError
from tests.support.random_models import contents


@pytest.mark.parametrize("kind", [ValueError, WeightsError, OSError, WriteError, ImportError, UnicodeError])
def test_an_error_is_one_line_and_exit_code_1(kind: type[Exception], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught, clear_errors():
        raise kind("weights.hdf5: is broken")
    assert caught.value.code == 1
    (line,) = "".join(capsys.readouterr()).strip().splitlines()
    assert "weights.hdf5: is broken" in line


def test_a_block_without_an_error_says_nothing(capsys: pytest.CaptureFixture[str]):
    with clear_errors():
        done = True
    assert done
    assert capsys.readouterr() == ("", "")


def test_mistakes_of_our_own_keep_their_traceback():
    with pytest.raises(TypeError), clear_errors():
        raise TypeError


def test_a_target_may_be_missing_or_empty(tmp_path: Path):
    check_target(tmp_path / "missing", force=False)
    check_target(tmp_path, force=False)
    assert list(tmp_path.iterdir()) == []


def test_a_target_with_files_is_refused_unless_forced(tmp_path: Path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(ValueError, match=f"{tmp_path.name}: not empty; choose another place, or use --force"):
        check_target(tmp_path, force=False)
    check_target(tmp_path, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(("size", "text"), [(0, "0.0 MB"), (1_250_000, "1.2 MB"), (3_456_000_000, "3456.0 MB")])
def test_sizes_are_in_megabytes(size: int, text: str):
    assert format_size(size) == text


@pytest.mark.parametrize("force", [True, False])
def test_a_new_config_is_one_file_in_a_new_folder(tmp_path: Path, force: bool):
    write_config(tmp_path / "new" / "c.cfg", "[nlp]\nname = é", force=force)
    assert contents(tmp_path) == {str(Path("new", "c.cfg")): "[nlp]\nname = é\n".encode()}


def test_a_config_in_its_place_is_kept_once(tmp_path: Path):
    path = tmp_path / "c.cfg"
    path.write_bytes(b"mine")
    write_config(path, "first", force=False)
    kept = contents(tmp_path)
    assert kept == {"c.cfg": b"first\n", "c.cfg.bak": b"mine"}
    with pytest.raises(ValueError, match=r"c.cfg: exists, and so does c.cfg.bak; choose another name, or --force"):
        write_config(path, "second", force=False)
    assert contents(tmp_path) == kept
    write_config(path, "second", force=True)
    assert contents(tmp_path) == {"c.cfg": b"second\n", "c.cfg.bak": b"first\n"}


def test_a_copy_of_a_config_that_is_gone_is_in_nobodys_way(tmp_path: Path):
    (tmp_path / "c.cfg.bak").write_bytes(b"older")
    write_config(tmp_path / "c.cfg", "new", force=False)
    assert contents(tmp_path) == {"c.cfg": b"new\n", "c.cfg.bak": b"older"}


def test_a_config_that_cannot_be_written_leaves_all_as_it_was(tmp_path: Path):
    (tmp_path / "c.cfg").write_bytes(b"mine")
    with pytest.raises(UnicodeEncodeError):
        write_config(tmp_path / "c.cfg", "\ud800", force=False)
    assert contents(tmp_path) == {"c.cfg": b"mine"}
