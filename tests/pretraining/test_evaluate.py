from pathlib import Path

import pytest

from spacy_elmo.formats import allennlp, model_directory
from spacy_elmo.pretraining.evaluate import measure_files
from spacy_elmo.pretraining.loop.perplexity import text_perplexity
from spacy_elmo.text.readers import CorpusError
from spacy_elmo.util.files import WeightsError, write_words
from tests.support.random_models import random_head, random_model
from tests.support.tokenizers import write_tokenizer

ROUNDING = 1e-5  # products of the same numbers at other addresses may round apart
DIRECTIONS = ("forward", "backward", "mean")


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """Two files in a folder."""
    (tmp_path / "texts").mkdir()
    paths = [tmp_path / "texts" / name for name in ("a.txt", "b.txt")]
    paths[0].write_text("The bank. The river", encoding="utf8")
    paths[1].write_text("the river bank\n\nriver river", encoding="utf8")
    return paths


@pytest.fixture
def model(tmp_path: Path) -> str:
    bilm = random_model()
    model_directory.write(tmp_path / "model", bilm, {}, head=random_head(bilm))
    return str(tmp_path / "model")


def rounded(rows: list[dict]) -> list[dict]:
    return [{**row, **{key: pytest.approx(row[key], rel=ROUNDING) for key in DIRECTIONS}} for row in rows]


def test_each_file_has_the_perplexity_of_its_sentences(model: str, texts: list[Path]):
    documents = [[["The", "bank", "."], ["The", "river"]]], [[["the", "river", "bank"]], [["river", "river"]]]
    rows = []
    for text, document, unknown in zip(texts, documents, (0.6, 0)):
        found = text_perplexity(random_model(), random_head(random_model()), document).perplexity
        row = {"text": str(text), "words": 5, "unknown": unknown}
        rows.append({**row, "forward": found.forward, "backward": found.backward, "mean": found.mean})
    assert measure_files(model, texts) == rounded(rows)


def test_a_folder_is_its_files_in_their_order(model: str, texts: list[Path]):
    assert measure_files(model, [texts[0].parent]) == rounded(measure_files(model, texts))


def test_published_weights_have_the_same(model: str, texts: list[Path], tmp_path: Path):
    bilm = random_model()
    allennlp.write(tmp_path / "published", bilm, {}, head=random_head(bilm))
    assert measure_files(str(tmp_path / "published"), texts) == rounded(measure_files(model, texts))


def test_the_words_to_predict_can_be_given(model: str, texts: list[Path], tmp_path: Path):
    write_words(tmp_path / "words.txt", ["river"])
    rows = measure_files(model, texts, vocab=tmp_path / "words.txt")
    assert [row["unknown"] for row in rows] == [0.8, 0.4]


def test_the_language_decides_on_the_words(model: str, tmp_path: Path):
    (tmp_path / "a.txt").write_text("don't", encoding="utf8")
    (english,), (other,) = (measure_files(model, [tmp_path / "a.txt"], lang=lang) for lang in ("en", "xx"))
    assert (english["words"], other["words"]) == (2, 1)


def test_a_tokenizer_decides_on_them_as_well(model: str, tmp_path: Path):
    (tmp_path / "a.txt").write_text("don't", encoding="utf8")
    tokenizer, said = write_tokenizer(tmp_path / "p", exception="don't"), list[str]()
    (row,) = measure_files(model, [tmp_path / "a.txt"], tokenizer=tokenizer, notify=said.append)
    assert row["words"] == 5
    assert not any("--lang" in line for line in said)
    with pytest.raises(ValueError, match="is of a pipeline for 'en', and the text is read as 'de'"):
        measure_files(model, [tmp_path / "a.txt"], tokenizer=tokenizer, lang="de")


def test_texts_and_words_are_looked_for_before_the_model(texts: list[Path], tmp_path: Path):
    with pytest.raises(CorpusError, match=r"nowhere.txt: no such file"):
        measure_files("no model", [texts[0], tmp_path / "nowhere.txt"])
    with pytest.raises(WeightsError, match=r"words.txt: no such file"):
        measure_files("no model", texts, vocab=tmp_path / "words.txt")


def test_a_model_without_a_softmax_is_refused(tiny_model: Path, texts: list[Path]):
    with pytest.raises(ValueError, match=r"tiny: has no softmax, so it predicts no words; `convert` keeps it"):
        measure_files(str(tiny_model), texts)
