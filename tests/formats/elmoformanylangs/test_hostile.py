"""Files that are broken, cut off, or made to do harm: a message that names the file, and nothing else happens."""

import os
import pickle
import shutil
import stat
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spacy_elmo.formats import WeightsError, elmoformanylangs, load
from tests.support.lexicon_models import make_published, write_published, write_zip

MODEL = make_published()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_published(tmp_path_factory.mktemp("models") / "136", MODEL)


@pytest.fixture
def folder(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "136"))


def encoder(**changes: Any) -> dict[str, Any]:
    return {**{name: torch.from_numpy(values) for name, values in MODEL.encoder.items()}, **changes}


class Payload:
    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self) -> tuple[Callable, tuple]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("name", ["encoder.pkl", "token_embedder.pkl"])
@pytest.mark.parametrize("how", ["pickle", "legacy", "new", "beside tensors"])
def test_a_pickle_with_a_payload_is_refused_and_not_run(folder: Path, tmp_path: Path, name: str, how: str):
    payload = Payload(tmp_path / "harm")
    if how == "pickle":
        (folder / name).write_bytes(pickle.dumps(payload, protocol=2))
    else:
        values = encoder(more=payload) if how == "beside tensors" else payload
        torch.save(values, folder / name, _use_new_zipfile_serialization=how == "new")
    with pytest.raises(WeightsError, match=f"{name}: (names .*mkdir, and only tensors|not a whole file of tensors)"):
        load(folder)
    assert not (tmp_path / "harm").exists()


WHOLE = "encoder.pkl: not a whole file of tensors"
OTHER = "encoder.pkl: holds something else than tensors by their names"
CELL = "forward_layer_0.state_projection.weight"
CONTENTS: dict[str, tuple[Any, str]] = {
    "bytes of nothing": (b"", WHOLE),
    "any bytes": (b"\x07" * 999, WHOLE),
    "the start of a zip": (b"PK\x03\x04" + b"x" * 99, WHOLE),
    "a list": ([torch.zeros(3)], OTHER),
    "a tensor": (torch.zeros(3), OTHER),
    "numbers": ({"a": 1}, OTHER),
    "names that are no text": ({1: torch.zeros(3)}, OTHER),
    "a sparse tensor": (encoder(**{CELL: torch.zeros(6, 11).to_sparse()}), OTHER),
    "no memory": (encoder(**{CELL: torch.zeros(6, 11, device="meta")}), OTHER),
    "one too few": ({CELL: torch.zeros(6, 11)}, "encoder.pkl: missing tensors: backward_layer_0"),
    "one too many": (encoder(more=torch.zeros(3)), "encoder.pkl: unexpected tensors: more"),
    "another shape": (encoder(**{CELL: torch.zeros(6, 12)}), f"{CELL} has shape .*6, 12.* where .*6, 11"),
    "a shape without memory": (encoder(**{CELL: torch.zeros(1).expand(2**40)}), f"{CELL} has shape"),
    "another type": (encoder(**{CELL: torch.zeros(6, 11, dtype=torch.int64)}), f"{CELL} is of type torch.int64"),
    "not a number": (encoder(**{CELL: torch.full((6, 11), np.nan)}), f"{CELL} has NaN or infinite"),
}


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("name", CONTENTS)
def test_pickles_of_something_else_are_refused(folder: Path, name: str, legacy: bool):
    content, message = CONTENTS[name]
    if isinstance(content, bytes):
        (folder / "encoder.pkl").write_bytes(content)
    else:
        torch.save(content, folder / "encoder.pkl", _use_new_zipfile_serialization=not legacy)
    with pytest.raises(WeightsError, match=message):
        load(folder)


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
def test_a_pickle_that_is_cut_off_is_refused(tmp_path: Path, legacy: bool, share: float):
    folder = write_published(tmp_path / "136", MODEL, legacy=legacy)
    data = (folder / "encoder.pkl").read_bytes()
    (folder / "encoder.pkl").write_bytes(data[: int(share * len(data))])
    with pytest.raises(WeightsError, match=f"{WHOLE}|encoder.pkl: names torch.* it is broken"):
        load(folder)


def test_a_state_of_an_ordered_dict_is_fine(folder: Path):
    """As PyTorch 0.4 wrote it."""
    state: OrderedDict[str, torch.Tensor] = OrderedDict(encoder())
    state._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]
    torch.save(state, folder / "encoder.pkl", _use_new_zipfile_serialization=False)
    assert load(folder).model.config.n_layers == 2


def test_a_pickle_larger_than_the_model_is_not_read(folder: Path):
    with (folder / "encoder.pkl").open("ab") as file:
        file.truncate(2**33)
    with pytest.raises(WeightsError, match="encoder.pkl: 8,589,934,592 bytes, where the model needs .* at most"):
        load(folder)


def test_a_pickle_that_unpacks_to_more_than_the_model_is_not_read(folder: Path):
    with zipfile.ZipFile(folder / "encoder.pkl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(2**26))
    with pytest.raises(WeightsError, match="encoder.pkl: larger when it is unpacked than the model"):
        load(folder)


def test_dimensions_beyond_all_memory_are_refused_before_any_is_taken(folder: Path):
    path = folder / "configs/cnn_50_100_512_4096_sample.json"
    path.write_text(path.read_text(encoding="utf8").replace('"dim": 11', '"dim": 1048576'), encoding="utf8")
    path.write_text(path.read_text(encoding="utf8").replace('"projection_dim": 6', '"projection_dim": 1048576'))
    with pytest.raises(WeightsError, match=r"(encoder|token_embedder).pkl: (needs .* GB of memory|.*has shape)"):
        load(folder)


@pytest.mark.parametrize("name", ["config.json", "char.dic", "word.dic", "encoder.pkl", "token_embedder.pkl"])
def test_a_missing_file_is_named(folder: Path, tmp_path: Path, name: str):
    (folder / name).unlink()
    with pytest.raises(WeightsError, match=f"{name}: no such file"):
        load(folder)
    with pytest.raises(WeightsError, match=f"136.zip: {name}: not in the archive"):
        load(write_zip(tmp_path / "136.zip", folder))


@pytest.mark.parametrize(("name", "line"), [("char.dic", 2), ("word.dic", 3)])
def test_text_that_is_not_utf8_is_named_with_its_line(folder: Path, name: str, line: int):
    lines = (folder / name).read_bytes().split(b"\n")
    lines[line - 1] = b"\xff\xfe\t5"
    (folder / name).write_bytes(b"\n".join(lines))
    with pytest.raises(WeightsError, match=f"{name}:{line}: not UTF-8 text"):
        load(folder)


@pytest.mark.parametrize("entry", ["<bow>", "<eow>", "<oov>", "<pad>", "<bos>", "<eos>"])
def test_a_lexicon_must_have_the_special_entries(folder: Path, entry: str):
    text = (folder / "char.dic").read_text(encoding="utf8")
    (folder / "char.dic").write_text(text.replace(f"{entry}\t", "other\t"), encoding="utf8")
    with pytest.raises(WeightsError, match=f"char.dic: {entry} missing"):
        load(folder)


def test_a_lexicon_of_another_size_is_refused(folder: Path):
    with (folder / "word.dic").open("ab") as file:
        file.write(f"more\t{len(MODEL.words)}\n".encode())
    with pytest.raises(WeightsError, match="token_embedder.pkl: word_emb_layer.embedding.weight has shape"):
        load(folder)


def test_links_out_of_the_folder_are_not_followed(folder: Path, tmp_path: Path):
    shutil.move(folder / "word.dic", tmp_path / "word.dic")
    (folder / "word.dic").symlink_to(tmp_path / "word.dic")
    with pytest.raises(WeightsError, match="word.dic: a link that leads out"):
        load(folder)


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/evil", "C:\\evil", "a\\..\\evil"])
def test_a_member_that_leads_out_of_the_archive_is_refused(folder: Path, tmp_path: Path, name: str):
    path = write_zip(tmp_path / "136.zip", folder)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "x")
    with pytest.raises(WeightsError, match="136.zip: the member '.*evil' leads out of the archive"):
        load(path)
    assert sorted(os.listdir(tmp_path)) == ["136", "136.zip"]


def test_a_link_in_an_archive_is_refused(folder: Path, tmp_path: Path):
    path = write_zip(tmp_path / "136.zip", folder)
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(WeightsError, match="136.zip: the member 'link' is a link"):
        load(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(folder: Path, tmp_path: Path):
    path = write_zip(tmp_path / "136.zip", folder)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word.dic", "x")
    with pytest.raises(WeightsError, match="136.zip: the member 'word.dic' is there twice"):
        load(path)


@pytest.mark.parametrize("name", ["encoder.pkl", "token_embedder.pkl", "word.dic", "config.json"])
def test_a_zip_bomb_is_not_unpacked(folder: Path, tmp_path: Path, name: str):
    (folder / name).unlink()
    path = write_zip(tmp_path / "136.zip", folder)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as file:
        for _ in range(300):
            file.write(bytes(2**20))
    with pytest.raises(WeightsError, match=f"136.zip: {name}: 314,572,800 bytes, where the model needs .* at most"):
        load(path)


def test_an_archive_of_several_models_is_refused(model: Path, tmp_path: Path):
    for name in ("136", "137"):
        shutil.copytree(model, tmp_path / "models" / name)
    with pytest.raises(WeightsError, match=r"models.zip: must have one model, has 136, 137; unpack it, and name one"):
        load(write_zip(tmp_path / "models.zip", tmp_path / "models"))


@pytest.mark.parametrize("share", [0.0005, 0.3, 0.9])
def test_an_archive_that_is_cut_off_is_refused(model: Path, tmp_path: Path, share: float):
    path = write_zip(tmp_path / "136.zip", model)
    data = path.read_bytes()
    path.write_bytes(data[: max(4, int(share * len(data)))])
    with pytest.raises(WeightsError, match="136.zip: not a whole ZIP archive"):
        load(path)


def test_a_member_that_is_damaged_is_refused(folder: Path, tmp_path: Path):
    path = write_zip(tmp_path / "136.zip", folder)
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("encoder.pkl").header_offset + 200
    data = bytearray(path.read_bytes())
    data[start : start + 500] = bytes(500)
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="136.zip: encoder.pkl: cannot be unpacked"):
        load(path)


def test_other_archives_and_folders_are_not_recognised(tmp_path: Path, tiny_model: Path):
    with zipfile.ZipFile(tmp_path / "209.zip", "w") as archive:
        archive.writestr("model.hdf5", b"\x89HDF")
    assert not elmoformanylangs.recognises(tmp_path / "209.zip")
    assert not elmoformanylangs.recognises(tiny_model)
    assert not elmoformanylangs.recognises(tmp_path / "nowhere.zip")
