from pathlib import Path

import pytest

from spacy_elmo.probing import probe_models
from spacy_elmo.text import CorpusError
from spacy_elmo.util.files import WeightsError
from tests.support.random_models import TINY, write_random_model
from tests.support.tagged import conllu, write_corpus

KINDS = ["0", "1", "2", "average", "all"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("tagged") / "a.conllu")


def test_a_report_of_every_layer_and_of_guesses(tiny_model: Path, corpus: Path):
    report = probe_models([tiny_model], corpus)
    assert report.task == "xpos"
    assert report.tags == 3
    assert (report.train.sentences, report.dev.sentences, report.dev.words) == (32, 8, 40)
    assert (report.unseen, report.unknown) == (0, 0)
    (scores,) = report.models.values()
    assert list(scores) == KINDS
    assert scores["all"].words.value > 0.9
    assert report.guesses["most frequent tag"].words.value == pytest.approx(0.4)
    assert report.differences == {}


def test_the_same_figures_come_again(tiny_model: Path, corpus: Path):
    first, second = (probe_models([tiny_model], corpus, seed=1, layers=["0"]) for _ in range(2))
    assert first == second != probe_models([tiny_model], corpus, seed=2, layers=["0"])


def test_unseen_words_of_another_file(tiny_model: Path, corpus: Path, tmp_path: Path):
    dev = write_corpus(tmp_path / "dev.conllu", nouns=("bank", "walrus"))
    report = probe_models([tiny_model], corpus, dev)
    assert (report.train.sentences, report.dev.sentences) == (40, 8)
    assert report.unseen == 8
    assert report.models[str(tiny_model)]["all"].unseen is not None


def test_a_quarter_of_the_limit_is_tested(tiny_model: Path, corpus: Path):
    for dev in (None, corpus):
        report = probe_models([tiny_model], corpus, dev, limit=24, layers=["0"])
        assert (report.train.sentences, report.dev.sentences) == (24, 6)


def test_models_are_compared_with_the_first(tiny_model: Path, corpus: Path, tmp_path: Path):
    other = write_random_model(tmp_path / "other", TINY, seed=1)
    report = probe_models([tiny_model, other, tiny_model], corpus, layers=["0", "all"])
    assert list(report.models) == [str(tiny_model), str(other)]
    assert list(report.differences) == [str(other)]
    first, second = (scores["0"].words.value for scores in report.models.values())
    assert report.differences[str(other)]["0"].words.value == pytest.approx(second - first)


def test_figures_by_name(tiny_model: Path, corpus: Path):
    found = probe_models([tiny_model], corpus, layers=["all"]).to_dict()
    assert found["dev"] == {"sentences": 8, "words": 40, "unseen": 0, "unknown": 0}
    score = found["models"][str(tiny_model)]["all"]
    assert list(score["words"]) == ["value", "interval"]
    assert score["unseen"] is None


def test_other_columns_are_other_tasks(tiny_model: Path, tmp_path: Path):
    upos = write_corpus(tmp_path / "upos.conllu", "upos")
    assert probe_models([tiny_model], upos, layers=["0"]).task == "upos"
    deprel = write_corpus(tmp_path / "deprel.conllu", "deprel")
    assert probe_models([tiny_model], deprel, task="deprel", layers=["0"]).tags == 3
    with pytest.raises(CorpusError, match=r"deprel.conllu: no word has a tag of the task xpos; .* \(deprel\)"):
        probe_models([tiny_model], deprel, task="xpos")
    with pytest.raises(CorpusError, match=r"deprel.conllu: no word has a tag of the task upos"):
        probe_models([tiny_model], upos, deprel)


def test_tags_that_are_not_learned_are_counted(tiny_model: Path, corpus: Path, tmp_path: Path):
    dev = tmp_path / "dev.conllu"
    dev.write_text(conllu([("The", "DT"), ("bank", "NEW")]), encoding="utf8")
    report = probe_models([tiny_model], corpus, dev)
    assert report.unknown == 1
    assert report.models[str(tiny_model)]["all"].words.value <= 0.5


def test_a_model_that_is_missing_is_told_before_one_computes(tiny_model: Path, corpus: Path, tmp_path: Path):
    with pytest.raises(WeightsError, match="nowhere"):
        probe_models([tiny_model, tmp_path / "nowhere"], corpus)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"limit": 0}, "limit = 0: must be a whole number of at least 1"), ({"task": "lemma"}, "task = 'lemma': must be")],
)
def test_settings_out_of_range_are_refused(tiny_model: Path, corpus: Path, settings: dict, message: str):
    with pytest.raises(ValueError, match=message):
        probe_models([tiny_model], corpus, **settings)
