"""The report: what is in it, what is left out, and what it makes of text that is code."""

import json
import re

import pytest

from project.language.scripts import report
from project.language.scripts.results import INIT
from project.shared.wheels.folder import WheelFolder
from tests.support.languages import (
    BASELINE,
    ELMO,
    make_docs,
    make_run,
    make_settings,
    write_all,
    write_dev,
    write_results,
)
from tests.support.wheels import write_wheel

HOSTILE = "</style><script>alert(1)</script>|*\"'"
SECTIONS = [
    *("At a glance", "Scores", "How the model learned", "Which tags are confused", "Sentences", "Speed and size"),
    *("Time and machine", "Notes", "License and sources"),
]


@pytest.fixture
def written(job, call, monkeypatch):
    """Write the report of what is there, and return the page and the Markdown."""

    def write(pipelines=None):
        found = dict(pipelines or {})
        monkeypatch.setattr(report.spacy, "load", lambda path: found[ELMO if ELMO in path.name else BASELINE])
        code, printed = call(report, "--lang", "it")
        assert code == 0, printed
        return [(job.results / name).read_text(encoding="utf8") for name in ("report.html", "report.md")]

    return write


def headings(page):
    return re.findall("<h2>(.*?)</h2>", page)


def test_all_parts_are_there(job, written):
    page, markdown = written(write_all(job))
    assert headings(page) == re.findall("^## (.*)$", markdown, re.MULTILINE) == SECTIONS
    assert "Italian: what ELMo brings on it_isdt" in page
    for said in ("CC BY-SA 4.0", "a file is empty", "1,234,567", "Linux, 2 cores", "Il gatto nero mangia il topo"):
        assert said in page
        assert said in markdown


def test_what_the_text_brought_to_the_first_model(job, written):
    pipelines = write_all(job)
    job.keep(make_settings(init="it_elmo_md"))
    lines = [json.loads(line) for line in (job.results / "runs.jsonl").read_text().splitlines()]
    write_results(job, [*lines, *(make_run(INIT, n, quality=0.87 + n / 1000) for n in range(3))])
    page, markdown = written(pipelines)
    assert headings(page)[1] == "What the text brought"
    assert "| UPOS | test | 87.1 ±0.1 | 86.1 ±0.1 | +1.0 ±0.0 |" in markdown
    assert "treebank, with the first ELMo" in markdown


def test_the_same_data_give_the_same_bytes(job, written):
    pipelines = write_all(job)
    assert written(pipelines) == written(pipelines)


def test_a_single_run_is_enough(job, written):
    job.keep(make_settings(seeds=[0], facts={}, treebank=[]))
    run = make_run(ELMO, confusion=[], scores={"dev": {"gold": {"pos_acc": 0.9}}})
    write_results(job, [{key: value for key, value in run.items() if key not in ("speed", "bytes", "train_seconds")}])
    page, markdown = written()
    assert headings(page) == ["At a glance", "Scores", "Speed and size", "Time and machine", "License and sources"]
    assert "±" not in markdown
    assert "without" not in markdown
    assert "| UPOS | 90.0 |" in markdown
    assert "not stated; name one" in markdown


def test_wheels_are_shown_with_how_to_install_them(job, written):
    write_results(job, [make_run(ELMO)])
    WheelFolder(job.packages).keep("digest", lambda folder: write_wheel(folder, "it_dep_elmo_sm", "1.0"))
    page, markdown = written()
    assert "1 wheel of 0.0 MB, not tried yet" in page
    assert "pip install --find-links . it_dep_elmo_sm" in markdown


def test_the_wheel_to_install_is_that_of_the_pipeline_not_of_the_model(job, written):
    write_results(job, [make_run(ELMO)])
    folder = WheelFolder(job.packages)
    for name in ("it_elmo_sm", "it_ner_elmo_sm"):
        folder.keep(name, lambda folder, name=name: write_wheel(folder, name, "1.0"))
    assert "pip install --find-links . it_ner_elmo_sm" in written()[1]


def test_sentences_are_left_out_where_a_pipeline_is_gone(job, call):
    write_results(job, [make_run(ELMO), make_run(BASELINE)])
    write_dev(job, make_docs())
    code, printed = call(report, "--lang", "it")
    assert code == 0
    assert "the pipeline is gone, so the report shows no sentences" in printed


def test_no_results_yet(job, call):
    code, printed = call(report, "--lang", "it")
    assert code == 1
    assert "no results of the seeds 0, 1, 2 yet; run the step `train` first" in printed


def test_what_data_say_is_never_code(job, written):
    facts = {"license": HOSTILE, "sources": [{"name": HOSTILE, "url": "javascript:alert(1)"}, HOSTILE]}
    job.keep(make_settings(facts=facts, text=[f"/{HOSTILE}"], init=HOSTILE, treebank=[HOSTILE]))
    run = {"machine": HOSTILE, "python": HOSTILE, "versions": {HOSTILE: HOSTILE}, "confusion": [[HOSTILE, HOSTILE, 3]]}
    lines = [make_run(system, **run) for system in (ELMO, BASELINE)]
    pipelines = write_all(job)
    write_results(job, lines)
    for doc in pipelines[ELMO].docs:
        doc[1].dep_ = HOSTILE
    write_dev(job, pipelines[ELMO].docs)
    notes = {"notes": [{"level": HOSTILE, "text": HOSTILE}, 3], "figures": {HOSTILE: HOSTILE}}
    (job.text / "notes.json").write_text(json.dumps(notes), encoding="utf8")
    page, markdown = written(pipelines)
    assert "Sentences" in headings(page)
    assert page.count("</style>") == 1
    assert "<script" not in page
    assert 'href="java' not in page
    assert "<script" not in markdown
