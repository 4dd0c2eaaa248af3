import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from spacy_elmo.embedding import do_shard, embed_files
from spacy_elmo.embedding import run as module
from spacy_elmo.text.readers import CorpusError
from spacy_elmo.util.files import WeightsError
from tests.support.killed_runs import Changes, in_a_fork
from tests.support.random_models import contents, read_only, small_disk

TEXT = "\n".join(f"This is sentence number {i}. It is short." for i in range(12))


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MEBIBYTE", 1000)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf8")
    return tmp_path / "a.txt"


def run(text: Path | str, output: Path, model: Path, **changes):
    settings = {"model": str(model), "format": "npy", "shard_mb": 1, "n_process": 1, **changes}
    return embed_files([text], output, **settings)


def load(output: Path) -> tuple[list[dict], np.ndarray]:
    lines = [json.loads(line) for file in sorted(output.glob("*.jsonl")) for line in file.read_text().splitlines()]
    return lines, np.concatenate([np.load(file) for file in sorted(output.glob("*.npy"))])


def test_all_text_has_its_vectors_in_order(text: Path, tmp_path: Path, tiny_model: Path, nlp):
    done = run(text, tmp_path / "out", tiny_model)
    index, vectors = load(tmp_path / "out")
    assert (done.rows, done.words, done.new) == (24, 24 * 5, done.shards)
    assert done.shards > 2
    assert [line["text"] for line in index] == TEXT.replace(". It", ".\nIt").split("\n")
    doc = nlp(TEXT)
    assert np.array_equal(vectors, doc._.elmo[[token.i for token in doc if not token.is_space]])


def test_the_same_command_again_has_nothing_to_do(text: Path, tmp_path: Path, tiny_model: Path):
    run(text, tmp_path / "out", tiny_model)
    before = contents(tmp_path / "out")
    assert run(text, tmp_path / "out", tiny_model).new == 0
    assert contents(tmp_path / "out") == before


def test_shards_that_are_gone_are_done_again_to_the_same_bytes(text: Path, tmp_path: Path, tiny_model: Path):
    run(text, tmp_path / "out", tiny_model)
    before = contents(tmp_path / "out")
    (tmp_path / "out" / "part-000001.npy").unlink()
    (tmp_path / "out" / "_job" / "part-000002.json").unlink()
    assert run(text, tmp_path / "out", tiny_model).new == 2
    assert contents(tmp_path / "out") == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_run_that_is_killed_anywhere_goes_on_to_the_same_bytes(text: Path, tmp_path: Path, tiny_model: Path):
    def count() -> None:
        changes = Changes(tmp_path / "whole", None)
        run(text, tmp_path / "whole", tiny_model)
        (tmp_path / "n").write_text(str(changes.n), encoding="utf8")

    assert in_a_fork(count) == 0
    whole, n = contents(tmp_path / "whole"), int((tmp_path / "n").read_text())
    assert n > 40
    for last in range(n // 6, n, n // 4):
        output = tmp_path / f"killed-{last}"

        def die(output: Path = output, last: int = last) -> None:
            Changes(output, last)
            run(text, output, tiny_model)

        assert in_a_fork(die) == 99
        assert in_a_fork(lambda output=output: run(text, output, tiny_model)) == 0
        assert contents(output) == whole, last


def test_shards_of_another_job_are_refused(text: Path, tmp_path: Path, tiny_model: Path):
    run(text, tmp_path / "out", tiny_model)
    before = contents(tmp_path / "out")
    with pytest.raises(CorpusError, match="shards of another job .dtype: was 'float32', now 'float16'"):
        run(text, tmp_path / "out", tiny_model, dtype="float16")
    text.write_text(TEXT + " More.", encoding="utf8")
    with pytest.raises(CorpusError, match=r"shards of another job .inputs: .*a\.txt have changed"):
        run(text, tmp_path / "out", tiny_model)
    assert contents(tmp_path / "out") == before


def test_a_folder_of_something_else_stays(text: Path, tmp_path: Path, tiny_model: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine", encoding="utf8")
    with pytest.raises(CorpusError, match="not empty, and not of a job"):
        run(text, tmp_path / "out", tiny_model)
    assert contents(tmp_path / "out") == {"mine": b"mine"}


def test_broken_input_leaves_nothing(text: Path, tmp_path: Path, tiny_model: Path):
    text.write_bytes(TEXT.encode("utf8") + b"\ncaf\xe9")
    with pytest.raises(CorpusError, match=r"a\.txt:13: not UTF-8 text"):
        run(text, tmp_path / "out", tiny_model)
    assert not (tmp_path / "out").exists()


def test_blank_text_leaves_nothing(text: Path, tmp_path: Path, tiny_model: Path):
    text.write_text("\n" * 10_000, encoding="utf8")
    with pytest.raises(CorpusError, match="the inputs hold no text"):
        run(text, tmp_path / "out", tiny_model)
    assert not (tmp_path / "out").exists()


def test_standard_input_is_read_and_must_be_the_same_to_go_on(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    give(b"One.\nTwo.")
    run("-", tmp_path / "out", tiny_model)
    assert [line["id"] for line in load(tmp_path / "out")[0]] == ["-:1#0", "-:2#0"]
    give(b"One.\nTwo.")
    assert run("-", tmp_path / "out", tiny_model).new == 0
    give(b"Three.")
    with pytest.raises(CorpusError, match="inputs: - have changed"):
        run("-", tmp_path / "out", tiny_model)


def test_an_output_within_an_input_is_refused(text: Path, tiny_model: Path):
    with pytest.raises(CorpusError, match="lies within"):
        run(text.parent, text.parent / "out", tiny_model)


def test_the_language_is_that_of_the_model_and_is_said(text: Path, tmp_path: Path, tiny_model: Path):
    said: list[str] = []
    run(text, tmp_path / "out", tiny_model, notify=said.append)
    assert said == ["words are those of spaCy's tokenizer for 'en', the language of the model; --lang overrides it"]


@pytest.mark.parametrize(
    ("changes", "error", "problem"),
    [
        ({"layers": "7"}, ValueError, "layers of these weights are 0 to 2"),
        ({"model": "no_such_model"}, WeightsError, "no_such_model"),
        ({"lang": "xyz"}, ValueError, "lang = 'xyz'"),
        ({"n_process": 0}, ValueError, "n_process = 0"),
        ({"engine": "cloud"}, ValueError, "engine = 'cloud'"),
        ({"speed": 1}, ValueError, "unexpected keyword argument 'speed'"),
    ],
)
def test_settings_are_checked_before_anything_is_written(
    text: Path, tmp_path: Path, tiny_model: Path, changes: dict, error: type, problem: str
):
    with pytest.raises(error, match=problem):
        embed_files([text], tmp_path / "out", **{"model": str(tiny_model), **changes})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("format", "size"), [("npy", "36k"), ("parquet", "36k"), ("allennlp", "48k"), ("allennlp", "96k")]
)
def test_a_full_disk_keeps_what_is_done(text: Path, tmp_path: Path, tiny_model: Path, format: str, size: str):
    pytest.importorskip({"npy": "numpy", "parquet": "pyarrow", "allennlp": "h5py"}[format])
    with small_disk(tmp_path / "disk", size=size) as disk:
        with pytest.raises(OSError, match="No space left"):
            run(text, disk / "out", tiny_model, format=format)
        left = {name for name in contents(disk) if "part-" in name or "staged" in name}
        assert all(Path(name).name.startswith("part-") for name in left)
        (tmp_path / "ours").mkdir()
        run(text, tmp_path / "ours" / "out", tiny_model, format=format)
        if format != "allennlp":
            assert contents(disk).items() <= contents(tmp_path / "ours").items()


def test_a_disk_that_is_read_only_is_named(text: Path, tmp_path: Path, tiny_model: Path):
    (tmp_path / "disk").mkdir()
    with read_only(tmp_path / "disk"), pytest.raises(OSError, match=r"disk/out: cannot be written \(Read-only"):
        run(text, tmp_path / "disk" / "out", tiny_model)


def test_an_engine_can_be_a_function(text: Path, tmp_path: Path, tiny_model: Path):
    def backwards(folder: Path, numbers: Sequence[int]) -> Iterator[int]:
        return (do_shard(number, str(folder)) for number in reversed(numbers))

    run(text, tmp_path / "whole", tiny_model)
    assert run(text, tmp_path / "out", tiny_model, engine=backwards).new > 2
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_an_engine_that_leaves_shards_out_is_noticed(text: Path, tmp_path: Path, tiny_model: Path):
    with pytest.raises(CorpusError, match="shards are not done"):
        run(text, tmp_path / "out", tiny_model, engine=lambda folder, numbers: [])


def test_frequent_words_of_the_texts_weigh_less(text: Path, tmp_path: Path, tiny_model: Path):
    run(text, tmp_path / "sif", tiny_model, unit="sentences", pooling="sif", layers="0")
    run(text, tmp_path / "words", tiny_model, layers="0")
    (index, pooled), (_, words) = load(tmp_path / "sif"), load(tmp_path / "words")
    counts = json.loads((tmp_path / "sif" / "_job" / "counts.json").read_text(encoding="utf8"))
    assert counts["total"] == len(words) == 120
    weights = [1e-3 / (1e-3 + counts["words"][word] / 120) for word in index[0]["words"]]
    assert np.allclose(pooled[0], np.mean(words[:6] * np.array(weights)[:, None], axis=0), atol=1e-6)
