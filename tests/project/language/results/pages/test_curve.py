"""The learning curve."""

import json
from xml.etree import ElementTree

from project.language.scripts.pages.curve import draw_curve, learning_curve
from tests.support.languages import make_history


def keep(run, step, facts):
    folder = run / "checkpoints" / f"step-{step:09d}"
    folder.mkdir(parents=True)
    (folder / "state.json").write_text(facts if isinstance(facts, str) else json.dumps(facts), encoding="utf8")


def test_the_newest_checkpoint_has_the_evaluations(tmp_path):
    keep(tmp_path, 100, {"history": make_history()[:1]})
    keep(tmp_path, 500, {"history": make_history()})
    section = learning_curve(tmp_path)
    assert "Held-out text after 30 min and 2,000,000 words read: perplexity 121.0 forward" in section.markdown
    assert section.markdown.count("\n| ") == 5 + 2


def test_a_checkpoint_that_is_broken_is_passed_over(tmp_path):
    keep(tmp_path, 100, {"history": make_history()[:1]})
    keep(tmp_path, 500, "{")
    assert "after 6 min" in learning_curve(tmp_path).markdown


def test_evaluations_that_are_none_are_left_out(tmp_path):
    keep(
        tmp_path,
        1,
        {"history": [3, {"words": 1}, {**make_history()[0], "forward": -1}, {**make_history()[0], "words": "1"}]},
    )
    assert learning_curve(tmp_path) is None
    assert learning_curve(tmp_path / "none") is None


def test_the_picture_is_svg_with_a_text_in_its_place():
    svg = ElementTree.fromstring(draw_curve(make_history()))
    assert svg.attrib["role"] == "img"
    assert svg.find("title").text == "Perplexity of held-out text"
    assert svg.find("desc").text == (
        "Over 30.0 minutes of pretraining: from 900.0 forward and 910.0 backward to 121.0 forward and 124.0 backward"
    )
    said = [text.text for text in svg.iter("text")]
    assert {"minutes of pretraining", "perplexity, log scale", "forward", "backward", "30", "100", "1,000"} <= set(said)


def test_better_is_lower_and_later_is_further_right():
    line = next(ElementTree.fromstring(draw_curve(make_history())).iter("polyline"))
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert points == sorted(points)
    assert [y for _, y in points] == sorted(y for _, y in points)


def test_one_evaluation_is_a_point():
    svg = ElementTree.fromstring(draw_curve(make_history()[:1]))
    assert not list(svg.iter("polyline"))
    marks = [path for path in svg.iter("path") if path.attrib["class"] == "dot0"]
    assert len(marks) == 2  # in the legend, and the point


def test_a_curve_that_stays_where_it_is():
    note = {"words": 1.0, "seconds": 0.0, "forward": 1.0, "backward": 1.0}
    assert "nan" not in draw_curve([note, note]).lower()
