import io
import json
import os
import re
import sys
import warnings
from pathlib import Path

import pytest
import torch
from click.exceptions import Exit
from matplotlib.figure import Figure
from thinc.api import ConfigValidationError
from typer.testing import CliRunner

from spacy_elmo.cli import app
from spacy_elmo.cli.common import (
    CLOSED,
    any_output,
    check_target,
    clear_errors,
    find_device,
    print_json,
    say,
    write_text,
)
from spacy_elmo.formats import WeightsError
from spacy_elmo.util.plots import save_figure
from spacy_elmo.util.staging import WriteError
from tests.support.random_models import contents


@pytest.mark.parametrize("kind", [ValueError, WeightsError, OSError, WriteError, ImportError, UnicodeError])
def test_an_error_is_one_line_and_exit_code_1(kind: type[Exception], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught, clear_errors():
        raise kind("weights.hdf5: is broken")
    assert caught.value.code == 1
    (line,) = "".join(capsys.readouterr()).strip().splitlines()
    assert "weights.hdf5: is broken" in line


@pytest.mark.parametrize(
    ("found", "cuda", "local_rank", "message"),
    [
        (0, None, 0, "--gpu-id 0: this torch, .*, is built for CPUs alone"),
        (0, "13.0", 0, "--gpu-id 0: torch finds no GPU; does `nvidia-smi` list one"),
        (2, "13.0", 2, "--gpu-id 2 of process 2: torch finds 2, which are numbered from 0"),
    ],
)
def test_a_gpu_that_is_not_there_is_an_error(found, cuda, local_rank, message, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: found)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.version, "hip", None, raising=False)
    with pytest.raises(ValueError, match=f"{message}.*; without --gpu-id, the CPU computes"):
        find_device(0, local_rank=local_rank)


def test_gpus_are_numbered_as_spacy_does_and_shared_out_by_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    assert str(find_device(-1)) == "cpu"
    assert str(find_device(0)) == "cuda:0"
    assert str(find_device(1, local_rank=2)) == "cuda:3"
    assert str(find_device(-1, local_rank=2)) == "cpu"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("command", ["pretrain {config} -o run", "perplexity {model} text", "benchmark {model}"])
def test_commands_say_that_there_is_no_gpu(command: str, tiny_model: Path, tmp_path: Path):
    (tmp_path / "c.cfg").touch()
    words = command.format(config=tmp_path / "c.cfg", model=tiny_model).split()
    result = CliRunner().invoke(app, [*words, "--gpu-id", "0"])
    assert result.exit_code == 1
    assert "--gpu-id 0: " in result.output
    assert isinstance(result.exception, SystemExit)


def test_an_end_of_memory_is_one_message(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught, clear_errors():
        raise MemoryError
    assert caught.value.code == 1
    assert "There is not enough memory; free some" in "".join(capsys.readouterr())


def test_a_warning_is_a_line_on_stderr(capsys: pytest.CaptureFixture[str]):
    with clear_errors():
        warnings.showwarning("words are missing", UserWarning, "file.py", 1)
    assert capsys.readouterr() == ("", "Warning: words are missing\n")


@pytest.mark.parametrize(("line", "icon"), [("Warning: much is <UNK>", "⚠"), ("text: 9 words", "ℹ")])
def test_lines_of_libraries_are_information_or_warnings(line: str, icon: str, capsys: pytest.CaptureFixture[str]):
    say(line)
    printed = capsys.readouterr().out
    assert re.search(rf"({icon}|\[.\]) {line.removeprefix('Warning: ')}", printed)
    assert "Warning" not in printed


def as_terminal(monkeypatch: pytest.MonkeyPatch, encoding: str) -> io.BytesIO:
    """Let what is printed go into bytes, as by a terminal of this encoding."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    return written


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_terminal_can_show_what_is_printed(encoding: str, monkeypatch: pytest.MonkeyPatch):
    written = as_terminal(monkeypatch, encoding)
    with any_output():
        print("Müller ✔ 天")
        print_json({"name": "Müller 天"})
    first, *rest = written.getvalue().decode(encoding).splitlines()
    assert first == "Müller ✔ 天".encode(encoding, "backslashreplace").decode(encoding)
    assert json.loads("".join(rest)) == {"name": "Müller 天"}
    assert sys.stdout.errors == "strict"


def test_a_closed_pipe_ends_a_command_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(sys, "stdout", os.fdopen(writer, "w"))
    with pytest.raises(SystemExit) as caught, any_output(), clear_errors():
        print("line\n" * 100_000)
    assert caught.value.code == CLOSED
    assert capsys.readouterr().err == ""


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


@pytest.mark.parametrize("force", [True, False])
def test_a_new_config_is_one_file_in_a_new_folder(tmp_path: Path, force: bool):
    write_text(tmp_path / "new" / "c.cfg", "[nlp]\nname = é", force=force)
    assert contents(tmp_path) == {str(Path("new", "c.cfg")): "[nlp]\nname = é\n".encode()}


def test_a_config_in_its_place_is_kept_once(tmp_path: Path):
    path = tmp_path / "c.cfg"
    path.write_bytes(b"mine")
    write_text(path, "first", force=False)
    kept = contents(tmp_path)
    assert kept == {"c.cfg": b"first\n", "c.cfg.bak": b"mine"}
    with pytest.raises(ValueError, match=r"c.cfg: exists, and so does c.cfg.bak; choose another name, or --force"):
        write_text(path, "second", force=False)
    assert contents(tmp_path) == kept
    write_text(path, "second", force=True)
    assert contents(tmp_path) == {"c.cfg": b"second\n", "c.cfg.bak": b"first\n"}


def test_a_copy_of_a_config_that_is_gone_is_in_nobodys_way(tmp_path: Path):
    (tmp_path / "c.cfg.bak").write_bytes(b"older")
    write_text(tmp_path / "c.cfg", "new", force=False)
    assert contents(tmp_path) == {"c.cfg": b"new\n", "c.cfg.bak": b"older"}


def test_a_config_that_cannot_be_written_leaves_all_as_it_was(tmp_path: Path):
    (tmp_path / "c.cfg").write_bytes(b"mine")
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "c.cfg", "\ud800", force=False)
    assert contents(tmp_path) == {"c.cfg": b"mine"}


def test_a_config_is_written_through_a_link_and_what_was_there_is_kept(tmp_path: Path):
    (tmp_path / "real.cfg").write_text("old")
    (tmp_path / "link.cfg").symlink_to("real.cfg")
    write_text(tmp_path / "link.cfg", "new", force=False)
    assert (tmp_path / "link.cfg").is_symlink()
    assert (tmp_path / "real.cfg").read_text() == "new\n"
    assert (tmp_path / "real.cfg.bak").read_text() == "old"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("path", [os.devnull, "pipe", "", "circle", "folder"])
def test_what_is_no_file_is_left_as_it_is(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("circle").symlink_to("circle")
    Path("folder").mkdir()
    before = {name: os.lstat(name) for name in (*os.listdir(), os.devnull)}
    with pytest.raises(WriteError, match="is left as it is; name a file"):
        write_text(Path(path), "new", force=True)
    assert {name: (found.st_ino, found.st_mode) for name, found in before.items()} == {
        name: (os.lstat(name).st_ino, os.lstat(name).st_mode) for name in (*os.listdir(), os.devnull)
    }


def test_what_a_killed_process_left_is_no_reason_to_refuse_a_directory(tmp_path: Path):
    (tmp_path / ".staged-here-1-abc").mkdir()
    check_target(tmp_path, force=False)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValueError, match="not empty"):
        check_target(tmp_path, force=False)


def test_a_circle_of_links_is_no_directory(tmp_path: Path):
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(ValueError, match="circle: a file, a device or a circle of links; name a directory"):
        check_target(tmp_path / "circle", force=True)


def test_messages_have_nothing_that_a_terminal_obeys(capsys: pytest.CaptureFixture[str]):
    with pytest.raises((SystemExit, Exit)), clear_errors():
        raise ValueError("\x1b]0;title\x07\x9b2J")
    printed = capsys.readouterr()
    assert "\\u001b]0;title\\u0007\\u009b2J" in printed.out + printed.err


def test_a_figure_is_drawn_through_a_link_and_not_onto_a_device(tmp_path: Path):
    (tmp_path / "link.svg").symlink_to("real.svg")
    save_figure(Figure(), tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert b"<svg" in (tmp_path / "real.svg").read_bytes()
    (tmp_path / "device.png").symlink_to(os.devnull)
    with pytest.raises(WriteError, match="is left as it is; name a file"):
        save_figure(Figure(), tmp_path / "device.png")


def test_a_config_that_does_not_fit_is_told_without_all_that_is_right(capsys: pytest.CaptureFixture[str]):
    errors = [{"loc": ["training", "batch_size"], "msg": "must be a whole number"}]
    with pytest.raises((SystemExit, Exit)), clear_errors():
        raise ConfigValidationError(config={"right": 1}, errors=errors)
    printed = "".join(capsys.readouterr())
    assert "batch_size" in printed
    assert "right" not in printed
