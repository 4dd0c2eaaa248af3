"""Tables of results: means, spreads, errors removed, and which runs count."""

import builtins

import pytest
import srsly

from project.features.scripts import report
from tests.support.hand_made import make_result

DEFAULT = report.DEFAULT
BASELINE = "paper without ELMo"
LINES = [
    *(make_result(BASELINE, seed, score) for seed, score in enumerate([0.58, 0.60, 0.62])),
    *(make_result("paper", seed, score) for seed, score in enumerate([0.70, 0.70, 0.70])),
    make_result(DEFAULT, 0, 0.5),
]


def column(lines, name, split="dev"):
    """Return the cells of a column by the system of their row."""
    header, rows = report.make_table("ner", report.newest_runs(lines, split))
    return {row[0]: row[header.index(name)] for row in rows}


def test_mean_and_spread_over_seeds():
    # standard deviation of a sample: sqrt((2^2 + 0 + 2^2) / 2) = 2
    assert column(LINES, "entity F") == {DEFAULT: "50.00", BASELINE: "60.00 ±2.00", "paper": "70.00 ±0.00"}


def test_upos_is_shown_once_where_there_is_no_xpos():
    scores = {"tag_acc": 0.9, "pos_acc": 0.8, "speed": 1_000}
    line = make_result("paper", 0, 0.5) | {"task": "tagger", "scores": scores, "unseen": {"words": 5, **scores}}
    (with_xpos, _), (without, rows) = (
        report.make_table("tagger", {"paper": [line | facts]}) for facts in ({}, {"tags_are_upos": True})
    )
    assert with_xpos[:4] == ["", "seeds", "XPOS", "UPOS"]
    assert (without[:4], rows[0][2]) == (["", "seeds", "UPOS", "UPOS, unseen"], "80.00")


def test_scores_of_unseen_words():
    assert column(LINES, "entity F, unseen") == {DEFAULT: "25.00", BASELINE: "30.00 ±1.00", "paper": "35.00 ±0.00"}


def test_scores_from_raw_text_where_all_runs_have_them():
    lines = [make_result(name, 0, 0.5, raw={"token_f": 0.9, "ents_f": 0.4}) for name in (BASELINE, "paper")]
    assert column(lines, "token F, raw text") == {BASELINE: "90.00", "paper": "90.00"}
    assert column(lines, "entity F, raw text") == {BASELINE: "40.00", "paper": "40.00"}
    assert "entity F, raw text" not in report.make_table("ner", report.newest_runs([*lines, LINES[-1]], "dev"))[0]


def test_share_of_the_errors_that_elmo_removes():
    # from 40 in 100 to 30 in 100
    assert column(LINES, "fewer errors") == {DEFAULT: "", BASELINE: "", "paper": "25.0%"}


def test_more_errors_than_the_baseline_are_negative():
    lines = [make_result(BASELINE, 0, 0.6), make_result("paper", 0, 0.5)]
    assert column(lines, "fewer errors")["paper"] == "-25.0%"


def test_each_recipe_has_a_baseline_of_its_own():
    lines = [*LINES, make_result("listener without ELMo", 0, 0.2), make_result("listener", 0, 0.6)]
    assert column(lines, "fewer errors")["listener"] == "50.0%"


@pytest.mark.parametrize("lines", [[LINES[3]], [make_result(BASELINE, 0, 1.0), LINES[3]]])
def test_no_share_without_a_baseline_or_without_its_errors(lines):
    header, _ = report.make_table("ner", report.newest_runs(lines, "dev"))
    assert "fewer errors" not in header


def test_time_speed_and_memory_are_means():
    assert column(LINES, "train s")["paper"] == "11"
    assert column(LINES, "words/s")["paper"] == "1,001"
    assert column(LINES, "peak MB")["paper"] == "500"


def test_nothing_was_trained_for_the_test_data():
    header, _ = report.make_table("ner", report.newest_runs([make_result("paper", 0, 0.7, split="test")], "test"))
    assert header == ["", "seeds", "entity F", "entity F, unseen", "words/s"]


def test_default_comes_first_and_baselines_before_their_recipe():
    """In whatever order the runs ended."""
    lines = [
        make_result("listener", 0, 0.6),
        LINES[3],
        LINES[0],
        make_result("listener without ELMo", 0, 0.5),
        LINES[6],
    ]
    expected = [DEFAULT, "listener without ELMo", "listener", BASELINE, "paper"]
    assert list(report.newest_runs(lines, "dev")) == expected


def test_splits_are_apart():
    lines = [*LINES, make_result("paper", 0, 0.1, split="test")]
    assert column(lines, "seeds")["paper"] == "3"
    assert column(lines, "seeds", "test") == {"paper": "1"}


@pytest.mark.parametrize(
    "changed", [{"config": "another"}, {"weights_md5": "another"}, {"corpus": {"train": "x"}}, {"corpus": {"dev": "x"}}]
)
def test_only_the_newest_settings_count(changed):
    lines = [*LINES[3:6], make_result("paper", 0, 0.9, **changed)]
    assert column(lines, "entity F") == {"paper": "90.00"}


def test_models_are_compared_side_by_side():
    lines = [*LINES[:3], *(make_result("paper", 0, score, pretrained=name) for name, score in [("a", 0.7), ("b", 0.8)])]
    assert column(lines, "fewer errors") == {BASELINE: "", "paper, a": "25.0%", "paper, b": "50.0%"}


def test_another_test_file_is_not_the_same_test():
    other = make_result("paper", 0, 0.1, split="test", corpus={"test": "x"})
    lines = [other, make_result("paper", 0, 0.9, split="test")]
    assert column(lines, "entity F", "test") == {"paper": "90.00"}


def test_a_seed_counts_once():
    """Another test file leads to new runs with the same training data."""
    lines = [make_result("paper", 0, 0.9, key="old", corpus={"test": "x"}), make_result("paper", 0, 0.9)]
    assert column(lines, "seeds") == {"paper": "1"}


def test_systems_are_compared_on_the_same_data():
    """A comparison that was interrupted after the corpus changed leaves some systems with results on the old one."""
    lines = [make_result(BASELINE, 0, 0.5), make_result("paper", 0, 0.6)]
    lines.append(make_result(BASELINE, 0, 0.8, corpus={"train": "new", "dev": "new"}))
    assert list(report.newest_runs(lines, "dev")) == [BASELINE]


@pytest.fixture
def results(files):
    files.results.parent.mkdir(parents=True)
    srsly.write_jsonl(files.results, [*LINES, make_result("paper", 0, 0.65, split="test")])
    return files.results


def test_table_in_the_terminal(results, workspace, capsys):
    report.main(workspace, ["ner", "--name", "mine"])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    start = lines.index("mine, dev")
    header, divider, *rows = [line for line in lines[start + 1 :] if line][:5]
    assert header.split() == "seeds entity F fewer errors entity F, unseen train s words/s peak MB".split()
    assert set(divider) == {"-", " "}
    assert [row.split("  ")[0] for row in rows] == [DEFAULT, BASELINE, "paper"]
    assert len({len(line) for line in (header, divider, *rows)}) == 1  # the last column is flush right
    assert "mine, test" in lines


def test_page(results, call):
    assert call(report, "ner", "--name", "mine")[0] == 0
    lines = results.with_suffix(".md").read_text(encoding="utf8").splitlines()
    assert [line for line in lines if line.startswith(("#", "On "))] == ["# ner: mine", "On dev:", "On test:"]
    assert "| paper | 3 | 70.00 ±0.00 | 25.0% | 35.00 ±0.00 | 11 | 1,001 | 500 |" in lines
    assert "12 words never seen in training; spacy 3.8, torch 2.13; Linux, 2 cores, 2 runs at a time." in lines


PAGE = """\
before
<!-- tables: ner mine -->
older
<!-- end of tables -->
between
<!-- tables: ner other -->
others
<!-- end of tables -->
after
"""


def test_tables_in_a_page(results, call, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf8")
    for _ in range(2):  # the second time in place of the first
        assert call(report, "ner", "--name", "mine", "--page", page)[0] == 0
        lines = page.read_text(encoding="utf8").splitlines()
        assert lines[:2] == PAGE.splitlines()[:2]
        assert lines[-6:] == PAGE.splitlines()[-6:]
        assert lines.count("On dev:") == lines.count("On test:") == 1
        assert "older" not in lines


@pytest.mark.parametrize("text", ["", PAGE.replace("ner mine", "ner others"), "<!-- tables: ner mine -->\n"])
def test_page_without_markers_is_left_alone(results, call, tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf8")
    code, printed = call(report, "ner", "--name", "mine", "--page", page)
    assert (code, page.read_text(encoding="utf8")) == (1, text)
    assert "page.md: no lines <!-- tables: ner mine -->" in printed


def test_plots(results, call):
    call(report, "ner", "--name", "mine")
    for split in ("dev", "test"):
        assert results.with_name(f"mine-{split}.png").read_bytes().startswith(b"\x89PNG")


def test_no_plot_without_matplotlib(results, call, monkeypatch):
    ordinary = builtins.__import__

    def without_matplotlib(name, *arguments, **others):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return ordinary(name, *arguments, **others)

    monkeypatch.setattr(builtins, "__import__", without_matplotlib)
    code, printed = call(report, "ner", "--name", "mine")
    assert (code, "No plot: matplotlib is not installed" in printed) == (0, True)
    assert results.with_suffix(".md").is_file()


def test_no_results_yet(call):
    code, printed = call(report, "ner", "--name", "mine")
    assert code == 1
    assert "no results yet; run the step `runs` first, with --vars.task ner" in printed
