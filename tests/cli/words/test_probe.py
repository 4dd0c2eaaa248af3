import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app
from spacy_elmo.probing import regression
from tests.support.random_models import TINY, write_random_model
from tests.support.tagged import write_corpus


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["probe", *map(str, arguments)])


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "a.conllu")


def test_a_row_for_each_layer_and_for_guesses(corpus: Path, tiny_model: Path):
    result = run(corpus, "--model", tiny_model)
    assert result.exit_code == 0, result.output
    cells = re.findall(r"^(\S.*?)   +\S+ +[\d.]+% +[\d.]+ to [\d.]+ +- +-$", result.output, re.MULTILINE)
    assert cells == [
        *("most frequent tag", "most frequent tag of the word"),
        *("layer 0", "layer 1", "layer 2", "average", "all layers"),
    ]
    assert "xpos, 3 tags: learned from 160 words of 32 sentences,\ntested on 40 words of 8 sentences" in result.output


def test_models_are_compared(corpus: Path, tiny_model: Path, tmp_path: Path):
    other = write_random_model(tmp_path / "other", TINY, seed=1)
    result = run(corpus, "--dev", corpus, "-m", tiny_model, "-m", other, "--layers", "0, all", "--limit", 20)
    assert result.exit_code == 0, result.output
    assert re.search(r"layer 0, less the first +.*other +[+-][\d.]+% +[+-][\d.]+ to [+-][\d.]+", result.output)
    assert "5 sentences" in result.output


def test_json(corpus: Path, tiny_model: Path):
    found = json.loads(run(corpus, "--model", tiny_model, "--layers", "average", "--seed", 3, "--json").output)
    assert list(found["models"][str(tiny_model)]) == ["average"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--task", "feats"], "no word has a tag of the task feats; choose another --task (xpos)"),
        (["--task", "lemma"], "task = 'lemma': must be one of 'xpos', 'upos', 'feats', 'deprel', 'ner'"),
        (["--layers", "7"], "has: 0, 1, 2, average, all"),
        (["--limit", "1"], "2 sentences, of which none can be held out"),
        (["--dev", "missing.conllu"], "missing.conllu: no such file; correct the path of the corpus"),
        (["--model", "nowhere/"], "nowhere"),
    ],
)
def test_what_cannot_be_probed_is_said(corpus: Path, tiny_model: Path, options: list[str], message: str):
    result = run(corpus, *(options if "--model" in options else ["--model", tiny_model, *options]))
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())


def test_tags_that_are_not_learned_are_told(corpus: Path, tiny_model: Path, tmp_path: Path):
    text = corpus.read_text(encoding="utf8").replace("\tVBD\t", "\tVB\t")
    (tmp_path / "dev.conllu").write_text(text, encoding="utf8")
    result = run(corpus, "--dev", tmp_path / "dev.conllu", "--model", tiny_model, "--layers", "all")
    assert "40 words have tags that are not among those to learn, and count as wrong." in result.output


def test_an_interruption_ends_it_without_a_traceback(corpus: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(regression, "_loss_and_gradients", interrupt)
    result = run(corpus, "--model", tiny_model)
    assert result.exit_code in (1, 130)
    assert "Traceback" not in result.output
