"""Wheels of models."""

import json
import subprocess
import sys
from email import message_from_string
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from spacy_elmo.formats import WeightsError, model_directory
from spacy_elmo.models.load import load_model, model_names
from spacy_elmo.models.package import package_model
from spacy_elmo.util.files import read_json, write_json
from tests.support.random_models import assert_same_model, random_head, random_model
from tests.support.reference import make_options, random_weights, write_files

SOURCE = {"name": "novels of nobody", "author": "Nobody", "license": "CC BY 4.0", "url": "https://example.org"}
FACTS: dict[str, Any] = {
    "name": "elmo_sm",
    "lang": "fr",
    "version": "1.2",
    "description": "A model\nfor tests",
    "author": "Zoë",
    "license": "CC BY-SA 4.0",
    "license_text": "Do what you like.\n",
    "training_data": [SOURCE],
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    bilm = random_model()
    model_directory.write(tmp_path / "model", bilm, FACTS, head=random_head(bilm))
    return tmp_path / "model"


def read(wheel: Path) -> dict[str, bytes]:
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def metadata(wheel: Path) -> Any:
    (data,) = (data for name, data in read(wheel).items() if name.endswith(".dist-info/METADATA"))
    return message_from_string(data.decode("utf8"))


def test_a_wheel_is_installed_and_its_model_is_found_by_name(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    wheel = package_model(model, tmp_path / "wheels")
    assert wheel == tmp_path / "wheels" / "fr_elmo_sm-1.2-py3-none-any.whl"
    target = tmp_path / "site"
    install = ["install", "--no-index", "--no-deps", "--quiet", "--disable-pip-version-check", "--target"]
    subprocess.run([sys.executable, "-m", "pip", *install, str(target), str(wheel)], check=True)
    monkeypatch.syspath_prepend(target)
    assert "fr_elmo_sm" in model_names()
    found = load_model("fr_elmo_sm")
    assert_same_model(found.model, load_model(model).model)
    assert found.head is not None
    assert (found.meta["name"], found.meta["license_text"]) == ("fr_elmo_sm", "Do what you like.\n")
    (installed,) = distributions(path=[str(target)])
    assert {file.name for file in installed.files or ()} >= {"METADATA", "LICENSE", "README.md", "weights.safetensors"}


def test_facts_of_the_model_are_those_of_the_package(model: Path, tmp_path: Path):
    found = metadata(package_model(model, tmp_path / "wheels"))
    expected = {"Name": "fr_elmo_sm", "Version": "1.2", "Author": "Zoë", "License": "CC BY-SA 4.0"}
    assert {key: found[key] for key in expected} == expected
    assert found["Summary"] == "A model for tests"
    assert found["Requires-Dist"].startswith("spacy-elmo>=")
    text = found.get_payload()
    assert "| Training data | novels of nobody, Nobody, CC BY 4.0 |" in text
    assert 'config={"pretrained": "fr_elmo_sm"}' in text
    assert "---\nl" not in text  # the front matter is for hubs


def test_the_readme_is_a_card_and_the_license_goes_along(model: Path, tmp_path: Path):
    files = read(package_model(model, tmp_path / "wheels"))
    card = files["fr_elmo_sm/model/README.md"].decode("utf8")
    assert card.startswith('---\nlanguage: "fr"\nlicense: "cc-by-sa-4.0"\n')
    assert "pip install fr_elmo_sm-1.2-py3-none-any.whl" in card
    assert files["fr_elmo_sm-1.2.dist-info/licenses/LICENSE"] == b"Do what you like.\n"
    assert files["fr_elmo_sm/model/LICENSE"] == b"Do what you like.\n"


def test_the_same_model_gives_the_same_bytes(model: Path, tmp_path: Path):
    first, second = (package_model(model, tmp_path / place) for place in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_name_version_and_facts_can_be_given(model: Path, tmp_path: Path):
    wheel = package_model(model, tmp_path, name="fr_mine_lg", version="2.0.0", meta={"license": "MIT"})
    assert wheel.name == "fr_mine_lg-2.0.0-py3-none-any.whl"
    meta = json.loads(read(wheel)["fr_mine_lg/model/meta.json"])
    assert (meta["name"], meta["version"], meta["license"], meta["author"]) == ("fr_mine_lg", "2.0.0", "MIT", "Zoë")
    assert read_json(model / "meta.json")["name"] == "elmo_sm"


def test_missing_facts_are_a_warning(tmp_path: Path):
    model_directory.write(tmp_path / "model", random_model(), {})
    told: list[str] = []
    wheel = package_model(tmp_path / "model", tmp_path / "wheels", name="elmo_sm", notify=told.append)
    assert wheel.name == "xx_elmo_sm-0.0.0-py3-none-any.whl"
    assert len(told) == 1
    assert told[0].startswith("Warning: the model's facts lack lang, version, description, author, license, license_t")
    assert metadata(wheel)["License"] is None


def test_a_wheel_is_not_replaced_unasked(model: Path, tmp_path: Path):
    package_model(model, tmp_path)
    with pytest.raises(ValueError, match=r"1\.2-py3-none-any\.whl: exists; give another --version, or --force"):
        package_model(model, tmp_path)
    package_model(model, tmp_path, force=True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "../x"}, r"name = 'fr_\.\./x': no name of a package"),
        ({"name": "a__b"}, "single underscores"),
        ({"name": "été"}, "no name of a package"),
        ({"version": "new"}, "version = 'new': no version of a package"),
        ({"meta": {"name": ""}}, "name: the model has none"),
        ({"meta": {"description": 3}}, "description = 3: must be text"),
        ({"meta": {"lang": "a\nb"}}, "no name of a package"),
    ],
)
def test_facts_that_cannot_be_those_of_a_package_leave_nothing(
    given: dict[str, Any], message: str, model: Path, tmp_path: Path
):
    with pytest.raises(WeightsError, match=message):
        package_model(model, tmp_path / "wheels", **given)
    assert not (tmp_path / "wheels").exists()


def test_facts_add_no_headers(model: Path, tmp_path: Path):
    found = metadata(package_model(model, tmp_path, meta={"author": "A\nLicense: mine"}))
    assert (found["Author"], found.get_all("License")) == ("A License: mine", ["CC BY-SA 4.0"])


def test_what_is_no_whole_model_directory_is_refused(model: Path, tmp_path: Path):
    options = make_options()
    published = write_files(tmp_path, random_weights(options), options)
    with pytest.raises(WeightsError, match="no model directory; `convert` makes one"):
        package_model(published, tmp_path / "wheels")
    write_json(model / "config.json", {**read_json(model / "config.json"), "hidden_size": 3})
    with pytest.raises(WeightsError):
        package_model(model, tmp_path / "wheels")
    assert not (tmp_path / "wheels").exists()
