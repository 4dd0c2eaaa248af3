import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app
from tests.support.predictors import TEXT, write_predictor


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_predictor(tmp_path_factory.mktemp("models") / "predictor")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["predict", *map(str, arguments)])


def printed(*arguments: object) -> list[list[str]]:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.output.splitlines() if line.strip()]


def found(*arguments: object) -> dict:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_three_lists_and_the_ranks_of_the_word(model: Path):
    lines = printed(TEXT, "--model", model, "--top", 3)
    assert lines[0] == ["From", "the", "left", "From", "the", "right", "Both"]
    assert [line[0] for line in lines[2:]] == ["1", "2", "3", "bank:"]
    assert {len(line) for line in lines[2:5]} == {7}
    assert lines[5].count("(rank") == 3


def test_json_has_the_same(model: Path):
    row = found(TEXT, "--model", model, "--top", 3)
    assert (row["word"], row["sentence"][row["place"]]) == ("bank", "bank")
    assert [len(row[side]) for side in ("left", "right", "both")] == [3, 3, 3]
    assert [item["word"] for item in row["words"]] == ["bank"]
    both = found(TEXT, "--model", model, "--top", 100)["both"]
    assert both[row["words"][0]["both"]["rank"] - 1]["word"] == "bank"
    assert row["unknown"] == []


def test_a_gap_has_no_word_to_rank(model: Path):
    row = found("We sat on the [] .", "--model", model)
    assert (row["word"], row["words"]) == (None, [])
    assert printed("We sat on the [] .", "--model", model)[-1][0] == "7"


def test_given_words_are_ranked(model: Path):
    given = "river, shore,zyzzyva,river,,bank"
    row = found(TEXT, "--model", model, "--words", given)
    ranks = [item["both"]["rank"] for item in row["words"]]
    assert ranks == sorted(ranks)
    assert {item["word"] for item in row["words"]} == {"river", "shore", "bank"}
    assert row["unknown"] == ["zyzzyva"]
    lines = printed(TEXT, "--model", model, "--words", given)
    assert [line[0] for line in lines[2:5]] == [item["word"] for item in row["words"]]
    assert "Not among the 10 words that the model predicts: zyzzyva" in " ".join(lines[-1])


def test_a_word_outside_the_vocabulary_is_named(model: Path):
    lines = printed("We sat on the [zyzzyva] .", "--model", model)
    assert "that the model predicts: zyzzyva" in " ".join(lines[-1])


def test_substitutes(model: Path):
    rows = found(TEXT, "--model", model, "--substitutes", "--top", 2)["substitutes"]
    assert [set(row) for row in rows] == [{"word", "cosine", "probability"}] * 2
    lines = printed(TEXT, "--model", model, "--substitutes", "--top", 2)
    assert lines[0] == ["Substitute", "Cosine", "Both"]
    assert [line[0] for line in lines[2:]] == [row["word"] for row in rows]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["the bank"], "has no word in brackets"),
        (["the [bank] of the [river]"], "more than one pair of brackets"),
        (["the [ ]"], "has only spaces in its brackets"),
        (["the [river bank]"], "is 2 words for the tokenizer"),
        (["the [bank]", "--words", " , "], "has no words; give some"),
        (["the []", "--substitutes"], "a substitute is for a word"),
        (["the [bank]", "--lang", "zz"], "lang = 'zz'"),
    ],
)
def test_what_cannot_be_predicted_is_one_message(arguments: list[str], message: str, model: Path):
    result = run(*arguments, "--model", model)
    assert result.exit_code == 1
    output = " ".join(result.output.split())
    assert message in output
    assert output.count("\u2718") <= 1


def test_the_bundled_model_is_the_default():
    words = found("We sat on the [] of the river .", "--top", 20)
    assert {"side", "edge"} < {item["word"] for item in words["both"]}


def test_a_model_without_a_softmax_says_how_to_get_one(tiny_model: Path):
    result = run(TEXT, "--model", tiny_model)
    assert result.exit_code == 1
    output = "".join(result.output.split())  # lines may break within the path
    assert f"{tiny_model}:hasnosoftmax,soitpredictsnowords" in output
    assert f"`pretrain--init{tiny_model}--training.frozentrue`trainsanewone" in output
