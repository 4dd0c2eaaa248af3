"""Runs that are done side by side, with what is left of them and of the time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path
from threading import Event, Lock
from typing import Any, Protocol, TypeVar

from tqdm import tqdm
from wasabi import msg

from .processes import RunError


class Run(Protocol):
    """What is done: `name` is for people, `log` has what it prints."""

    @property
    def name(self) -> str: ...

    @property
    def log(self) -> Path: ...


AnyRun = TypeVar("AnyRun", bound=Run)


def work_off(
    runs: Sequence[AnyRun], do: Callable[[AnyRun], dict[str, Any]], keep: Callable[[dict[str, Any]], str], jobs: int
) -> None:
    """Do runs, some at a time. Those that fail are named at the end; an interruption is the end for those not started.

    Args:
        runs: What is to be done.
        do: Does it, and returns its result.
        keep: Is called with one result at a time, and returns a line about it.
        jobs: Runs at a time.

    Raises:
        RunError: Some failed, after all others are done; with what the first of them said, and the names of the others.
    """
    stopped, lock = Event(), Lock()
    done: list[str] = []  # a bar that is not shown does not count
    failed: dict[str, RunError] = {}
    start = time.monotonic()

    def work(run: AnyRun) -> None:
        if stopped.is_set():
            return
        tell(msg.info, f"{run.name}: started; its log is {run.log}")
        try:
            result = do(run)
        except RunError as error:
            if stopped.is_set():  # it was interrupted like all others
                return
            with lock:
                failed[run.name] = error
                bar.update()
                tell(msg.fail, f"{run.name}: failed, see {run.log}; the others go on")
            return
        except BaseException:
            stopped.set()
            raise
        with lock:
            line = keep(result)
            bar.update()
            done.append(line)
            ended = len(done) + len(failed)
            left = (time.monotonic() - start) / ended * (len(runs) - ended)
            rest = f", about {timedelta(seconds=round(left))} left" if left else ""
            tell(msg.good, f"{line} ({len(done)} of {len(runs)}{rest})")

    def tell(print_it: Callable[[str], object], text: str) -> None:
        with bar.external_write_mode():
            print_it(text)
            sys.stdout.flush()  # for those who read it through a pipe

    with tqdm(total=len(runs), desc="Runs", unit="run", disable=None) as bar, ThreadPoolExecutor(jobs) as pool:
        try:
            pending = [pool.submit(work, run) for run in runs]
            while pending:
                over = wait(pending, timeout=1, return_when=FIRST_COMPLETED).done
                bar.refresh()  # its clock goes on
                for finished in (future for future in pending if future in over):
                    finished.result()
                pending = [future for future in pending if future not in over]
        except BaseException:
            stopped.set()
            raise
    if failed:
        first, *others = failed
        raise RunError("\n".join([str(failed[first]), *([f"Failed as well: {', '.join(others)}"] if others else [])]))
