"""What the commands share."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from typer import Argument, Exit, Option, echo
from typer.core import TyperGroup
from wasabi import msg

from ..util.files import printable
from ..util.staging import file_to_write, is_stage, staged

if TYPE_CHECKING:
    import torch

WARNING = "Warning: "  # how lines of libraries begin that are more than information
CLOSED = 128 + 13  # the status of a program whose output nobody reads any more, as shells have it

WEIGHTS = "Model name, model directory or published weights"
PREDICTORS = f"{WEIGHTS}, with their softmax"
TEXTS = "Files of text, JSON lines, CoNLL-U, IOB or Docs; directories"

# Arguments and options of several commands
Weights: TypeAlias = Annotated[str, Argument(help=WEIGHTS)]
Corpus: TypeAlias = Annotated[list[str], Argument(help=f"{TEXTS}; -")]
Model: TypeAlias = Annotated[str, Option("--model", "-m", help=WEIGHTS)]
Lang: TypeAlias = Annotated[str | None, Option("--lang", "-l", help="Language whose tokenizer to use; the model's own")]
Tokenizer: TypeAlias = Annotated[
    str | None, Option("--tokenizer", help="Pipeline whose tokenizer to use, name or path; that of the language")
]
Lines: TypeAlias = Annotated[
    str,
    Option(help="What a line is: paragraphs, wrapped (parts of them) or sentences (tokenized, read as they are)"),
]
Key: TypeAlias = Annotated[str, Option("--key", help="Key of the text, or of its words, in JSON lines")]
InitialState: TypeAlias = Annotated[str, Option("--initial-state", help="Before each sentence: warm or zeros")]
OnError: TypeAlias = Annotated[str, Option("--on-error", help="Broken records: fail, or skip them")]
Processes: TypeAlias = Annotated[int | None, Option("--n-process", "-n", min=1, help="Processes; one for two cores")]
GpuId: TypeAlias = Annotated[int, Option("--gpu-id", "-g", min=-1, help="GPU to use, -1 for the CPU")]
AsJson: TypeAlias = Annotated[bool, Option("--json", help="Print JSON")]
Init: TypeAlias = Annotated[str | None, Option(help="Model to go on from: name, model directory or published weights")]
Name: TypeAlias = Annotated[str | None, Option(help="Name of the model")]
Facts: TypeAlias = Annotated[Path | None, Option(help="JSON file for meta.json; license_text goes to LICENSE")]
ConfigFile: TypeAlias = Annotated[Path, Argument(help="Config file to write, or - to print it")]
LangOfConfig: TypeAlias = Annotated[str, Option("--lang", "-l", help="Code of the language")]
ForceConfig: TypeAlias = Annotated[bool, Option("--force", "-F", help="Replace files, a kept one too")]
Force: TypeAlias = Annotated[bool, Option("--force", "-F", help="Write into a directory that has files")]


class Commands(TyperGroup):
    """Commands that can write to any terminal, and to pipes that are closed before all is written."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        with any_output():
            return super().invoke(ctx)


@contextmanager
def any_output() -> Iterator[None]:
    """Let the block print: characters that an encoding has not are spelled, and a closed pipe ends it quietly."""
    streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, io.TextIOWrapper)]
    errors = [stream.errors for stream in streams]
    for stream in streams:
        stream.reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()  # at exit, nothing could be done about a closed pipe
    except BrokenPipeError:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(CLOSED) from None
    finally:
        for stream, before in zip(streams, errors):
            stream.reconfigure(errors=before)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn an error of the block into one message and exit code 1, and a warning into a line on stderr."""
    shown = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if issubclass(category, UserWarning):
            echo(printable(f"{WARNING}{message}"), err=True)
        else:
            shown(message, category, *place, **more)

    warnings.showwarning = show
    try:
        yield
    except BrokenPipeError:
        raise
    except (ValueError, OSError, ImportError) as error:
        msg.fail(printable(_message(error)), exits=1)
    except MemoryError as error:
        reason = f" ({error})" if str(error) else ""
        msg.fail(f"There is not enough memory{reason}; free some, or take a smaller model or text", exits=1)
    finally:
        warnings.showwarning = shown


@contextmanager
def interruptible(output: Path) -> Iterator[None]:
    """Say at an interruption that what is done of an output is kept, and exit with the status that shells have."""
    try:
        yield
    except KeyboardInterrupt:
        msg.warn(printable(f"Interrupted: what is done of {output} is kept; the same command goes on"))
        raise Exit(128 + signal.SIGINT) from None


def _message(error: Exception) -> str:
    from thinc.api import ConfigValidationError

    if isinstance(error, ConfigValidationError):  # whose text ends in all settings around the one that is wrong
        error = ConfigValidationError.from_error(error, show_config=False)
    return str(error).strip()


def find_device(gpu_id: int, *, local_rank: int = 0) -> torch.device:
    """Return the device of a number as spaCy has them: -1 for the CPU, from 0 on for GPUs.

    Args:
        gpu_id: The number.
        local_rank: Of a process that `torchrun` started on this machine: each takes a GPU, from that number on.

    Raises:
        ValueError: There is no such GPU, with why.
    """
    import torch

    if gpu_id < 0:
        return torch.device("cpu")
    number, count = gpu_id + local_rank, torch.cuda.device_count()
    if number < count:
        return torch.device("cuda", number)
    if torch.version.cuda is None and torch.version.hip is None:
        why = f"this torch, {torch.__version__}, is built for CPUs alone; https://pytorch.org has the others"
    elif not count:
        why = "torch finds no GPU; does `nvidia-smi` list one?"
    else:
        why = f"torch finds {count}, which are numbered from 0"
    whose = f" of process {local_rank}" if local_rank else ""
    raise ValueError(f"--gpu-id {number}{whose}: {why}; without --gpu-id, the CPU computes")


def say(line: str) -> None:
    """Print a line that a library has for people."""
    (msg.warn if line.startswith(WARNING) else msg.info)(printable(line.removeprefix(WARNING)))


def print_json(values: object) -> None:
    """Print values as JSON, in characters that the terminal has."""
    is_unicode = "utf" in (sys.stdout.encoding or "").lower()
    print(printable(json.dumps(values, indent=2, ensure_ascii=not is_unicode)))


def check_target(dest: Path, *, force: bool) -> None:
    """Check that a directory can be written to without mixing its files with others.

    Args:
        dest: The directory, which may be missing.
        force: Whether other files do not matter.

    Raises:
        ValueError: Where it has files already, or is no directory.
    """
    if os.path.lexists(dest) and not dest.is_dir():
        raise ValueError(f"{dest}: a file, a device or a circle of links; name a directory")
    if dest.is_dir() and not force and not all(is_stage(path) for path in dest.iterdir()):
        raise ValueError(f"{dest}: not empty; choose another place, or use --force to replace the model in it")


def write_text(path: Path, text: str, *, force: bool) -> None:
    """Write a text file, as a whole or not at all.

    A file in its place may have been edited by hand: it is kept as NAME.bak, once.

    Args:
        path: The file.
        text: Its text, without the last line end.
        force: Whether to replace a file that was kept before.

    Raises:
        ValueError: Where a file was kept before.
        WriteError: Where the file cannot be written, or the path names something else than a file.
    """
    file = file_to_write(path)
    kept = file.with_name(f"{file.name}.bak")
    if file.exists() and os.path.lexists(kept) and not force:
        raise ValueError(f"{path}: exists, and so does {kept.name}; choose another name, or --force to replace both")
    with staged(file.parent, [file.name]) as stage:
        if file.exists():
            shutil.copy2(file, stage / kept.name)
        (stage / file.name).write_text(text + "\n", encoding="utf8")
