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
    """Do runs, some at a time. The first that fails, or an interruption, is the end for those not started yet.

    Args:
        runs: What is to be done.
        do: Does it, and returns its result.
        keep: Is called with one result at a time, and returns a line about it.
        jobs: Runs at a time.
    """
    stopped, lock = Event(), Lock()
    done: list[str] = []  # a bar that is not shown does not count
    start = time.monotonic()

    def work(run: AnyRun) -> None:
        if stopped.is_set():
            return
        tell(msg.info, f"{run.name}: started; its log is {run.log}")
        try:
            result = do(run)
        except BaseException:
            stopped.set()
            raise
        with lock:
            line = keep(result)
            bar.update()
            done.append(line)
            left = (time.monotonic() - start) / len(done) * (len(runs) - len(done))
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
                ended = wait(pending, timeout=1, return_when=FIRST_COMPLETED).done
                bar.refresh()  # its clock goes on
                for finished in (future for future in pending if future in ended):
                    finished.result()
                pending = [future for future in pending if future not in ended]
        except BaseException:
            stopped.set()
            raise
