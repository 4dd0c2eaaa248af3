import errno
from pathlib import Path

import pytest
import torch

from spacy_elmo.pretraining.loop import checkpoint
from spacy_elmo.pretraining.loop.checkpoint import (
    latest_checkpoint,
    list_checkpoints,
    read_checkpoint,
    remove_old,
    write_checkpoint,
)
from spacy_elmo.util.files import WeightsError, read_json, write_json
from tests.support.random_models import contents, small_disk

TENSORS = {"a": torch.arange(6.0).view(2, 3), "step": torch.tensor(3.0)}


def test_what_was_written_comes_back(tmp_path: Path):
    write_checkpoint(tmp_path, 7, TENSORS, {"x": [1, 0.1]})
    found = latest_checkpoint(tmp_path)
    assert found is not None
    assert found.step == 7
    assert found.facts["x"] == [1, 0.1]
    assert {name: tensor.tolist() for name, tensor in found.tensors.items()} == {
        name: tensor.tolist() for name, tensor in TENSORS.items()
    }


def test_parts_of_one_tensor_can_be_written(tmp_path: Path):
    whole = torch.arange(10.0)
    write_checkpoint(tmp_path, 1, {"left": whole[:5], "right": whole[5:], "all": whole}, {})
    assert read_checkpoint(tmp_path, 1).tensors["right"].tolist() == whole[5:].tolist()


def test_no_folder_has_no_checkpoint(tmp_path: Path):
    assert latest_checkpoint(tmp_path / "none") is None


def test_the_newest_is_taken(tmp_path: Path):
    for step in (5, 1_000_000_000, 20):
        write_checkpoint(tmp_path, step, TENSORS, {})
    assert list_checkpoints(tmp_path) == [5, 20, 1_000_000_000]
    found = latest_checkpoint(tmp_path)
    assert found is not None
    assert found.step == 1_000_000_000


def test_a_damaged_one_is_passed_over_with_a_warning(tmp_path: Path):
    write_checkpoint(tmp_path, 1, TENSORS, {})
    newer = write_checkpoint(tmp_path, 2, TENSORS, {})
    (newer / checkpoint.TENSORS).write_bytes(b"half")
    with pytest.warns(UserWarning, match="step-000000002"):
        found = latest_checkpoint(tmp_path)
    assert found is not None
    assert found.step == 1


def test_one_without_a_schema_is_read_as_the_first_versions_wrote_it(tmp_path: Path):
    path = write_checkpoint(tmp_path, 1, TENSORS, {"x": 2}) / checkpoint.FACTS
    facts = read_json(path)
    assert facts.pop("schema") == 1
    del facts["digest"]
    write_json(path, facts)
    assert read_checkpoint(tmp_path, 1).facts["x"] == 2


def test_one_of_a_newer_version_is_refused_and_none_before_it_taken(tmp_path: Path):
    write_checkpoint(tmp_path, 1, TENSORS, {})
    path = write_checkpoint(tmp_path, 2, TENSORS, {}) / checkpoint.FACTS
    write_json(path, {**read_json(path), "schema": 2})
    with pytest.raises(ValueError, match="state.json: schema = 2: this version reads 1.*upgrade spacy-elmo"):
        latest_checkpoint(tmp_path)


def test_reading_a_missing_one_names_it(tmp_path: Path):
    with pytest.raises(WeightsError, match="step-000000003"):
        read_checkpoint(tmp_path, 3)


def test_old_ones_go_and_others_stay(tmp_path: Path):
    for step in range(1, 6):
        write_checkpoint(tmp_path, step, TENSORS, {})
    (tmp_path / ".partial-step-000000009").mkdir()
    remove_old(tmp_path, keep=2, others=(1,))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000000001", "step-000000004", "step-000000005"]


def test_a_full_disk_leaves_the_last_one_and_says_so(tmp_path: Path):
    with small_disk(tmp_path / "disk", size="64k") as disk:
        write_checkpoint(disk, 1, TENSORS, {})
        before = contents(disk)
        with pytest.raises(OSError, match="step 2 cannot be written.*step-000000001, is whole; make room.*--resume"):
            write_checkpoint(disk, 2, {"large": torch.zeros(100_000)}, {})
        assert contents(disk) == before


@pytest.mark.parametrize("failing", ["save_tensors", "_to_disk", "write_json"])
def test_a_disk_that_fails_at_any_point_leaves_nothing(failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, failing, fail)
    with pytest.raises(OSError, match="No space left.*there is none yet"):
        write_checkpoint(tmp_path / "new", 2, TENSORS, {})
    assert contents(tmp_path) == {}
