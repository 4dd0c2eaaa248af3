import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from spacy_elmo.formats import Head, WeightsError, model_directory
from spacy_elmo.util.staging import WriteError
from tests.support.random_models import (
    CONFIG,
    assert_same_model,
    contents,
    random_head,
    random_model,
    random_table_model,
    read_only,
    small_disk,
    write_random_model,
)

WEIGHTS = "weights.safetensors"


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _lengthen_header(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 10**12) + path.read_bytes()[8:])


def _lie_about_shape(path: Path) -> None:
    data = path.read_bytes()
    assert b'"shape":[48,6]' in data
    path.write_bytes(data.replace(b'"shape":[48,6]', b'"shape":[99,6]', 1))


def _lie_about_offsets(path: Path) -> None:
    size = int.from_bytes(path.read_bytes()[:8], "little")
    header = json.loads(path.read_bytes()[8 : 8 + size])
    first = min((name for name in header if name != "__metadata__"), key=lambda name: header[name]["data_offsets"])
    header[first]["data_offsets"][1] = 10**9
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + path.read_bytes()[8 + size :])


def _change_tensors(change):
    def edit(path: Path) -> None:
        tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}
        change(tensors)
        save_file(tensors, path)

    return edit


NAME = "forward_layers.0.input.weight"
BAD_WEIGHTS = {
    "missing file": (lambda path: path.unlink(), "no such file; copy the whole"),
    "empty file": (lambda path: path.write_bytes(b""), "not a whole safetensors file"),
    "text": (lambda path: path.write_text("not weights, but more than eight bytes"), "not a whole safetensors file"),
    "cut short": (_cut, "not a whole safetensors file"),
    "cut in the header": (lambda path: path.write_bytes(path.read_bytes()[:20]), "not a whole safetensors file"),
    "header longer than the file": (_lengthen_header, "not a whole safetensors file"),
    "lying shape": (_lie_about_shape, "not a whole safetensors file"),
    "lying offsets": (_lie_about_offsets, "not a whole safetensors file"),
    "missing tensor": (_change_tensors(lambda t: t.pop(NAME)), f"missing tensors: {NAME}; all files"),
    "unexpected tensor": (_change_tensors(lambda t: t.update(extra=torch.zeros(2))), "unexpected tensors: extra"),
    "wrong shape": (_change_tensors(lambda t: t.update({NAME: torch.zeros(48, 7)})), rf"{NAME} has shape \(48, 7\)"),
    "integers": (_change_tensors(lambda t: t.update({NAME: t[NAME].int()})), f"{NAME} is of type torch.int32"),
    "NaN": (_change_tensors(lambda t: t[NAME].fill_(float("nan"))), f"{NAME} has NaN or infinite"),
    "infinite": (_change_tensors(lambda t: t[NAME][3].fill_(-float("inf"))), f"{NAME} has NaN or infinite"),
}


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_bad_weights_are_named_with_their_file(tmp_path, case):
    damage, message = BAD_WEIGHTS[case]
    damage(write_random_model(tmp_path) / WEIGHTS)
    before = contents(tmp_path)
    with pytest.raises(WeightsError, match=rf"{WEIGHTS}: {message}"):
        model_directory.read(tmp_path)
    assert contents(tmp_path) == before


def _set(**values):
    return lambda given: {**given, **values}


BAD_CONFIGS = {
    "not an object": (lambda given: [1], "a JSON object is needed"),
    "newer": (_set(schema=2), "schema = 2: made by a newer spacy-elmo; upgrade"),
    "no schema": (lambda given: {}, "schema = None: must be 1"),
    "unknown key": (_set(depth=3), "unknown keys depth"),
    "missing input": (_set(input=None), "input: missing"),
    "missing size": (lambda given: {k: v for k, v in given.items() if k != "hidden_size"}, ".*hidden_size"),
    "bad clip": (_set(cell_clip=-1), "cell_clip = -1: must be a number above 0"),
    "unknown activation": (
        lambda given: {**given, "input": {**given["input"], "activation": "gelu"}},
        "activation = 'gelu': must be one of relu, tanh",
    ),
}


@pytest.mark.parametrize("case", BAD_CONFIGS)
def test_a_bad_config_is_named_with_its_key(tmp_path, case):
    damage, message = BAD_CONFIGS[case]
    path = write_random_model(tmp_path) / "config.json"
    path.write_text(json.dumps(damage(json.loads(path.read_text()))))
    with pytest.raises(WeightsError, match=rf"config.json: {message}" if case != "not an object" else message):
        model_directory.read(tmp_path)


@pytest.mark.parametrize("file", ["config.json", "meta.json"])
@pytest.mark.parametrize(("data", "message"), [(b"{", "not JSON"), (b"[]", "JSON object"), (b"\xff", "not UTF-8")])
def test_broken_json_is_named_with_its_file(tmp_path, file, data, message):
    (write_random_model(tmp_path) / file).write_bytes(data)
    with pytest.raises(WeightsError, match=rf"{file}: .*{message}"):
        model_directory.read(tmp_path)


def test_dimensions_that_fit_no_memory_are_an_error(tmp_path):
    path = write_random_model(tmp_path) / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "hidden_size": 10**30}))
    with pytest.raises(WeightsError, match="hidden_size = 1000.*: must be at most"):
        model_directory.read(tmp_path)


def test_a_missing_directory_and_one_without_a_model_are_told_apart(tmp_path):
    with pytest.raises(WeightsError, match=r"absent: no such directory"):
        model_directory.read(tmp_path / "absent")
    with pytest.raises(WeightsError, match=rf"{tmp_path.name}: no config.json in it"):
        model_directory.read(tmp_path)


@pytest.mark.parametrize("name", ["meta.json", "words.txt"])
def test_a_missing_file_is_named(tmp_path, name):
    model_directory.write(tmp_path, random_table_model(), {})
    (tmp_path / name).unlink()
    with pytest.raises(WeightsError, match=rf"{name}: cannot be read \(No such file"):
        model_directory.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<S>\n</S>\n<UNK>\n", "n_words = 6: the vocabulary has 3 words"),
        ("<S>\n</S>\nthe\na\nb\nc\n", "vocabulary: <UNK> missing"),
    ],
)
def test_words_that_do_not_fit_are_an_error(tmp_path, text, message):
    model_directory.write(tmp_path, random_table_model(), {})
    (tmp_path / "words.txt").write_text(text)
    with pytest.raises(WeightsError, match=rf"words.txt: {message}"):
        model_directory.read(tmp_path)


def test_words_with_line_ends_are_refused(tmp_path):
    model = random_model()
    head = random_head(model, words=("<S>", "two\nlines", "x"))
    with pytest.raises(WeightsError, match=r"vocab.txt: the word 'two\\nlines' has a line end"):
        model_directory.write(tmp_path / "model", model, {}, head=head)
    assert not (tmp_path / "model").exists()


def test_words_that_are_not_unicode_are_refused(tmp_path):
    model = random_model()
    with pytest.raises(WeightsError, match="vocab.txt: a word is not Unicode text"):
        model_directory.write(tmp_path / "model", model, {}, head=random_head(model, words=("<S>", "\ud800")))


@pytest.mark.parametrize(
    ("name", "message"),
    [("vocab.txt", "vocab.txt: cannot be read"), ("softmax.safetensors", "softmax.safetensors: no such file")],
)
def test_half_a_head_is_an_error(tmp_path, name, message):
    model = random_model()
    model_directory.write(tmp_path, model, {}, head=random_head(model))
    (tmp_path / name).unlink()
    with pytest.raises(WeightsError, match=message):
        model_directory.read(tmp_path)


def test_a_head_of_another_size_is_an_error(tmp_path):
    model_directory.write(tmp_path, random_model(), {}, head=Head(("a", "b"), torch.zeros(2, 7), torch.zeros(2)))
    with pytest.raises(WeightsError, match=r"softmax.safetensors: weight has shape \(2, 7\) where \(2, 6\)"):
        model_directory.read(tmp_path)


@pytest.mark.parametrize("data", [b"", b"nothing", b"\0" * 100, model_directory.to_bytes(random_model(), {})[:-1]])
def test_bytes_that_hold_no_whole_model_are_an_error(data):
    with pytest.raises(WeightsError, match="model bytes: not a whole model"):
        model_directory.from_bytes(data)


def test_a_full_disk_leaves_the_old_model(tmp_path):
    big = random_model(replace(CONFIG, hidden_size=1000))
    with small_disk(tmp_path / "disk", size="200k") as disk:
        write_random_model(disk)
        before = contents(disk)
        with pytest.raises(WriteError, match=r"disk: cannot be written \(.*[Nn]o space.*\); nothing was changed"):
            model_directory.write(disk, big, {"name": "big"})
        assert contents(disk) == before
        assert len(list(disk.iterdir())) == len(before)


@pytest.mark.parametrize("size", ["4k", "16k", "32k", "48k"])
def test_a_full_disk_leaves_nothing_new(tmp_path, size):
    model = random_model()
    head = random_head(model, words=tuple(map(str, range(2000))))
    with small_disk(tmp_path / "disk", size=size) as disk:
        with pytest.raises(WriteError, match="new: cannot be written"):
            model_directory.write(disk / "sub" / "new", model, {}, head=head)
        assert list(disk.iterdir()) == []


def test_a_read_only_target_is_named_and_unchanged(tmp_path):
    before = contents(write_random_model(tmp_path))
    with read_only(tmp_path):
        for folder in (tmp_path, tmp_path / "new"):
            with pytest.raises(WriteError, match=rf"{folder.name}: cannot be written \(Read-only file system\)"):
                write_random_model(folder, seed=1)
    assert contents(tmp_path) == before


def test_a_model_on_a_read_only_disk_can_be_read(tmp_path):
    write_random_model(tmp_path)
    with read_only(tmp_path):
        assert_same_model(model_directory.read(tmp_path).model, random_model())


def test_a_file_in_place_of_the_directory_is_an_error(tmp_path):
    (tmp_path / "model").write_text("mine")
    with pytest.raises(WriteError, match=r"model: cannot be written \(File exists\)"):
        write_random_model(tmp_path / "model")
    assert (tmp_path / "model").read_text() == "mine"


def test_facts_that_are_no_json_leave_nothing(tmp_path):
    with pytest.raises(TypeError):
        model_directory.write(tmp_path / "model", random_model(), {"when": object()})
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_dtype_is_refused(tmp_path):
    with pytest.raises(ValueError, match="dtype = 'int8': must be one of float32, float16"):
        model_directory.write(tmp_path / "model", random_model(), {}, dtype="int8")
