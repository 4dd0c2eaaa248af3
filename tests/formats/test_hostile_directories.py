import json
import os
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.bilm.inference import Encoder
from spacy_elmo.formats import WeightsError, model_directory, pretrained
from tests.support.random_models import (
    TINY,
    random_head,
    random_lexicon_model,
    random_model,
    random_table_model,
    write_random_model,
)


def change_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    values = json.loads(path.read_text())
    for key, value in changes.items():
        (values["input"] if key in values["input"] else values)[key] = value
    path.write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, 10**9) for key in ("n_layers", "n_highway", "max_characters", "hidden_size", "projection_size")),
        *(("cell_clip", value) for value in (1e300, 1e-300, float("inf"), float("nan"), 0, 10**400)),
        ("filters", [[1, 1]] * 1000),
        ("filters", [[1, 2**62]]),
        ("kind", []),
    ],
)
def test_numbers_that_no_model_has_are_refused_at_once(key: str, value: object, tmp_path: Path):
    change_config(write_random_model(tmp_path), **{key: value})
    with pytest.raises(WeightsError, match=rf"config.json: .*{key}|config.json: filters"):
        model_directory.read(tmp_path)


@pytest.mark.parametrize("name", model_directory.FILES)
def test_a_link_out_of_the_directory_is_refused_and_one_within_it_is_not(name: str, tmp_path: Path):
    model, folder = random_lexicon_model(), tmp_path / "model"
    model_directory.write(folder, model, {"license_text": "mine"}, head=random_head(model))
    (folder / name).rename(folder / "moved")
    (folder / name).symlink_to("moved")
    model_directory.read(folder)
    (folder / "moved").rename(tmp_path / "secret")
    (folder / name).unlink()
    (folder / name).symlink_to("../secret")
    with pytest.raises(WeightsError, match=f"{name}: a link that leads out of .*model; put the file itself there"):
        model_directory.read(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("name", ["config.json", "meta.json", "LICENSE", "weights.safetensors"])
def test_a_pipe_is_refused_without_waiting(name: str, tmp_path: Path):
    write_random_model(tmp_path)
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(WeightsError, match=f"{name}: a directory, a pipe or a device where a file is needed"):
        model_directory.read(tmp_path)


def test_no_permission_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_random_model(tmp_path)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "weights.safetensors")  # root may read all
    with pytest.raises(WeightsError, match="weights.safetensors: no permission to read it; change its rights"):
        model_directory.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"license_text": 5}', "license_text = 5: must be text"),
        ('{"name": ["a"]}', "name = .*: must be text"),
        ('{"lang": 1}', "lang = 1: must be text"),
        ('{"a": ' + "1" * 5000 + "}", "not JSON .*digits"),
        ('{"a": "\\ud800"}', "not Unicode text"),
        ("[" * 100_000, "not JSON"),
        ('"secret"', "holds str where"),
    ],
)
def test_facts_that_are_none_are_refused(text: str, message: str, tmp_path: Path):
    (write_random_model(tmp_path) / "meta.json").write_text(text)
    with pytest.raises(WeightsError, match=f"meta.json: {message}"):
        model_directory.read(tmp_path)


@pytest.mark.parametrize(("key", "value"), [("license_text", 5), ("name", "\ud800")])
def test_facts_that_cannot_be_read_again_are_not_written(key: str, value: object, tmp_path: Path):
    with pytest.raises(WeightsError, match="must be text|not Unicode text"):
        model_directory.write(tmp_path / "new", random_model(), {key: value})
    assert not (tmp_path / "new").exists()


def test_messages_have_nothing_that_a_terminal_obeys(tmp_path: Path):
    change_config(write_random_model(tmp_path), **{"\x1b[2J\x9b": 1})
    with pytest.raises(WeightsError, match="unknown keys") as caught:
        model_directory.read(tmp_path)
    assert "\\u001b[2J\\u009b" in str(caught.value)
    assert str(caught.value).isprintable()


def test_finite_weights_whose_vectors_are_no_numbers_are_refused_by_name(tmp_path: Path):
    model = random_model(TINY)
    for parameter in model.parameters():
        parameter.copy_(torch.where(torch.rand_like(parameter) < 0.5, -1e30, 1e30))
    model_directory.write(tmp_path, model, {})
    encoder = Encoder(model_directory.read(tmp_path).model)
    with pytest.raises(WeightsError, match="weights.safetensors: its numbers are so large"):
        encoder.encode([["a"]])


def test_weights_that_do_not_fit_into_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_random_model(tmp_path / "full")
    model_directory.write(tmp_path / "half", random_model(), {}, dtype="float16")
    monkeypatch.setattr(pretrained, "available_bytes", lambda: 100)
    model_directory.read(tmp_path / "full")  # is mapped
    with pytest.raises(WeightsError, match=r"weights.safetensors: needs .* GB of memory"):
        model_directory.read(tmp_path / "half")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_files_are_refused_or_change_no_vector(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject):
    folder = tmp_path_factory.mktemp("fuzz")
    model = random_table_model()
    model_directory.write(folder, model, {"name": "a"}, head=random_head(model))
    path = folder / data.draw(st.sampled_from(sorted(os.listdir(folder))))
    whole = path.read_bytes()
    place, byte = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    cut = data.draw(st.booleans())
    path.write_bytes(whole[:place] if cut else whole[:place] + bytes([byte]) + whole[place + 1 :])
    try:
        found = model_directory.read(folder).model
    except WeightsError as error:
        assert {character for character in str(error) if not character.isprintable()} <= {"\t", "\n"}  # noqa: PT017
    else:
        assert path.name in ("config.json", "meta.json") or path.read_bytes() == whole
        assert all(map(torch.equal, found.state_dict().values(), model.state_dict().values()))
