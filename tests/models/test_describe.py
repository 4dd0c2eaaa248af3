from pathlib import Path

import pytest

from spacy_elmo.bilm import BiLMConfig
from spacy_elmo.formats import WeightsError, model_directory
from spacy_elmo.models import en_elmo_sm
from spacy_elmo.models.describe import describe_model
from tests.support.random_models import CONFIG, WORDS, random_head, random_model, write_random_model
from tests.support.reference import make_options, random_weights, write_files


def test_facts_of_the_meta_and_of_the_files_stand_side_by_side(tmp_path: Path):
    facts = describe_model(write_random_model(tmp_path / "m", perplexity=40.5))
    expected = {"name": "tiny", "lang": "en", "perplexity": 40.5, "path": str(tmp_path / "m"), "width": CONFIG.width}
    assert {key: facts[key] for key in expected} == expected
    assert BiLMConfig.from_dict(facts["config"]) == CONFIG


def test_all_parameters_are_counted(tmp_path: Path):
    options = make_options()
    weights = random_weights(options)
    facts = describe_model(write_files(tmp_path, weights, options))
    assert facts["parameters"] == sum(values.size for values in weights.values())


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_type_is_that_of_the_file(dtype: str, tmp_path: Path):
    model_directory.write(tmp_path, random_model(), {}, dtype=dtype)
    assert describe_model(tmp_path)["dtype"] == dtype


def test_published_weights_are_float32(tmp_path: Path):
    options = make_options()
    assert describe_model(write_files(tmp_path, random_weights(options), options))["dtype"] == "float32"


def test_bytes_are_those_of_all_files_and_not_of_folders(tmp_path: Path):
    write_random_model(tmp_path / "m")
    (tmp_path / "m" / "notes.txt").write_bytes(b"12345")
    (tmp_path / "m" / "folder").mkdir()
    facts = describe_model(tmp_path / "m")
    assert facts["bytes"] == sum(file.stat().st_size for file in (tmp_path / "m").iterdir() if file.is_file())


def test_bytes_of_published_weights_are_those_of_their_file(tmp_path: Path):
    options = make_options()
    path = write_files(tmp_path, random_weights(options), options)
    assert describe_model(path)["bytes"] == path.stat().st_size


def test_the_words_of_a_head_are_counted(tmp_path: Path):
    model = random_model()
    model_directory.write(tmp_path / "with", model, {}, head=random_head(model))
    model_directory.write(tmp_path / "without", model, {})
    assert describe_model(tmp_path / "with")["vocabulary"] == len(WORDS)
    assert describe_model(tmp_path / "without")["vocabulary"] is None


def test_the_text_of_the_licence_is_left_out(tmp_path: Path):
    facts = describe_model(write_random_model(tmp_path, license="MIT", license_text="Permission is ..."))
    assert facts["license"] == "MIT"
    assert "license_text" not in facts


def test_an_installed_model_is_described_by_its_name():
    assert describe_model("en_elmo_sm") == describe_model(en_elmo_sm())


@pytest.mark.parametrize("given", ["en_elmo_xl", "./nothing_here"])
def test_what_is_not_there_is_refused(given: str):
    with pytest.raises(WeightsError, match=Path(given).name):
        describe_model(given)
