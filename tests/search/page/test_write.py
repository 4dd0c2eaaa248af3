import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spacy_elmo.search.page import Use, write, write_entries, write_page
from spacy_elmo.util import WriteError
from tests.support.kills import KILLED, die, interrupt, run
from tests.support.uses import make_entry, read_page

ROOT = Path(__file__).parents[3]
SENSES = ["money", "money", "river", "river"]
HOSTILE = "</script><script>alert(1)</script> \"'`&amp;<!-- 😀 שלום \u202e \u2028 ${x} $title"


def written(path: Path, senses: list[Any]) -> dict[str, Any]:
    _, uses, vectors, *_ = make_entry("bank", senses)
    write_page(path / "page.html", uses, vectors, title="A page")
    return read_page(path / "page.html")[0]


def test_uses_have_their_contexts_and_senses(tmp_path: Path):
    found = written(tmp_path, SENSES)
    assert found["name"] == "bank"
    assert found["known"]
    assert found["groups"] == ["money", "river"]
    assert found["uses"][2] == ["Before 2 the ", "bank", " after 2.", "file 2", 1]


def test_places_start_as_one_point_and_end_apart(tmp_path: Path):
    bottom, _, top = np.array(written(tmp_path, SENSES)["places"])
    assert not bottom.any()
    assert len({tuple(place) for place in top.tolist()}) == 4
    assert np.abs(top).max() <= 500


def test_the_nearest_uses_have_their_cosines_in_all_layers(tmp_path: Path):
    nearest = written(tmp_path, SENSES)["nearest"]
    vectors = make_entry("bank", SENSES).vectors
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    cosines = vectors @ vectors.transpose(0, 2, 1)
    for layer in (1, 2):
        order = [j for j in np.argsort(-cosines[layer, 3]) if j != 3]
        assert [other for other, *_ in nearest[layer][3]] == order
        assert nearest[layer][3][0][1:] == np.rint(100 * cosines[:, 3, order[0]]).tolist()
    assert [other for other, *_ in nearest[0][3]] == [0, 1, 2]  # all the same: in their order


def test_uses_without_senses_are_in_groups(tmp_path: Path):
    found = written(tmp_path, [None] * 8)
    assert not found["known"]
    assert found["groups"] == ["group 1", "group 2"]
    assert [use[4] for use in found["uses"]] == [0] * 4 + [1] * 4


def test_some_uses_may_have_no_sense(tmp_path: Path):
    assert written(tmp_path, ["money", None, "", "money"])["groups"] == ["money", "no sense given", ""]


def test_one_use_alone(tmp_path: Path):
    found = written(tmp_path, ["money"])
    assert found["places"] == [[[0, 0]]] * 3
    assert found["nearest"] == [[[]]] * 3


def test_zero_vectors_are_like_no_other(tmp_path: Path):
    _, uses, vectors, *_ = make_entry("bank", SENSES)
    vectors[:, 0] = 0
    write_page(tmp_path / "page.html", uses, vectors, title="")
    assert read_page(tmp_path / "page.html")[0]["nearest"][2][0][0] == [1, 0, 0, 0]


def test_no_text_becomes_html(tmp_path: Path):
    uses = [Use(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)] * 2
    write_page(tmp_path / "page.html", uses, np.ones((1, 2, 3)), title=HOSTILE)
    page = (tmp_path / "page.html").read_text(encoding="utf8")
    assert page.count("<script") == page.count("</script") == 2
    shown = HOSTILE.replace("\u2028", " ")
    assert page.count(f'<h1 dir="auto">{html.escape(shown)}</h1>') == 1
    found = read_page(tmp_path / "page.html")[0]
    assert found["uses"][0] == [shown] * 4 + [0]
    assert found["groups"] == [shown]


def test_what_is_no_text_is_spelled(tmp_path: Path):
    write_page(tmp_path / "page.html", [Use("a\n\tb\0", "\ud800", "")], np.ones((1, 1, 3)), title="\udfff\x1b")
    assert read_page(tmp_path / "page.html")[0]["uses"][0][:3] == ["a  b\\u0000", "\\ud800", ""]


def test_long_contexts_are_cut_far_from_the_word(tmp_path: Path):
    _, uses, vectors, *_ = make_entry("bank", [None], side=1000 * "x ")
    write_page(tmp_path / "page.html", uses, vectors, title="")
    left, _, right, *_ = read_page(tmp_path / "page.html")[0]["uses"][0]
    assert left.startswith("…")
    assert left.endswith("x Before 0 the ")
    assert right.startswith(" after 0.x x")
    assert len(left) == len(right) == 121


@pytest.mark.parametrize("side", [100 * "word ", 200 * "語"])
def test_a_page_of_200_uses_is_small(tmp_path: Path, side: str):
    _, uses, vectors, *_ = make_entry("bank", [None] * 200, side=side)
    write_page(tmp_path / "page.html", uses, vectors, title="")
    assert (tmp_path / "page.html").stat().st_size <= 300_000


def test_several_words_share_a_page(tmp_path: Path):
    write_entries(tmp_path / "page.html", [make_entry("bank", SENSES), make_entry("play", ["a"])], title="Words")
    assert [entry["name"] for entry in read_page(tmp_path / "page.html")] == ["bank", "play"]


def test_only_the_code_of_the_page_may_run_and_nothing_is_loaded(tmp_path: Path):
    written(tmp_path, SENSES)
    page = (tmp_path / "page.html").read_text(encoding="utf8")
    codes = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", page, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in codes]
    assert f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}';" in page
    assert re.findall(r"https?://[^\"]*", page) == ["http://www.w3.org/2000/svg"]  # a name that nobody asks for
    assert not re.search(r"\b(src|href|action|style)=|url\(|@import|fetch\(|innerHTML", page)


def test_the_same_uses_give_the_same_bytes(tmp_path: Path):
    written(tmp_path / "a", SENSES)
    written(tmp_path / "b", SENSES)
    assert (tmp_path / "a" / "page.html").read_bytes() == (tmp_path / "b" / "page.html").read_bytes()


@pytest.mark.parametrize(
    ("count", "shape", "message"),
    [
        (0, (1, 0, 3), "0 uses, and a page shows 1 to 1,000"),
        (1001, (1, 1001, 3), "1,001 uses"),
        (2, (2, 3), r"vectors of shape \(2, 3\); give \(layers, 2 uses, width\)"),
        (2, (3, 1, 4), "vectors of shape"),
        (2, (0, 2, 4), "vectors of shape"),
    ],
)
def test_what_cannot_be_shown_is_refused(tmp_path: Path, count: int, shape: tuple[int, ...], message: str):
    with pytest.raises(ValueError, match=message):
        write_page(tmp_path / "page.html", [Use("", "word", "")] * count, np.ones(shape), title="Words")
    assert not any(tmp_path.iterdir())


def test_layers_may_have_names_and_uses_a_description(tmp_path: Path):
    entry = make_entry("bank", SENSES)
    write_entries(tmp_path / "page.html", [entry], title="")
    found = read_page(tmp_path / "page.html")[0]
    assert (found["layers"], found["about"]) == (["layer 0", "layer 1", "layer 2"], "4 uses of “bank”")
    write_entries(tmp_path / "page.html", [entry._replace(layers=("a", "b", "c"), about="All.")], title="")
    found = read_page(tmp_path / "page.html")[0]
    assert (found["layers"], found["about"]) == (["a", "b", "c"], "All.")
    with pytest.raises(ValueError, match="bank: 1 names for 3 layers; give as many, or none"):
        write_entries(tmp_path / "page.html", [entry._replace(layers=("a",))], title="")


def test_a_page_needs_a_word(tmp_path: Path):
    with pytest.raises(ValueError, match="no words to show"):
        write_entries(tmp_path / "page.html", [], title="Words")


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="bank: a vector has a number that is not finite"):
        write_page(tmp_path / "page.html", [Use("", "bank", "")], np.full((1, 1, 3), np.inf), title="")


def test_what_is_no_file_is_left_as_it_is(tmp_path: Path):
    with pytest.raises(WriteError, match="not a file"):
        write_page(tmp_path, [Use("", "bank", "")], np.ones((1, 1, 3)), title="")


def test_the_wheel_has_the_files_of_the_page():
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf8")
    listed = re.search(r"^\[tool\.setuptools\.package-data\]\nspacy_elmo = (.*)$", settings, re.MULTILINE)
    assert listed is not None
    packed = {file for pattern in json.loads(listed[1]) for file in (ROOT / "spacy_elmo").glob(pattern)}
    folder = ROOT / "spacy_elmo" / "search" / "page"
    assert packed.issuperset(folder / f"page.{kind}" for kind in ("html", "css", "js"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
@pytest.mark.parametrize("kill", [die, interrupt])
@pytest.mark.parametrize("is_there", [True, False], ids=["over old", "into nothing"])
def test_a_kill_or_ctrl_c_at_any_moment_leaves_a_whole_page_or_none(
    kill: Callable[[], None], is_there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(write, "_describe", lambda entry: [entry.name])  # what it computes is no matter here
    path, entry = tmp_path / "page.html", make_entry("bank", SENSES)
    states: dict[str | None, int] = {}
    for n in range(1, 100):
        path.unlink(missing_ok=True)
        if is_there:
            path.write_text("old", encoding="utf8")
        if run(lambda: write_entries(path, [entry], title="new"), kill_before=n, kill=kill) != KILLED:
            break
        state = path.read_text(encoding="utf8")[-8:] if path.exists() else None
        states[state] = states.get(state, 0) + 1
    before = "old" if is_there else None
    assert set(states) == {before, "</html>\n"}
    assert states[before] >= 4
    write_entries(path, [entry], title="new")
    assert list(tmp_path.iterdir()) == [path]
