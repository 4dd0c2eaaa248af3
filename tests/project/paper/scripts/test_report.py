"""The report: what is in it, what is left out, and what it makes of text that is code."""

import json
import re
import shutil
from itertools import chain
from pathlib import Path

import pytest
import srsly

from project.paper.scripts import report
from project.shared.pipelines.processes import weights_digest
from project.shared.workspace import Workspace
from tests.support.paper import make_all_runs, make_neighbors, make_rows, make_run, make_tags, write_lines

HOSTILE = "</style><script>alert(1)</script>|*\"'"
PAGE = "# Title\n\n<!-- tables: paper -->\n<!-- end of tables -->\n\nafter\n"
DOCS = Path(report.__file__).parents[3] / "docs"
SECTIONS = [
    *("What holds here", "Tasks without ELMo and with it", "All layers or the last one", "Where ELMo comes in"),
    *("With less training data", "What tasks take from each layer", "ELMo and what else there is", "The best recipe"),
    *("Time, speed and size", "Nearest neighbors", "Senses by layer", "Parts of speech by layer"),
    *("A word with more and more context", "Data and machine"),
]


@pytest.fixture
def written(workspace: Workspace, call):
    """Write the report of lines, and return the page, the Markdown, and what was printed."""

    def write(runs, rows, *arguments):
        for name, lines in (("runs.jsonl", runs), ("analyses.jsonl", rows)):
            if lines:
                write_lines(workspace.results / name, lines)
        code, printed = call(report, *arguments)
        assert code == 0, printed
        files = [(workspace.results / name).read_text(encoding="utf8") for name in ("report.html", "report.md")]
        return [*files, printed]

    return write


def headings(page):
    return re.findall("<h2>(.*?)</h2>", page)


def test_all_parts_are_there(written):
    page, markdown, printed = written(make_all_runs(), make_rows())
    assert headings(page) == re.findall("^## (.*)$", markdown, re.MULTILINE) == SECTIONS
    assert "Not here" not in printed
    assert page.count("<svg") == 4
    for said in ("weights en_elmo_sm", "3 seeds", "in the paper, on other data", "Linux, 2 cores", "200,000"):
        assert said in page
        assert said in markdown


def test_the_same_data_give_the_same_bytes(written):
    lines = make_all_runs([0])
    assert written(lines, make_rows()) == written(lines, make_rows())


def test_a_single_run_is_enough(written):
    page, markdown, printed = written([make_run()], [])
    expected = ["Tasks without ELMo and with it", "Time, speed and size", "Data and machine", "Not here yet"]
    assert headings(page) == expected
    assert "Not here: senses by layer (table 5); the step analyses brings it" in printed
    assert "- where ELMo comes in (table 3); the step runs brings it" in markdown


def test_analyses_alone_are_enough(written):
    page, _, printed = written([], make_tags())
    assert headings(page) == ["What holds here", "Parts of speech by layer", "Not here yet"]
    assert "Not here: the best recipe; the step runs brings it" in printed


def test_a_run_that_has_only_what_it_must(written):
    few = {"task": "srl", "system": "elmo", "split": "test", "seed": 0, "experiment": ["tasks"], "variant": {}}
    page, _, _ = written([{**few, "scores": {"srl_f": 0.5}}, {**few, "system": "tok2vec", "scores": {}}], [])
    assert headings(page) == ["Tasks without ELMo and with it", "Data and machine", "Not here yet"]


def test_of_several_weights_those_that_are_named(written):
    digest = weights_digest("en_elmo_sm")
    lines = [make_run(system="elmo", score=score, weights_md5=md5) for score, md5 in ((0.71, digest), (0.72, "newer"))]
    known = [{**row, "weights": digest} for row in make_tags()]
    rows = [*known, *({**row, "weights": "newer", "share": 0.5} for row in known)]
    markdown = written(lines, rows, "--pretrained", "en_elmo_sm")[1]
    assert "71.00" in markdown
    assert "72.00" not in markdown
    assert "93.0%" in markdown
    assert "50.0%" not in markdown


def test_sections_in_a_page(written, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf8")
    written([make_run()], [*make_tags(), *make_neighbors()], "--page", page)
    text = page.read_text(encoding="utf8")
    assert text.startswith("# Title\n\n<!-- tables: paper -->\n\n### What holds here\n")
    assert text.endswith("\n<!-- end of tables -->\n\nafter\n")
    assert "Not here" not in text
    assert "### Parts of speech by layer" in text
    assert "### Nearest neighbors" not in text  # they quote the sentences of others


def test_a_page_without_markers_is_named(workspace, call, tmp_path):
    write_lines(workspace.results / "runs.jsonl", [make_run()])
    page = tmp_path / "page.md"
    page.touch()
    code, printed = call(report, "--page", page)
    assert (code, page.read_text(encoding="utf8")) == (1, "")
    assert "no lines <!-- tables: paper -->" in printed


def test_the_page_of_the_docs_has_the_markers(written, tmp_path):
    page = tmp_path / "paper.md"
    page.write_bytes((DOCS / "paper.md").read_bytes())
    written([make_run()], [], "--page", page)
    assert "### Tasks without ELMo and with it" in page.read_text(encoding="utf8")


def test_the_readme_gets_the_table_of_the_tasks(written, tmp_path):
    page = tmp_path / "README.md"
    page.write_bytes((DOCS.parent / "README.md").read_bytes())
    written([make_run(system=system, split="test") for system in ("tok2vec", "elmo")], [], "--summary", page)
    before, after = page.read_text(encoding="utf8").split("<!-- tables: tasks -->\n\n**On test data, in percent**\n")
    assert before.startswith("# spacy-elmo\n")
    assert "| Parts of speech, EWT | XPOS |" in after.split("<!-- end of tables -->")[0]


def test_the_tables_of_the_docs_are_those_of_their_record(workspace, call, tmp_path):
    pages = {"--page": DOCS / "paper.md", "--summary": DOCS.parent / "README.md"}
    copies = {option: Path(shutil.copy(page, tmp_path)) for option, page in pages.items()}
    code, printed = call(report, "--results", DOCS / "paper", *chain.from_iterable(copies.items()))
    assert code == 0, printed
    assert [copy.read_bytes() for copy in copies.values()] == [page.read_bytes() for page in pages.values()]


def test_a_page_can_be_made_again_from_its_record(written, call, tmp_path, workspace):
    page, record = tmp_path / "page.md", tmp_path / "record"
    page.write_text(PAGE, encoding="utf8")
    runs = [json.loads(srsly.json_dumps({**run, "config": "[nlp]"})) for run in make_all_runs([0])]  # rounded
    written(runs, [*make_rows(), *make_neighbors()], "--page", page, "--record", record)
    before = page.read_bytes()
    assert "config" not in (record / "runs.jsonl").read_text(encoding="utf8")
    assert '"neighbors"' not in (record / "analyses.jsonl").read_text(encoding="utf8")
    page.write_text(PAGE, encoding="utf8")
    shutil.rmtree(workspace.results)
    code, printed = call(report, "--results", record, "--page", page)
    assert (code, page.read_bytes()) == (0, before), printed


def test_a_summary_needs_scores_on_test_data(workspace, call, tmp_path):
    write_lines(workspace.results / "runs.jsonl", [make_run()])
    code, printed = call(report, "--summary", tmp_path / "README.md")
    assert code == 1
    assert "run the step `test` first" in printed


def test_no_results_yet(call):
    code, printed = call(report)
    assert code == 1
    assert "no results yet; run the step `runs` or `analyses` first" in printed


def test_a_folder_without_results_is_named(call, tmp_path):
    code, printed = call(report, "--results", tmp_path)
    assert code == 1
    assert f"{tmp_path}: no results yet; name a folder with runs.jsonl or analyses.jsonl" in printed


def test_lines_that_are_no_runs_are_named(workspace, call):
    write_lines(workspace.results / "runs.jsonl", [make_run(), {"task": 3}])
    code, printed = call(report)
    assert code == 1
    assert "runs.jsonl:2: not the result of a run (no task in it, or not str)" in printed
    assert not (workspace.results / "report.html").exists()


def test_what_data_say_is_never_code(written):
    texts: dict = {"machine": HOSTILE, "python": HOSTILE, "pretrained": HOSTILE, "versions": {HOSTILE: HOSTILE}}
    mixes = [{"component": HOSTILE, "place": HOSTILE, "weights": [0.5, 0.5], "gamma": 1.0}]
    runs = [
        {**run, **texts, "mixes": mixes, "variant": {**run["variant"], HOSTILE: HOSTILE}} for run in make_all_runs([0])
    ]
    runs += [{**run, "system": HOSTILE, "experiment": ["alternatives"]} for run in runs if run["system"] == "floret"]
    rows = [
        {key: HOSTILE if isinstance(value, str) and key != "analysis" else value for key, value in row.items()}
        for row in make_rows()
    ]
    page, markdown, _ = written(runs, rows)
    assert headings(page) == SECTIONS
    assert page.count("</style>") == 1
    assert "<script" not in page
    assert "<script" not in markdown
