import re
import runpy
import sys
from pathlib import Path

import pytest

from spacy_elmo.formats import WeightsError
from spacy_elmo.models import catalogue
from spacy_elmo.models.catalogue import cache_folder, catalogue_rows, find_published, read_catalogue
from spacy_elmo.models.load import _is_name, model_names

ROOT = Path(__file__).parents[2]
MAKER = runpy.run_path(str(ROOT / "docs" / "make_catalogue.py"))
MODELS = list(read_catalogue().values())
MANY = [model for model in MODELS if model.format == "elmoformanylangs"]


def test_the_page_has_the_table():
    assert MAKER["make_page"]() == MAKER["PAGE"].read_text(encoding="utf8"), "run: python docs/make_catalogue.py"


def test_names_can_be_set_as_pretrained():
    assert [model.name for model in MODELS if not _is_name(model.name)] == []
    assert {model.name for model in MODELS} & set(model_names()) == set()


def test_every_model_says_what_it_is_and_who_made_it():
    formats = {"allennlp", "elmoformanylangs", "bilm-tf"}
    assert [m.name for m in MODELS if m.format not in formats or not m.page.startswith("http")] == []
    assert [m.name for m in MODELS if m.lang and not re.fullmatch("[a-z]{2,3}", m.lang)] == []


def test_files_have_names_without_folders_and_addresses():
    files = [file for model in MODELS for file in model.files]
    assert [file for file in files if not re.fullmatch(r"\w[\w.-]*", file.name)] == []
    assert [file for file in files if not file.urls or not all(re.match("https?://", url) for url in file.urls)] == []
    assert [file for file in files if file.checksum and not re.fullmatch("(md5|sha1):[0-9a-f]+", file.checksum)] == []


def test_weights_of_the_published_format_have_the_names_that_it_reads():
    plain = [model for model in MODELS if model.format == "allennlp" and model.files and not model.archive]
    assert {tuple(file.name for file in model.files) for model in plain} == {("options.json", "weights.hdf5")}


def test_there_are_44_languages_of_elmoformanylangs_and_simplified_chinese():
    assert len({model.lang for model in MANY}) == 44
    assert len(MANY) == 45
    addresses = {model.lang: model.files[0].urls[0] for model in MANY if model.files}
    assert sorted(addresses.values()) == [f"http://vectors.nlpl.eu/repository/11/{i}.zip" for i in range(136, 180)]
    assert addresses["en"].endswith("/144.zip")
    assert addresses["zh"].endswith("/179.zip")


def test_what_stays_as_one_file_is_given_by_its_path():
    assert find_published("en_manylangs").path == cache_folder() / "en_manylangs" / "144.zip"
    assert find_published("no_norelmo_218").path == cache_folder() / "no_norelmo_218"
    assert find_published("en_allennlp_small").path == cache_folder() / "en_allennlp_small"


def test_rows_have_the_cells_of_their_header():
    header, *rows = catalogue_rows(MODELS)
    assert {len(row) for row in rows} == {len(header)}
    assert rows[0] == ("en_allennlp_small", "en", "1 Billion Word Benchmark", "2 x 1024/128", "54 MB", "", "allennlp")


def test_a_name_that_is_nearly_right_is_offered():
    with pytest.raises(WeightsError, match="did you mean en_allennlp_medium; `python -m spacy elmo models` prints all"):
        find_published("en_allennlp_mediun")


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"SPACY_ELMO_CACHE": "/here"}, "/here"),
        ("linux", {"XDG_CACHE_HOME": "/caches"}, "/caches/spacy-elmo"),
        ("linux", {}, "/home/me/.cache/spacy-elmo"),
        ("darwin", {}, "/home/me/Library/Caches/spacy-elmo"),
        ("win32", {}, "/home/me/AppData/Local/spacy-elmo"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/spacy-elmo"),
        ("darwin", {"SPACY_ELMO_CACHE": "~/here"}, "/home/me/here"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="paths of other systems")
def test_the_cache_is_where_the_variable_or_the_system_says(
    platform: str, variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
):
    for name in ("SPACY_ELMO_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(catalogue.sys, "platform", platform)
    assert cache_folder() == Path(folder)
