import json
from pathlib import Path
from typing import Any

import pytest

from spacy_elmo.bilm import BiLMConfig, LexiconInput
from spacy_elmo.formats import WeightsError, load
from spacy_elmo.formats.allennlp.options import OptionReader
from spacy_elmo.formats.elmoformanylangs.architecture import config_from_options, read_options
from spacy_elmo.formats.elmoformanylangs.files import Folder
from tests.support.lexicon_models import ARCHITECTURE, make_published, write_published


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_published(tmp_path / "136", make_published())


def set_config_path(folder: Path, path: Any) -> None:
    (folder / "config.json").write_text(json.dumps({"config_path": path}), encoding="utf8")


def change(folder: Path, part: str, key: str, value: Any) -> None:
    options = json.loads((folder / ARCHITECTURE).read_text(encoding="utf8"))
    options[part][key] = value
    (folder / ARCHITECTURE).write_text(json.dumps(options), encoding="utf8")


@pytest.mark.parametrize(
    "path",
    [
        ARCHITECTURE,
        f"/users4/somebody/{ARCHITECTURE}",
        f"elmoformanylangs/{ARCHITECTURE}",
        f"../{ARCHITECTURE}",
        "C:\\models\\cnn_50_100_512_4096_sample.json",
    ],
)
def test_the_file_is_found_by_its_name_wherever_its_author_had_it(folder: Path, path: str):
    set_config_path(folder, path)
    assert read_options(Folder(folder)).options["encoder"]["dim"] == 11


def test_it_may_be_beside_the_config(folder: Path):
    (folder / ARCHITECTURE).rename(folder / "mine.json")
    set_config_path(folder, "/elsewhere/mine.json")
    assert read_options(Folder(folder)).options["encoder"]["dim"] == 11


def test_nothing_outside_the_model_is_read(folder: Path, tmp_path: Path):
    (tmp_path / "outside.json").write_text("{}", encoding="utf8")
    for path in (str(tmp_path / "outside.json"), "../outside.json", ".."):
        set_config_path(folder, path)
        with pytest.raises(WeightsError, match="config.json: config_path = .*: there is no .* in the model"):
            load(folder)
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    set_config_path(folder, "link.json")
    with pytest.raises(WeightsError, match="link.json: a link that leads out"):
        load(folder)


def test_the_sample_of_the_other_program_need_not_be_there(folder: Path):
    (folder / ARCHITECTURE).unlink()
    options = read_options(Folder(folder))
    assert config_from_options(options, n_words=150_000, n_characters=5000) == BiLMConfig(
        LexiconInput(
            n_words=150_000,
            word_size=100,
            n_characters=5000,
            embedding_size=50,
            filters=((1, 32), (2, 32), (3, 64), (4, 128), (5, 256), (6, 512), (7, 1024)),
            n_highway=2,
        ),
        hidden_size=4096,
        projection_size=512,
        forget_bias=0.0,
    )


@pytest.mark.parametrize("path", [None, 3, ["a"], {}])
def test_a_config_must_name_the_file(folder: Path, path: Any):
    set_config_path(folder, path)
    with pytest.raises(WeightsError, match="config.json: config_path = .*must name the JSON file"):
        load(folder)


@pytest.mark.parametrize(
    ("part", "key", "value", "message"),
    [
        ("token_embedder", "name", "lstm", "token_embedder.name = 'lstm': only 'cnn' is read"),
        ("encoder", "name", "lstm", "encoder.name = 'lstm': only 'elmo' is read"),
        ("token_embedder", "word_dim", "5", "token_embedder.word_dim = '5': must be a whole number of at least 0"),
        ("token_embedder", "char_dim", None, "token_embedder.char_dim is missing"),
        ("token_embedder", "char_dim", 10**9, "embedding_size = 1000000000: must be at most"),
        ("token_embedder", "filters", [[1, -3]], "filters: number = -3: must be"),
        ("token_embedder", "filters", [[51, 3]], "filters = .*wider than max_characters = 50"),
        ("token_embedder", "n_highway", 1.5, "n_highway = 1.5: must be"),
        ("token_embedder", "activation", "gelu", "activation = 'gelu': must be one of"),
        ("token_embedder", "max_characters_per_token", 6, "max_characters = 6: must be a whole number of at least 7"),
        ("encoder", "dim", True, "encoder.dim = True: must be"),
        ("encoder", "n_layers", 10**6, "n_layers = 1000000: must be at most"),
        ("encoder", "cell_clip", -3, "cell_clip = -3: must be"),
        ("encoder", "proj_clip", "3", "projection_clip = '3': must be"),
    ],
)
def test_options_that_make_no_sense_are_refused_with_their_file(folder: Path, part, key, value, message):
    change(folder, part, key, value)
    with pytest.raises(WeightsError, match=f"sample.json: {message}"):
        load(folder)


def test_a_model_must_read_words_or_characters():
    options = {**make_published(word_dim=0, char_dim=0).options}
    with pytest.raises(WeightsError, match="a.json: n_words = 0: words or characters must be read"):
        config_from_options(OptionReader(options, "a.json"), n_words=0, n_characters=0)


def test_a_clip_must_be_said_but_may_be_null(folder: Path):
    options = make_published(cell_clip=None).options
    assert config_from_options(OptionReader(options, "a.json"), n_words=3, n_characters=3).cell_clip is None
    del options["encoder"]["cell_clip"]
    with pytest.raises(WeightsError, match="a.json: encoder.cell_clip is missing"):
        config_from_options(OptionReader(options, "a.json"), n_words=3, n_characters=3)


@pytest.mark.parametrize("text", ["{", "[]", '{"encoder": 3, "token_embedder": []}', "NaN"])
def test_what_is_no_such_json_is_refused(folder: Path, text: str):
    (folder / ARCHITECTURE).write_text(text, encoding="utf8")
    with pytest.raises(WeightsError, match="cnn_50_100_512_4096_sample.json: "):
        load(folder)
