import io
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from spacy_elmo.formats import WeightsError
from spacy_elmo.models import catalogue, fetch
from spacy_elmo.models.catalogue import Published, PublishedFile
from spacy_elmo.models.download import download
from spacy_elmo.models.fetch import DownloadError
from spacy_elmo.models.load import find_model, load_model
from spacy_elmo.util.lock import LockedError, lock
from spacy_elmo.util.staging import WriteError
from tests.support.reference import make_options, random_weights, write_files
from tests.support.server import Manners, Server, serve

NAME = "xx_model"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The two files of a published model."""
    options = make_options()
    folder = write_files(tmp_path_factory.mktemp("published"), random_weights(options), options).parent
    return {
        "options.json": next(folder.glob("*options.json")).read_bytes(),
        "weights.hdf5": next(folder.glob("*.hdf5")).read_bytes(),
    }


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPACY_ELMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fetch, "PAUSE", 0.0)
    return tmp_path / "cache"


@pytest.fixture
def server(cache: Path) -> Iterator[Server]:
    with serve() as server:
        yield server


@pytest.fixture
def publish(server: Server, monkeypatch: pytest.MonkeyPatch):
    """Return a function that puts files on the server, and a model of them into the catalogue."""

    def publish(files: dict[str, bytes], *, archive: str | None = None, checksum: str | None = None, **facts) -> None:
        server.files |= {f"/{name}": Manners(content) for name, content in files.items()}
        listed = tuple(PublishedFile(name, (f"{server.address}/{name}",), checksum) for name in files)
        nothing = dict.fromkeys(("lang", "domain", "dimensions", "parameters", "bytes", "license"))
        given = {**nothing, "format": "allennlp", "page": "https://example.org", "archive": archive, **facts}
        model = Published(name=NAME, files=listed, **given)
        monkeypatch.setattr(catalogue, "read_catalogue", lambda: {NAME: model})

    return publish


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def test_a_downloaded_model_is_found_by_its_name(publish, files, cache: Path):
    publish(files)
    assert download(NAME) == find_model(NAME) == cache / NAME
    assert load_model(NAME).model.config.n_layers == 2
    assert names(cache) == {NAME, f"{NAME}.json"}


def test_a_downloaded_model_says_what_the_catalogue_knows(publish, files):
    publish(files, lang="pt", license="CC0", domain="Wikipedia")
    download(NAME)
    meta = load_model(NAME).meta
    assert [meta[key] for key in ("name", "lang", "license", "training_data")] == [NAME, "pt", "CC0", "Wikipedia"]
    assert "license" not in load_model(find_model(NAME)).meta


def test_a_name_that_is_not_downloaded_says_the_command(publish, files):
    publish(files)
    with pytest.raises(WeightsError, match=f"{NAME}.*not downloaded.*python -m spacy elmo download {NAME}"):
        find_model(NAME)


def test_a_model_that_is_there_is_not_downloaded_again(publish, files, server: Server):
    publish(files)
    first = download(NAME)
    server.requests.clear()
    assert download(NAME) == first
    assert server.requests == []


def test_files_that_have_changed_are_named(publish, files, cache: Path):
    publish(files)
    download(NAME)
    (cache / NAME / "weights.hdf5").write_bytes(b"x")
    with pytest.raises(WeightsError, match=r"weights\.hdf5: not the file that was downloaded.*remove .* again"):
        download(NAME)


def test_a_file_that_is_gone_is_named(publish, files, cache: Path):
    publish(files)
    download(NAME)
    (cache / NAME / "options.json").unlink()
    with pytest.raises(WeightsError, match=r"options\.json: not the file that was downloaded"):
        download(NAME)


def test_an_interrupted_download_goes_on(publish, files, server: Server, cache: Path):
    publish(files)
    server.files["/weights.hdf5"] = Manners(files["weights.hdf5"], length=len(files["weights.hdf5"]) + 1)
    with pytest.raises(DownloadError, match="the same command goes on"):
        download(NAME)
    assert NAME not in names(cache)
    publish(files)
    (cache / f".partial-{NAME}" / "weights.hdf5.part").write_bytes(files["weights.hdf5"][:100])
    server.requests.clear()
    download(NAME)
    assert server.requests == [("/weights.hdf5", "bytes=100-")]
    assert load_model(NAME)


@pytest.mark.parametrize(
    "content", [b"<!doctype html>", b"", b"\x89HDF\r\n\x1a\n cut short"], ids=["page", "empty", "cut"]
)
def test_what_is_no_model_leaves_nothing(publish, files, cache: Path, content: bytes):
    publish({**files, "weights.hdf5": content})
    with pytest.raises(DownloadError, match=f"{NAME}: what was downloaded is not the model"):
        download(NAME)
    assert names(cache) == set()


def test_a_shorter_length_than_the_file_is_noticed(publish, files, server: Server, cache: Path):
    publish(files)
    server.files["/weights.hdf5"] = Manners(files["weights.hdf5"], length=1000, break_at=1000)
    with pytest.raises(DownloadError, match="is not the model"):
        download(NAME)
    assert names(cache) == set()


def test_a_wrong_checksum_is_refused(publish, files, cache: Path):
    publish(files, checksum="md5:00")
    with pytest.raises(DownloadError, match=r"not the file that its authors state \(md5:00\); try again"):
        download(NAME)
    assert NAME not in names(cache)


def test_another_file_than_the_first_time_is_refused(publish, files, cache: Path):
    publish(files)
    download(NAME)
    shutil.rmtree(cache / NAME)
    publish({**files, "options.json": files["options.json"] + b"\n"})
    with pytest.raises(DownloadError, match=rf"came the first time, as .*{NAME}\.json has it; if you trust"):
        download(NAME)
    (cache / f"{NAME}.json").unlink()
    assert download(NAME)


@pytest.mark.parametrize(("kind", "pack"), [("zip", zipped), ("tar", tarred)])
def test_weights_are_taken_out_of_an_archive_and_nothing_else(publish, files, cache: Path, kind: str, pack):
    packed = {f"../../{name}": content for name, content in files.items()}
    publish({"model.archive": pack({**packed, "../vocab.txt": b"a"})}, archive=kind)
    assert load_model(download(NAME))
    assert names(cache / NAME) == {"options.json", "weights.hdf5"}
    assert names(cache.parent) == {"cache"}


def test_an_archive_may_come_in_parts(publish, files):
    whole = tarred(files)
    publish({"a.part-00": whole[:1000], "a.part-01": whole[1000:]}, archive="tar")
    assert load_model(download(NAME))


@pytest.mark.parametrize(("kind", "pack"), [("zip", zipped), ("tar", tarred)])
def test_an_archive_that_is_cut_is_refused(publish, files, cache: Path, kind: str, pack):
    publish({"model.archive": pack(files)[:-200]}, archive=kind)
    with pytest.raises(DownloadError, match=r"model\.archive is not a whole archive"):
        download(NAME)
    assert names(cache) == set()


def test_an_archive_without_weights_is_refused(publish, files, cache: Path):
    publish({"a": zipped({"options.json": files["options.json"]})}, archive="zip")
    with pytest.raises(DownloadError, match="what was downloaded is not the model"):
        download(NAME)
    assert names(cache) == set()


def test_a_record_that_was_changed_by_hand_is_not_believed(publish, files, cache: Path):
    publish(files)
    download(NAME)
    (cache / f"{NAME}.json").write_text('{"contents": {"options.json": 1}}', encoding="utf8")
    with pytest.raises(WeightsError, match=r"options\.json: not the file that was downloaded"):
        download(NAME)


def test_an_archive_with_two_models_is_refused(publish, files):
    publish({"a": zipped({**files, "other.hdf5": b""})}, archive="zip")
    with pytest.raises(DownloadError, match=r"two files for weights\.hdf5"):
        download(NAME)


def test_an_archive_that_is_not_unpacked_is_given_by_its_path(publish, cache: Path):
    publish({"1.zip": zipped({"config.json": b"{}"})}, format="elmoformanylangs")
    assert download(NAME) == find_model(NAME) == cache / NAME / "1.zip"


def test_a_damaged_archive_that_is_not_unpacked_is_refused(publish, cache: Path):
    content = zipped({"a": b"x" * 1000})
    publish({"1.zip": content.replace(b"x" * 10, b"y" * 10, 1)}, format="elmoformanylangs")
    with pytest.raises(DownloadError, match="a in it is damaged"):
        download(NAME)
    assert names(cache) == set()


def test_a_model_without_an_address_names_its_authors(publish):
    publish({})
    with pytest.raises(WeightsError, match=r"no address of its weights is known; its authors are at https://example\."):
        download(NAME)


def test_an_unknown_name_is_refused(cache: Path):
    with pytest.raises(
        WeightsError, match="no published model is named 'en_allennlp_smal'; did you mean en_allennlp_sm"
    ):
        download("en_allennlp_smal")


def test_two_downloads_of_a_model_do_not_meet(publish, files, cache: Path):
    publish(files)
    cache.mkdir()
    with (
        lock(cache / f".{NAME}.lock", doing="is downloading"),
        pytest.raises(LockedError, match=f"is downloading {NAME}"),
    ):
        download(NAME)


def test_a_cache_that_cannot_be_written_is_named(publish, files, cache: Path):
    publish(files)
    cache.write_text("a file")
    with pytest.raises(WriteError, match="cache: cannot be written .*SPACY_ELMO_CACHE names another place"):
        download(NAME)
