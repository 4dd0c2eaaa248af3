"""Lines of results that are broken, or of something else, and the steps that read them."""

import json

import pytest

from project.features.scripts import package, report
from project.features.scripts.results import Results, read_results
from project.shared.arguments import StepError
from tests.support.hand_made import make_result

GOOD = make_result("paper", 0, 0.5)


def write(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))


def test_whole_lines(files):
    write(files.results, GOOD, "", GOOD)
    assert read_results(files.results, "ner") == [GOOD, GOOD]


def test_no_file(files):
    assert Results(files.results, "ner").lines == []


@pytest.mark.parametrize("key", sorted(GOOD.keys() - {"pretrained", "train_seconds", "train_peak_mb"}))
def test_value_that_is_missing(files, key):
    write(files.results, GOOD, {name: value for name, value in GOOD.items() if name != key})
    with pytest.raises(StepError, match=rf"mine\.jsonl:2: not the result of a run \(.*{key}.*\); remove this line"):
        read_results(files.results, "ner")


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "null",
        "5",
        '"text"',
        "[" * 100_000,
        "1" * 5000,
        GOOD | {"scores": {"ents_f": "high", "speed": 1}},
        GOOD | {"scores": {"ents_f": None, "speed": 1}},
        GOOD | {"scores": {"ents_f": 0.5}},
        GOOD | {"scores": {"ents_f": float("nan"), "speed": 1}},
        GOOD | {"scores": {"ents_f": float("inf"), "speed": 1}},
        GOOD | {"train_peak_mb": 10**400},
        GOOD | {"train_peak_mb": []},
        GOOD | {"pretrained": []},
        GOOD | {"unseen": {"words": 3, "ents_f": "low"}},
        GOOD | {"corpus": {}},
        GOOD | {"corpus": []},
        GOOD | {"task": "tagger"},
        GOOD | {"split": "train2"},
        GOOD | {"seed": "0"},
        GOOD | {"train_seconds": "long"},
    ],
)
@pytest.mark.parametrize("step", [report, package])
def test_line_that_is_no_result(files, call, line, step):
    write(files.results, GOOD, line)
    code, printed = call(step, "ner", "--name", "mine")
    assert (code, "mine.jsonl:2: not the result of a run" in printed) == (1, True)


@pytest.mark.parametrize("step", [report, package])
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00"])
def test_file_without_results(files, call, content, step):
    files.results.parent.mkdir(parents=True)
    files.results.write_bytes(content)
    code, printed = call(step, "ner", "--name", "mine")
    assert (code, "mine.jsonl: " in printed) == (1, True)


def test_results_that_are_a_folder(files, call):
    files.results.mkdir(parents=True)
    code, printed = call(report, "ner", "--name", "mine")
    assert (code, "mine.jsonl: cannot be read" in printed) == (1, True)


def test_results_on_the_test_data_alone(files, call):
    write(files.results, make_result("paper", 0, 0.5, split="test"))
    assert call(report, "ner", "--name", "mine")[0] == 0


def test_scores_of_unseen_words_that_some_runs_have(files, call):
    write(files.results, GOOD, make_result("listener", 0, 0.6) | {"unseen": {"words": 3}})
    assert call(report, "ner", "--name", "mine")[0] == 0


def test_pipeline_that_is_gone(files, call):
    write(files.results, GOOD)
    code, printed = call(package, "ner", "--name", "mine")
    assert (code, "training/paper-0: the pipeline that was trained is gone" in printed) == (1, True)
