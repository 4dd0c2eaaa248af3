"""Plots as SVG."""

from xml.etree import ElementTree

import pytest

from project.shared.pages.plots import Axis, Point, Series, draw, heights, linear_axis, log_axis

HOSTILE = "</svg><script>alert(1)</script>\"'"
SERIES = [
    Series("baseline", [Point(1, 90.0), Point(10, 92.0, 0.5)]),
    Series("ELMo", [Point(1, 93.0), Point(10, 94.0)]),
]


def parse(series=SERIES, **others):
    x, y = log_axis("share, %", [1, 10]), linear_axis("accuracy, %", heights(series))
    return ElementTree.fromstring(draw("By share", x, y, series, **others))


def places(svg):
    lines = [line.attrib["points"].split() for line in svg.iter("polyline")]
    return [[tuple(map(float, point.split(","))) for point in line] for line in lines]


def test_axes_have_names_and_ticks():
    said = {text.text for text in parse().iter("text")}
    assert {"share, %, log scale", "accuracy, %", "1", "10", "90", "94", "baseline", "ELMo"} <= said


def test_all_values_are_in_the_text_in_its_place():
    svg = parse()
    assert svg.attrib["role"] == "img"
    assert svg.find("title").text == "By share"
    said = "accuracy, % by share, %, log scale. baseline: 90 at 1, 92 ±0.5 at 10; ELMo: 93 at 1, 94 at 10"
    assert svg.find("desc").text == said


def test_the_text_in_its_place_may_be_given():
    assert parse(about="rising").find("desc").text == "rising"


def test_more_is_higher_and_further_right():
    below, above = places(parse())
    assert below[0][0] < below[1][0]
    assert below[0][1] > below[1][1] > above[1][1]
    assert below[0][1] > above[0][1]


def test_series_differ_in_color_line_and_shape():
    shapes = [path.attrib["d"].partition("m")[2] for path in parse().iter("path") if "dot" in path.attrib["class"]]
    assert len(set(shapes)) == 2
    assert [line.attrib["class"] for line in parse().iter("polyline")] == ["line0", "line1"]


def test_spreads_are_bars():
    assert [path.attrib["class"] for path in parse().iter("path") if "spread" in path.attrib["class"]] == [
        "spread line0"
    ]


def test_points_without_a_line():
    series = [Series("one", [Point(1, 1), Point(10, 2)], is_line=False)]
    assert places(parse(series)) == []


def test_the_last_mark_alone():
    marks = [path for path in parse([SERIES[0]._replace(marks="last")]).iter("path") if path.attrib["class"] == "dot0"]
    assert len(marks) == 2  # in the legend, and the last point


def test_names_are_never_code():
    svg = draw(
        HOSTILE, Axis(HOSTILE, 0, 1, [(0, HOSTILE)]), linear_axis(HOSTILE, [1]), [Series(HOSTILE, [Point(0, 1)])]
    )
    assert "<script" not in svg
    assert svg.count("</svg>") == 1
    ElementTree.fromstring(svg)


def test_long_names_take_lines_of_the_legend():
    series = [Series(f"{i} {'name ' * 20}", [Point(1, 1)]) for i in range(3)]
    svg = parse(series)
    names = [text for text in svg.iter("text") if text.text.endswith("…")]
    assert len({text.attrib["y"] for text in names}) == 3
    assert float(svg.attrib["viewBox"].split()[-1]) > float(parse().attrib["viewBox"].split()[-1])


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0, 30], ["0", "10", "20", "30"]),
        ([91.2, 94.9], ["91", "92", "93", "94", "95"]),
        ([0.0], ["0", "0.2"]),
        ([94.0], ["80", "100"]),
        ([-1.5, 1], ["-1.5", "-1", "-0.5", "0", "0.5", "1"]),
    ],
)
def test_linear_axes_end_at_round_numbers(values, ticks):
    axis = linear_axis("x", values)
    assert [label for _, label in axis.ticks] == ticks
    assert axis.place(axis.low) == 0
    assert axis.place(axis.high) == 1


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([1, 1], ["1", "1.5"]),
        ([121, 910], ["100", "150", "200", "300", "500", "700", "1,000"]),
        ([550, 21_000], ["500", "1,000", "2,000", "5,000", "10,000", "20,000", "50,000"]),
        ([0.02, 90_000], ["0.01", "0.1", "1", "10", "100", "1,000", "10,000", "100,000"]),
    ],
)
def test_log_axes_end_at_round_numbers(values, ticks):
    assert [label for _, label in log_axis("x", values).ticks] == ticks


def test_equal_factors_are_equal_steps():
    axis = log_axis("x", [1, 100])
    assert axis.place(10) == pytest.approx(0.5)


def test_an_axis_of_one_value():
    assert Axis("x", 5, 5, [(5, "5")]).place(5) == 0.5
