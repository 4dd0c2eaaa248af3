"""Sections that grow, as Markdown and as HTML."""

from project.shared.pages.draft import Draft
from project.shared.pages.heat import heat_table
from project.shared.pages.markup import Table
from project.shared.pages.report import Report

HOSTILE = "</style><script>alert(1)</script>|*"


def grow():
    draft = Draft("A title")
    draft.say(f"Said: {HOSTILE}")
    draft.items([HOSTILE, "two"])
    draft.items([])
    draft.table(Table("Shown", ["", "x"], [["a", "1"]]))
    draft.table(Table("Folded", ["", HOSTILE], [[HOSTILE, "2"]]), folded=True)
    draft.html("<b>alone</b>")
    return draft.end()


def test_both_have_the_same():
    section = grow()
    assert section.id == "a-title"
    for said in ("two", "Shown", "Folded"):
        assert said in section.html
        assert said in section.markdown
    assert "| a | 1 |" in section.markdown
    assert "<details><summary>Folded</summary>" in section.html
    assert "alone" not in section.markdown


def test_what_data_say_is_never_code():
    section = grow()
    assert "<script" not in section.html + section.markdown
    assert "\\|\\*" in section.markdown


def test_a_report_has_its_sections(tmp_path):
    Report("Title", HOSTILE, ["fact"], [grow()]).write(tmp_path)
    page, markdown = ((tmp_path / f"report.{kind}").read_text(encoding="utf8") for kind in ("html", "md"))
    assert '<a href="#a-title">A title</a>' in page
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert markdown.startswith("# Title\n\n")
    assert "\n## A title\n" in markdown


def test_heat_is_a_share_of_the_color():
    table = heat_table("Heat", ["x", HOSTILE], [("a", [("0.25", 0.25), ("", 0.0)])])
    assert '<td style="--share:0.25">0.25</td><td></td>' in table
    assert "<script" not in table
