"""Tables of the tasks: scores, differences, errors removed, time."""

from project.paper.scripts.pages.figures import Runs
from project.paper.scripts.pages.tasks import costs, find_wins, scores, summary
from tests.support.paper import make_run, read_tables


def make_runs(task="srl", with_elmo=(0.70, 0.70, 0.73), without=(0.58, 0.60, 0.62), split="dev", **others):
    found = {"elmo": with_elmo, "tok2vec": without}
    return [
        make_run(task, system, score, seed=seed, split=split, **others)
        for system, own in found.items()
        for seed, score in enumerate(own)
    ]


def test_a_row_on_dev():
    (row,) = read_tables(scores(Runs(make_runs())).markdown)["On dev"]
    assert row == {
        **{"": "Semantic roles, PropBank", "score": "F1", "baseline": "60.00 ±2.00", "ELMo": "71.00 ±1.73"},
        **{"difference": "+11.00 ±1.00", "fewer errors": "+27.5%", "seeds": "3"},
        **{"minutes, baseline": "5.0", "minutes, ELMo": "5.0"},
    }


def test_the_paper_stands_beside_what_is_tested():
    runs = Runs([*make_runs(split="test"), *make_runs("tagging", split="test")])
    tags, roles = read_tables(scores(runs).markdown)["On test"]
    assert roles["here: ELMo"] == "71.00 ±1.73"
    beside = [roles[f"in the paper, on other data: {name}"] for name in ("task", "score", "fewer errors")]
    assert beside == ["OntoNotes, F1", "81.4 → 84.6", "17.2%"]
    assert tags["in the paper, on other data: score"] == ""


def test_a_summary_has_the_scores_on_test_alone():
    table = summary(Runs([*make_runs(split="test"), *make_runs("tagging")]))
    assert table.rows == [["Semantic roles, PropBank", "F1", "60.00 ±2.00", "71.00 ±1.73", "+27.5%", "3"]]
    assert len(table.header) == 6


def test_no_summary_without_runs_on_test():
    assert summary(Runs(make_runs())) is None


def test_tasks_that_the_paper_has_not():
    (row,) = read_tables(scores(Runs(make_runs("tagging", split="test"))).markdown)["On test"]
    assert row["ELMo"] == "71.00 ±1.73"


def test_a_seed_that_is_missing_in_one_of_them():
    (row,) = read_tables(scores(Runs(make_runs(without=(0.58, 0.60)))).markdown)["On dev"]
    assert (row["difference"], row["seeds"]) == ("+11.00 ±1.41", "2/3")


def test_one_seed_has_no_spread():
    section = scores(Runs(make_runs(with_elmo=[0.7], without=[0.6])))
    (row,) = read_tables(section.markdown)["On dev"]
    assert (row["baseline"], row["ELMo"], row["difference"]) == ("60.00", "70.00", "+10.00")


def test_a_system_alone():
    (row,) = read_tables(scores(Runs(make_runs(with_elmo=[], without=[0.6]))).markdown)["On dev"]
    assert row["baseline"] == "60.00"
    assert "difference" not in row


def test_tasks_where_elmo_does_not_help_have_a_line():
    runs = Runs([*make_runs(with_elmo=[0.5], without=[0.6]), *make_runs("qa", with_elmo=[0.7], without=[0.6])])
    lines = [line for line in scores(runs).markdown.splitlines() if line.startswith("- ")]
    assert lines == [
        "- ELMo does not beat its baseline: Semantic roles, PropBank, dev: 50.00 with ELMo, 60.00 without."
    ]
    assert find_wins(runs) == {"srl": False, "qa": True}


def test_gains_that_are_smaller_than_their_spread_have_a_line():
    runs = Runs(make_runs(with_elmo=(0.61, 0.59), without=(0.57, 0.61)))
    assert "- ELMo beats its baseline by less than seeds differ (4.24)" in scores(runs).markdown


def test_what_is_tested_counts_in_the_end():
    lines = [*make_runs(with_elmo=[0.5], without=[0.6], split="test"), *make_runs(with_elmo=[0.7], without=[0.6])]
    assert find_wins(Runs(lines))["srl"] is False


def test_words_that_the_training_data_have_not():
    (row,) = read_tables(scores(Runs(make_runs("tagging"))).markdown)["Words that the training data have not"]
    assert (row["words"], row["baseline"], row["ELMo"]) == ("1,234", "30.00 ±1.00", "35.50 ±0.87")


def test_other_scores():
    rows = read_tables(scores(Runs(make_runs())).markdown)["Other scores of the tasks"]
    assert [(row["score"], row["baseline"]) for row in rows] == [
        ("precision", "59.00 ±2.00"),
        ("recall", "58.00 ±2.00"),
    ]


def test_time_speed_and_size():
    rows = read_tables(costs(Runs(make_runs())).markdown)["Pipelines of the tasks"]
    assert [list(row.values()) for row in rows] == [
        ["baseline", "4", "5.0", "20,000", "2.0", "900"],
        ["ELMo", "4", "5.0", "4,000", "16.0", "900"],
    ]


def test_figures_that_were_not_measured():
    lines = make_runs()
    for line in lines:
        for key in ("train_seconds", "train_peak_mb", "bytes", "epochs"):
            del line[key]
        del line["scores"]["speed"]
    assert costs(Runs(lines)) is None
    assert "minutes" not in scores(Runs(lines)).markdown


def test_no_runs():
    assert scores(Runs([])) is None
    assert costs(Runs([])) is None
