import json
from pathlib import Path

import pytest

from spacy_elmo.embedding.job import Job, find_differences, find_job, plan
from spacy_elmo.embedding.settings import Settings
from spacy_elmo.text.readers import CorpusError
from spacy_elmo.util.staging import WriteError
from tests.support.random_models import contents, read_only, small_disk

RECORDS = [{"id": str(i), "text": f"Sentence {i}."} for i in range(10)]


def facts(**changes) -> dict:
    settings = Settings(**{"model": "m", "digest": "d", "lang": "en", "format": "npy", **changes})
    return {"settings": settings.to_dict(), "inputs": [{"name": "a.txt", "bytes": 1}], "versions": {"spaCy": "3"}}


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return plan(tmp_path / "out", RECORDS, facts(), characters=30)


def test_shards_have_all_records_once_and_in_order(job: Job):
    assert [record for shard in job.shards for record in job.records(shard)] == RECORDS
    assert [shard.records for shard in job.shards] == [2, 2, 2, 2, 2]
    assert job.shards[-1].end == job.size == (job.notes / "text.jsonl").stat().st_size


def test_a_record_that_is_larger_than_a_shard_has_one(tmp_path: Path):
    job = plan(tmp_path / "out", RECORDS[:3], facts(), characters=1)
    assert len(job.shards) == 3


def test_what_is_done_is_what_has_a_note_and_its_files(job: Job):
    assert job.missing() == [0, 1, 2, 3, 4]
    for n in (1, 3):
        (job.folder / f"{job.shards[n].name}.npy").write_bytes(b"123")
        job.finish(job.shards[n], [job.folder / f"{job.shards[n].name}.npy"], rows=2, words=4)
    (job.folder / f"{job.shards[3].name}.npy").write_bytes(b"12")
    assert Job(job.folder).missing() == [0, 2, 3, 4]
    assert job.note(job.shards[1])["files"]["part-000001.npy"]["bytes"] == 3


def test_a_text_that_changed_is_refused(job: Job):
    path = job.notes / "text.jsonl"
    path.write_bytes(path.read_bytes().replace(b"Sentence 0", b"Sentence 9"))
    with pytest.raises(CorpusError, match="has changed since the job was planned"):
        job.records(job.shards[0])


def test_a_job_is_told_from_others(job: Job):
    assert find_differences(job, facts()) == []
    assert find_differences(job, facts(shard_mb=8)) == []  # the shards are there
    assert find_differences(job, facts(unit="sentences")) == ["unit: was 'words', now 'sentences'"]
    other = facts()
    other["inputs"][0]["bytes"] = 2
    assert find_differences(job, other) == ["inputs: a.txt have changed"]
    assert find_differences(job, {**facts(), "inputs": []}) == ["inputs: were a.txt, now "]


def test_no_text_is_refused_and_leaves_nothing(tmp_path: Path):
    with pytest.raises(CorpusError, match="the inputs hold no text"):
        plan(tmp_path / "out", [], facts(), characters=30)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_refused(tmp_path: Path):
    assert find_job(tmp_path / "missing") is None
    (tmp_path / "a.txt").write_text("a", encoding="utf8")
    with pytest.raises(CorpusError, match="not empty, and not of a job"):
        find_job(tmp_path)
    with pytest.raises(CorpusError, match="exists and is no directory"):
        find_job(tmp_path / "a.txt")


@pytest.mark.parametrize("change", [{"schema": 99}, {"shards": 7}, {"settings": {}}])
def test_a_manifest_that_cannot_be_read_is_refused(job: Job, change: dict):
    path = job.notes / "manifest.json"
    path.write_text(json.dumps({**job.manifest, **change}), encoding="utf8")
    with pytest.raises(CorpusError, match="no job that can be read"):
        find_job(job.folder)


def test_a_full_disk_leaves_nothing(tmp_path: Path):
    with small_disk(tmp_path / "disk") as disk:
        with pytest.raises(WriteError, match="No space left"):
            plan(disk / "out", [{"id": "a", "text": "x" * 100_000}], facts(), characters=30)
        assert contents(disk) == {}


def test_a_disk_that_is_read_only_is_named(tmp_path: Path):
    (tmp_path / "disk").mkdir()
    with read_only(tmp_path / "disk"), pytest.raises(WriteError, match="Read-only file system"):
        plan(tmp_path / "disk" / "out", RECORDS, facts(), characters=30)
