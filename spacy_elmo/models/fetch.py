"""Files from the network: what an earlier try left of one is gone on with, where the server can."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests
from tqdm import tqdm

from ..util.files import WeightsError, printable, read_json, write_json

TIMEOUT = 30  # seconds without a byte
TRIES = 3  # in a row that bring nothing new
PAUSE = 1.0  # seconds before the next one
CHUNK = 2**13  # bytes; what came of one is lost where a connection ends in it
LARGEST = 2**33  # bytes; no published model has as many


class DownloadError(OSError):
    """A file that cannot be had; the message names the address and says why."""

    def __init__(self, message: str):
        super().__init__(printable(message))


class _Broken(Exception):
    """A connection that ended too early; another one may bring the rest."""


def fetch(urls: Sequence[str], path: Path) -> None:
    """Download a file, as a whole or not at all.

    What has come lies in PATH.part. If the process ends, the next call goes on from there, as long as the server has
    the same file.

    Args:
        urls: Addresses of the same file; the next is tried where one fails.
        path: Where to put it.

    Raises:
        DownloadError: Where no address gives it.
    """
    problems = []
    for url in urls:
        try:
            _fetch(url, path)
            return
        except DownloadError as error:
            problems.append(str(error))
    raise DownloadError("; ".join(problems))


def _fetch(url: str, path: Path) -> None:
    part = _part(path)
    failures, most = 0, _size(part)
    while True:
        try:
            _receive(url, part, title=path.name)
            break
        except requests.exceptions.SSLError as error:
            raise DownloadError(f"{url}: no secure connection ({error})") from error
        except (_Broken, requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            size = _size(part)
            failures, most = (0, size) if size > most else (failures + 1, most)
            if failures == TRIES:
                kept = f"; {size:,} bytes are kept, and the same command goes on" if size else ""
                raise DownloadError(f"{url}: {_reason(error)}{kept}") from error
            time.sleep(PAUSE)
        except requests.RequestException as error:
            raise DownloadError(f"{url}: {_reason(error)}") from error
    part.replace(path)
    _note(part).unlink(missing_ok=True)


def _receive(url: str, part: Path, *, title: str) -> None:
    """Add to a part what the server has beyond it."""
    start, headers = _kept(url, part)
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink(missing_ok=True)
            raise _Broken("the server has less of it than came before")
        _check(response, url)
        if response.status_code != requests.codes.partial_content:
            start = 0
        elif not _goes_on(response, start, headers.get("If-Range")):
            part.unlink(missing_ok=True)
            raise _Broken("the server sent another part than it was asked for")
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else None
        _write(response, part, start, total, url=url, title=title)
    if total is not None and _size(part) != total:
        raise _Broken(f"the connection ended after {_size(part):,} of {total:,} bytes")


def _write(response: requests.Response, part: Path, start: int, total: int | None, *, url: str, title: str) -> None:
    try:
        if not start:
            part.unlink(missing_ok=True)  # before the note, which is true of no other part
            write_json(_note(part), {"url": url, "validator": _validator(response)})
        bar = tqdm(total=total, initial=start, unit="B", unit_scale=True, desc=title)
        with bar, part.open("ab") as file:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
                if file.tell() > LARGEST:
                    raise DownloadError(f"{url}: longer than {LARGEST:,} bytes; no model is")
    except DownloadError:
        part.unlink()
        raise
    except requests.RequestException:
        raise
    except OSError as error:
        raise DownloadError(
            f"{part}: cannot be written ({error.strerror or error}); make room, and try again"
        ) from error


def _check(response: requests.Response, url: str) -> None:
    """Refuse an answer that is not a file."""
    if response.status_code >= 500:
        raise _Broken(f"the server answers {response.status_code} {response.reason}")
    if response.status_code not in (requests.codes.ok, requests.codes.partial_content):
        raise DownloadError(f"{url}: the server answers {response.status_code} {response.reason}")
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise DownloadError(f"{url}: the server sent a web page in place of the file")


def _kept(url: str, part: Path) -> tuple[int, dict[str, str]]:
    """Return the bytes that are there of the same file, and what to ask the server for."""
    headers = {"Accept-Encoding": "identity"}
    try:
        note: dict[str, Any] = read_json(_note(part)) if part.exists() else {}
    except WeightsError:
        note = {}
    if note.get("url") != url or not isinstance(note.get("validator"), str) or not _size(part):
        return 0, headers
    start = _size(part)
    return start, {**headers, "Range": f"bytes={start}-", "If-Range": note["validator"]}


def _goes_on(response: requests.Response, start: int, validator: str | None) -> bool:
    """Return whether a part begins where it should, in the same file: not all servers look at If-Range."""
    span = re.fullmatch(r"bytes (\d+)-\d+/(?:\d+|\*)", response.headers.get("Content-Range", ""))
    return span is not None and int(span[1]) == start and _validator(response) in (None, validator)


def _validator(response: requests.Response) -> str | None:
    """Return what the server knows this very file by, None where it has nothing."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified")


def _reason(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return f"no answer for {TIMEOUT} seconds"
    if isinstance(error, requests.TooManyRedirects):
        return "the server sends in a circle"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection ended too early"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server; is there a network?"
    return str(error)


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
