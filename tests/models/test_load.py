import shutil
import socket
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import spacy
import torch

from spacy_elmo.bilm.inference.encoder import Encoder
from spacy_elmo.formats import Head, WeightsError, model_directory
from spacy_elmo.models import en_elmo_sm
from spacy_elmo.models import load as pretrained
from spacy_elmo.models.describe import describe_model
from spacy_elmo.models.load import find_model, load_model, model_names
from tests.support.lexicon_models import make_published, write_published
from tests.support.random_models import assert_same_model
from tests.support.reference import make_options, random_weights, write_files

SENTENCES = [["Vectors", "of", "words"], [], ["ä"]]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    options = make_options()
    return write_files(tmp_path, random_weights(options), options)


def install(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    points = [EntryPoint(name, value, pretrained.GROUP)]
    monkeypatch.setattr(pretrained, "entry_points", lambda group: points if group == pretrained.GROUP else [])


def test_the_bundled_model_is_found_by_name():
    assert "en_elmo_sm" in model_names()
    assert find_model("en_elmo_sm") == en_elmo_sm()


def test_a_name_is_never_a_folder_lying_there(tiny_model: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tiny_model.parent)
    with pytest.raises(WeightsError, match=r"'tiny'.*installed: .*en_elmo_sm.*'\./tiny'"):
        find_model("tiny")


@pytest.mark.parametrize("name", ["encoder.pkl", "config.json", "word.dic"])
def test_a_file_of_a_model_of_elmoformanylangs_means_its_folder(tmp_path: Path, name: str):
    folder = write_published(tmp_path / "136", make_published())
    assert find_model(folder / name) == folder


@pytest.mark.parametrize("given", ["./tiny", "tiny/../tiny", Path("tiny")], ids=str)
def test_a_relative_path_is_a_folder(given: str | Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tiny_model.parent)
    assert find_model(given).samefile(tiny_model)


@pytest.mark.parametrize("given", ["", "en", "en_elmo_xl"])
def test_an_unknown_name_is_refused(given: str):
    with pytest.raises(WeightsError, match="is installed"):
        find_model(given)


@pytest.mark.parametrize("given", ["weights.hdf5", "./weights", "v1.0", Path("weights")], ids=str)
def test_a_path_where_nothing_is_is_refused(given: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsError, match=f"^{Path(given)}: no such file or directory"):
        find_model(given)


def test_the_current_directory_is_a_path(tiny_model: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tiny_model)
    assert find_model(".").samefile(tiny_model)


@pytest.mark.parametrize("value", ["installed_model:PATH", "installed_model:path"])
def test_an_installed_model_is_a_path_or_a_function(
    value: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    code = f"PATH = {str(tiny_model)!r}\ndef path():\n    return PATH\n"
    (tmp_path / "installed_model.py").write_text(code, encoding="utf8")
    monkeypatch.syspath_prepend(tmp_path)
    install(monkeypatch, "some_model", value)
    assert model_names() == ["some_model"]
    assert find_model("some_model") == tiny_model


def test_a_broken_installed_model_is_named(monkeypatch: pytest.MonkeyPatch):
    install(monkeypatch, "some_model", "no_such_module:path")
    with pytest.raises(WeightsError, match=r"'some_model' \(no_such_module:path\) is broken"):
        find_model("some_model")


def test_a_model_directory_is_loaded(tiny_model: Path):
    model, meta, _ = load_model(tiny_model)
    expected = model_directory.read(tiny_model).model
    assert meta["name"] == "tiny"
    np.testing.assert_array_equal(Encoder(model).encode(SENTENCES), Encoder(expected).encode(SENTENCES))


def test_published_weights_and_their_directory_are_the_same_model(published: Path):
    from_file = load_model(str(published)).model
    from_folder = load_model(published.parent).model
    np.testing.assert_array_equal(Encoder(from_file).encode(SENTENCES), Encoder(from_folder).encode(SENTENCES))


def test_options_from_elsewhere_are_taken_for_published_weights(published: Path, tmp_path: Path):
    moved = tmp_path / "elsewhere.json"
    (tmp_path / "options.json").rename(moved)
    with pytest.raises(WeightsError, match=r"options\.json"):
        load_model(published)
    model, _, head = load_model(published, options=moved)
    assert model.config.n_layers == 2
    assert head is None


def test_options_for_a_model_directory_are_refused(tiny_model: Path, tmp_path: Path):
    with pytest.raises(WeightsError, match="options cannot be set for a model directory"):
        load_model(tiny_model, options=tmp_path)


def test_the_head_comes_with_the_model_that_has_one(tiny_model: Path, tmp_path: Path):
    model, meta, nothing = load_model(tiny_model)
    assert nothing is None
    head = Head(("<S>", "</S>", "<UNK>"), torch.rand(3, 4), torch.rand(3))
    model_directory.write(tmp_path / "with_head", model, meta, head=head)
    found = load_model(tmp_path / "with_head").head
    assert found is not None
    assert found.words == head.words
    assert torch.equal(found.weight, head.weight)


def test_a_directory_without_weights_is_refused(tmp_path: Path):
    with pytest.raises(WeightsError, match=str(tmp_path)):
        load_model(tmp_path)


def test_a_model_directory_without_its_config_is_called_so(tiny_model: Path, tmp_path: Path):
    (tmp_path / "weights.safetensors").write_bytes((tiny_model / "weights.safetensors").read_bytes())
    with pytest.raises(WeightsError, match=r"no config\.json"):
        load_model(tmp_path)


def test_loading_needs_neither_spacy_nor_thinc(tiny_model: Path):
    code = (
        "import sys\nsys.modules.update(spacy=None, thinc=None)\nfrom spacy_elmo.models.load import load_model\n"
        f"print(load_model({str(tiny_model)!r}).meta['name'], {{sys.modules['spacy'], sys.modules['thinc']}})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "tiny {None}"


@pytest.fixture
def folders(tiny_model: Path, published: Path, tmp_path: Path) -> Path:
    """What people have on their disks."""
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    nlp.to_disk(tmp_path / "pipeline")
    (tmp_path / "trained").mkdir()
    nlp.to_disk(tmp_path / "trained" / "model-best")
    nlp.add_pipe("elmo", name="two", config={"pretrained": str(tiny_model)})
    nlp.to_disk(tmp_path / "twice")
    shutil.copytree(tiny_model, tmp_path / "run" / "model-best")
    (tmp_path / "run" / "checkpoints").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("run", "run/model-best"),
        ("run/model-best/weights.safetensors", "run/model-best"),
        ("run/model-best/config.json", "run/model-best"),
        ("pipeline", "pipeline/elmo"),
        ("trained", "trained/model-best/elmo"),
    ],
)
def test_a_model_is_found_where_it_is_clear_what_is_meant(given: str, found: str, folders: Path):
    assert find_model(folders / given) == folders / found


def test_of_several_models_one_must_be_named(folders: Path):
    with pytest.raises(WeightsError, match=r"twice: has several models; name one, as .*twice.elmo"):
        find_model(folders / "twice")


def test_an_options_file_means_the_weights_beside_it(published: Path):
    from_options = load_model(published.with_name("options.json"))
    assert_same_model(from_options.model, load_model(published).model)


def test_options_of_another_name_are_used_where_they_are_named(published: Path):
    expected = load_model(published).model
    published.with_name("options.json").rename(published.with_name("my_options.json"))
    with pytest.raises(WeightsError, match=r"beside it; if .*my_options.json has the options, name that"):
        load_model(published)
    assert_same_model(load_model(published.with_name("my_options.json")).model, expected)


def test_options_choose_the_weights_of_their_name(published: Path):
    for name in ("a", "b"):
        for kind in ("weights.hdf5", "options.json"):
            shutil.copy(published.with_name(kind), published.with_name(f"{name}_{kind}"))
    for kind in ("weights.hdf5", "options.json"):
        published.with_name(kind).unlink()
    size = published.with_name("b_weights.hdf5").stat().st_size
    assert describe_model(published.with_name("b_options.json"))["bytes"] == size


def test_options_may_begin_with_a_byte_order_mark(published: Path):
    options = published.with_name("options.json")
    options.write_bytes(b"\xef\xbb\xbf" + options.read_bytes())
    assert load_model(published).model.config


def test_the_folder_of_the_user_is_found(published: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(published.parent))
    monkeypatch.setenv("USERPROFILE", str(published.parent))
    assert find_model("~/weights.hdf5") == published


def test_an_address_is_refused():
    with pytest.raises(WeightsError, match=r"^https://a.org/x_weights.hdf5: an address.*uses no network"):
        find_model("https://a.org/x_weights.hdf5")


def test_loading_uses_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SPACY_ELMO_CACHE", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", lambda *args: pytest.fail("a connection"))
    with pytest.raises(WeightsError, match="get it by `python -m spacy elmo download en_allennlp_small`"):
        load_model("en_allennlp_small")
    assert not any(tmp_path.iterdir())


def test_an_installed_model_is_found_before_a_published_one(tiny_model: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pretrained, "_entry_points", lambda: {"en_allennlp_small": Mock(load=lambda: tiny_model)})
    assert find_model("en_allennlp_small") == tiny_model
