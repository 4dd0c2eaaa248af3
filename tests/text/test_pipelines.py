from pathlib import Path

import pytest

from spacy_elmo.text import tokenize as module
from spacy_elmo.text.pipelines import describe_tokenizer, load_tokenizer
from spacy_elmo.text.tokenize import tokenize_files
from tests.support.tokenizers import write_tokenizer


def test_only_the_tokenizer_is_loaded(tmp_path: Path):
    nlp = load_tokenizer(write_tokenizer(tmp_path / "p", exception="abc"), "en")
    assert nlp.component_names == []
    assert [token.text for token in nlp("abc, d")] == ["a", "b", "c", ",", "d"]


def test_a_component_that_is_not_installed_does_not_matter(tmp_path: Path):
    path = tmp_path / "p" / "config.cfg"
    name = write_tokenizer(tmp_path / "p", exception="abc")
    path.write_text(path.read_text().replace('factory = "sentencizer"', 'factory = "of_nobody"'))
    assert len(load_tokenizer(name, "en")("abc")) == 3


def test_text_is_split_by_the_tokenizer_of_a_pipeline_piece_by_piece(tmp_path: Path):
    name = write_tokenizer(tmp_path / "p", exception="abc")
    assert module._Tokenizer("en", name).by_pieces
    (tmp_path / "a.txt").write_text("See abc! Not abcd, (abc)\n")
    documents = list(tokenize_files([tmp_path / "a.txt"], tokenizer=name))
    assert documents == [[["See", "a", "b", "c", "!"], ["Not", "abcd", ",", "(", "a", "b", "c", ")"]]]


def test_exceptions_that_were_taught_do_not_count_as_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tokenizer = module._Tokenizer("en", write_tokenizer(tmp_path / "p", exception="abc"))
    monkeypatch.setattr(module, "MAX_LEXEMES", 5)
    tokenizer(["one two three"])
    assert not tokenizer.is_full()
    tokenizer(["four five six"])
    assert tokenizer.is_full()


def test_a_tokenizer_is_the_same_wherever_it_lies_and_another_when_its_files_change(tmp_path: Path):
    first, second = (write_tokenizer(tmp_path / place / "p", exception="abc") for place in "ab")
    other = write_tokenizer(tmp_path / "c" / "p", exception="abd")
    assert describe_tokenizer(first) == describe_tokenizer(second) != describe_tokenizer(other)


def test_other_settings_of_a_pipeline_do_not_change_its_tokenizer(tmp_path: Path):
    name = write_tokenizer(tmp_path / "p")
    before, path = describe_tokenizer(name), tmp_path / "p" / "config.cfg"
    path.write_text(path.read_text().replace("batch_size = 1000", "batch_size = 999"))
    assert describe_tokenizer(name) == before
    path.write_text(path.read_text().replace('"spacy.Tokenizer.v1"', '"mine.v1"'))
    assert describe_tokenizer(name) != before


def test_what_is_no_pipeline_is_named_with_why(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    for name, reason in {
        str(tmp_path / "nowhere"): "no pipeline has this name, and no folder",
        "": "no config.cfg",
        str(tmp_path / "empty"): "empty has no config.cfg, so it is no pipeline",
        "spacy-elmo": "no pipeline has this name, and no folder",
        "numpy": "numpy has no config.cfg",
    }.items():
        with pytest.raises(ValueError, match=f"tokenizer = .*{reason}"):
            load_tokenizer(name, "en")
        with pytest.raises(ValueError, match=f"tokenizer = .*{reason}"):
            describe_tokenizer(name)


def test_a_pipeline_of_another_language_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match="is of a pipeline for 'en', and the text is read as 'de'; correct lang"):
        load_tokenizer(write_tokenizer(tmp_path / "p"), "de")


@pytest.mark.parametrize(
    ("file", "data", "reason"),
    [
        ("tokenizer", b"nothing", "cannot load its tokenizer"),
        ("config.cfg", b"[nlp]\n", "cannot load its tokenizer"),
        ("config.cfg", b'[nlp]\nlang = "en"\npipeline = []\ntokenizer = {"@tokenizers": "mine"}\n', "mine"),
    ],
)
def test_a_tokenizer_that_cannot_be_loaded_is_named(file: str, data: bytes, reason: str, tmp_path: Path):
    name = write_tokenizer(tmp_path / "p")
    (tmp_path / "p" / file).write_bytes(data)
    with pytest.raises(ValueError, match=f"tokenizer = .*{reason}"):
        load_tokenizer(name, "en")
