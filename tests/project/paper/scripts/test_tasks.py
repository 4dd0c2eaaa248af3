"""The tasks: what is chosen of them, and what they say of themselves."""

from argparse import ArgumentTypeError

import pytest

from project.paper.components.systems import make_tok2vec
from project.paper.scripts.sources.datasets import DATASETS
from project.paper.scripts.tasks import TASKS, USERS, choose_tasks, share, task_parser
from project.shared.arguments import StepError


def choose(*arguments):
    return choose_tasks(task_parser("").parse_args(arguments))


def test_every_dataset_has_a_task():
    assert {task.dataset for task in TASKS.values()} == set(DATASETS)


def test_without_names_all_are_chosen_whose_files_are_not_the_users():
    assert choose() == [name for name, task in TASKS.items() if task.dataset not in USERS]


def test_files_of_the_user_bring_their_task():
    assert "sentiment-sst5" in choose("--sst", "folder")
    assert choose("--tasks", "sentiment-sst5", "--sst", "folder") == ["sentiment-sst5"]


def test_names_are_taken_once():
    assert choose("--tasks", "srl, coref,srl") == ["srl", "coref"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tasks", "nothing"], "'nothing': no such task; choose from tagging"),
        (["--tasks", "qa-squad"], "squad is missing: the folder of the files that the task qa-squad learns from"),
    ],
)
def test_what_cannot_be_done(arguments, message):
    with pytest.raises(StepError, match=message):
        choose(*arguments)


@pytest.mark.parametrize("value", ["0", "1.1", "nan", "half"])
def test_shares_that_are_none(value):
    with pytest.raises(ArgumentTypeError, match="must be a number above 0 and at most 1"):
        share(value)


def test_components_keep_their_own_model():
    block = TASKS["coref"].make_component({"@architectures": "mine"})
    assert block["model"]["@architectures"] == "spacy-elmo-paper.SpanRanking.v1"
    assert block["model"]["tok2vec"] == {"@architectures": "mine"}


def test_a_component_with_an_encoder_of_its_own_has_what_comes_behind_it():
    model = TASKS["srl"].make_component(make_tok2vec("elmo", encoder="none", place="both"))["model"]
    assert model["output"] == model["tok2vec"]["input"]
    assert model["tok2vec"]["output"] is None
