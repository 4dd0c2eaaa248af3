"""A server on this machine that does what servers do to downloads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Manners(NamedTuple):
    """How a server gives a file.

    Attributes:
        content: The file.
        status: Of the answer.
        kind: Its Content-Type.
        ranges: Whether parts can be asked for.
        break_at: Bytes of the file after which each connection ends. 0 for none.
        length: What it says that the length is. None for the truth, -1 for nothing.
        location: Where it sends to.
        tag: What it knows the file by; "" for nothing.
        careful: Whether it looks if a part is asked for of the file that it has.
        shift: What it adds to the start of the parts that it is asked for.
    """

    content: bytes = b""
    status: int = 200
    kind: str = "application/octet-stream"
    ranges: bool = True
    break_at: int = 0
    length: int | None = None
    location: str = ""
    tag: str = '"1"'
    careful: bool = True
    shift: int = 0


class Server:
    """Files by their path, and what was asked for."""

    def __init__(self, port: int):
        self.address = f"http://127.0.0.1:{port}"
        self.files: dict[str, Manners] = {}
        self.requests: list[tuple[str, str | None]] = []  # path and range


@contextmanager
def serve() -> Iterator[Server]:
    """Run a server for as long as the block lasts."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.found = Server(httpd.server_port)  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield httpd.found  # type: ignore[attr-defined]
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: Server = self.server.found  # type: ignore[attr-defined]
        span = self.headers.get("Range")
        server.requests.append((self.path, span))
        file = server.files.get(self.path, Manners(b"no such file", status=404))
        start = 0
        if span and file.ranges and (not file.careful or self.headers.get("If-Range") in (None, file.tag)):
            start = int(span.removeprefix("bytes=").removesuffix("-")) + file.shift
        if start >= len(file.content) > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else file.status)
        rest = file.content[start:]
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(file.content) - 1}/{len(file.content)}")
        if file.location:
            self.send_header("Location", file.location)
        if file.tag:
            self.send_header("ETag", file.tag)
        if file.length != -1:
            self.send_header("Content-Length", str(len(rest) if file.length is None else file.length))
        self.send_header("Content-Type", file.kind)
        self.end_headers()
        self.wfile.write(rest[: file.break_at or None])

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""
