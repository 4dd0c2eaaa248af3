from collections.abc import Iterator
from pathlib import Path

import pytest

from spacy_elmo.models import fetch as module
from spacy_elmo.models.fetch import DownloadError, fetch
from tests.support.server import Manners, Server, serve

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(module, "PAUSE", 0.0)
    with serve() as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


def left(file: Path) -> set[str]:
    return {path.name for path in file.parent.iterdir()}


def ranges(server: Server) -> list[str | None]:
    return [span for _, span in server.requests]


def test_a_file_comes_as_it_is(server: Server, file: Path):
    server.files["/a"] = Manners(CONTENT)
    fetch([f"{server.address}/a"], file)
    assert file.read_bytes() == CONTENT
    assert left(file) == {"file"}


def test_a_connection_that_breaks_off_is_gone_on_with(server: Server, file: Path):
    server.files["/a"] = Manners(CONTENT, break_at=100_000)
    fetch([f"{server.address}/a"], file)
    assert file.read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=98304-", "bytes=196608-"]  # whole chunks of what came


def test_a_later_call_goes_on_with_what_is_there(server: Server, file: Path):
    server.files["/a"] = Manners(CONTENT, length=len(CONTENT) + 1)  # which never ends as it says
    with pytest.raises(DownloadError, match="bytes are kept, and the same command goes on"):
        fetch([f"{server.address}/a"], file)
    (file.parent / "file.part").write_bytes(CONTENT[:1000])  # as if killed there
    server.files["/a"] = Manners(CONTENT)
    server.requests.clear()
    fetch([f"{server.address}/a"], file)
    assert file.read_bytes() == CONTENT
    assert ranges(server) == ["bytes=1000-"]


def test_a_server_without_ranges_gives_the_file_anew(server: Server, file: Path):
    server.files["/a"] = Manners(CONTENT, break_at=1000, ranges=False)
    with pytest.raises(DownloadError, match=r"the connection ended"):
        fetch([f"{server.address}/a"], file)
    server.files["/a"] = Manners(CONTENT, ranges=False)
    fetch([f"{server.address}/a"], file)
    assert file.read_bytes() == CONTENT


def test_a_part_of_another_file_is_not_gone_on_with(server: Server, file: Path):
    server.files["/a"] = Manners(b"x" * 5000, break_at=1000, ranges=False)
    with pytest.raises(DownloadError):
        fetch([f"{server.address}/a"], file)
    server.files["/a"] = Manners(CONTENT, tag='"2"')
    fetch([f"{server.address}/a"], file)
    assert file.read_bytes() == CONTENT


def test_a_server_that_does_not_look_whether_the_file_has_changed_is_noticed(server: Server, file: Path):
    server.files["/a"] = Manners(b"x" * 50_000, break_at=20_000, ranges=False)
    with pytest.raises(DownloadError):
        fetch([f"{server.address}/a"], file)
    server.files["/a"] = Manners(CONTENT, tag='"2"', careful=False)
    fetch([f"{server.address}/a"], file)
    assert file.read_bytes() == CONTENT
    assert ranges(server)[-2:] == ["bytes=16384-", None]


@pytest.mark.parametrize("manners", [{"tag": ""}, {"tag": 'W/"1"'}], ids=["none", "weak"])
def test_a_file_that_the_server_cannot_tell_from_others_comes_anew(server: Server, file: Path, manners: dict):
    server.files["/a"] = Manners(CONTENT, break_at=1000, **manners)
    with pytest.raises(DownloadError):
        fetch([f"{server.address}/a"], file)
    server.files["/a"] = Manners(CONTENT, **manners)
    fetch([f"{server.address}/a"], file)
    assert file.read_bytes() == CONTENT
    assert set(ranges(server)) == {None}


def test_another_part_than_asked_for_is_thrown_away(server: Server, file: Path):
    server.files["/a"] = Manners(CONTENT, break_at=1000, shift=7)
    with pytest.raises(DownloadError):
        fetch([f"{server.address}/a"], file)
    server.files["/a"] = Manners(CONTENT)
    fetch([f"{server.address}/a"], file)
    assert file.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_thrown_away(server: Server, file: Path):
    server.files["/a"] = Manners(CONTENT, length=len(CONTENT) + 1)
    with pytest.raises(DownloadError):
        fetch([f"{server.address}/a"], file)
    (file.parent / "file.part").write_bytes(CONTENT * 2)
    server.files["/a"] = Manners(CONTENT)
    fetch([f"{server.address}/a"], file)
    assert file.read_bytes() == CONTENT


def test_a_length_is_not_needed(server: Server, file: Path):
    server.files["/a"] = Manners(CONTENT, length=-1)
    fetch([f"{server.address}/a"], file)
    assert file.read_bytes() == CONTENT


def test_redirects_are_followed(server: Server, file: Path):
    server.files |= {"/a": Manners(status=302, location="/b"), "/b": Manners(CONTENT)}
    fetch([f"{server.address}/a"], file)
    assert file.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("manners", "message"),
    [
        (Manners(b"gone", status=404), "/a: the server answers 404 Not Found"),
        (Manners(b"busy", status=503), "/a: the server answers 503 Service Unavailable"),
        (Manners(b"<html>", kind="text/html; charset=utf-8"), "/a: the server sent a web page in place of the file"),
        (Manners(status=302, location="/a"), "/a: the server sends in a circle"),
    ],
    ids=["404", "503", "page", "circle"],
)
def test_what_is_no_file_is_refused(server: Server, file: Path, manners: Manners, message: str):
    server.files["/a"] = manners
    with pytest.raises(DownloadError, match=message):
        fetch([f"{server.address}/a"], file)
    assert left(file) == set()


def test_a_server_that_is_not_there_is_named(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "PAUSE", 0.0)
    with serve() as server:
        pass
    with pytest.raises(DownloadError, match=f"{server.address}/a: no connection to the server; is there a network"):
        fetch([f"{server.address}/a"], file)
    assert left(file) == set()


def test_another_address_of_the_same_file_is_tried(server: Server, file: Path):
    server.files["/b"] = Manners(CONTENT)
    fetch([f"{server.address}/a", f"{server.address}/b"], file)
    assert file.read_bytes() == CONTENT


def test_all_addresses_that_fail_are_named(server: Server, file: Path):
    with pytest.raises(DownloadError, match=r"/a: the server answers 404.*; .*/b: the server answers 404"):
        fetch([f"{server.address}/a", f"{server.address}/b"], file)


def test_a_file_without_end_is_refused(server: Server, file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "LARGEST", 10_000)
    server.files["/a"] = Manners(CONTENT, length=-1)
    with pytest.raises(DownloadError, match="longer than 10,000 bytes"):
        fetch([f"{server.address}/a"], file)


def test_what_cannot_be_written_is_named(server: Server, file: Path):
    server.files["/a"] = Manners(CONTENT)
    with pytest.raises(DownloadError, match=r"file\.part: cannot be written"):
        fetch([f"{server.address}/a"], file.parent / "missing" / "file")
