"""Folders of wheels: nothing is made twice, and nothing is there by half."""

import pytest

from project.shared.wheels.folder import WheelFolder


@pytest.fixture
def make():
    """Make a wheel; counts how often."""

    def call(folder):
        call.made += 1
        (folder / "a-1-py3-none-any.whl").write_text("wheel", encoding="utf8")
        return folder / "a-1-py3-none-any.whl"

    call.made = 0
    return call


def test_a_wheel_is_made_once(tmp_path, make):
    WheelFolder(tmp_path).keep("digest", make)
    assert WheelFolder(tmp_path).keep("digest", make).read_text(encoding="utf8") == "wheel"
    assert make.made == 1


@pytest.mark.parametrize("change", ["of the digest", "gone", "no facts"])
def test_a_wheel_is_made_again(tmp_path, make, change):
    wheel = WheelFolder(tmp_path).keep("digest", make)
    if change == "gone":
        wheel.unlink()
    if change == "no facts":
        (tmp_path / "wheels.json").write_text('{"made": 3}', encoding="utf8")
    WheelFolder(tmp_path).keep("other" if change == "of the digest" else "digest", make)
    assert make.made == 2


def test_a_wheel_that_cannot_be_made_leaves_nothing(tmp_path, make):
    def fail(folder):
        make(folder)
        raise ValueError("half of it")

    with pytest.raises(ValueError, match="half of it"):
        WheelFolder(tmp_path / "new").keep("digest", fail)
    assert not (tmp_path / "new").exists()


def test_wheels_that_are_of_no_use_any_more_go_and_others_stay(tmp_path, make):
    WheelFolder(tmp_path).keep("digest", make)
    (tmp_path / "mine.whl").touch()
    WheelFolder(tmp_path).remove_others()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.whl", "wheels.json"]


def test_facts_that_name_files_elsewhere_remove_nothing(tmp_path):
    (tmp_path / "victim.whl").touch()
    (tmp_path / "in").mkdir()
    facts = '{"made": {"../victim.whl": "digest"}, "tried": {}}'
    (tmp_path / "in" / "wheels.json").write_text(facts, encoding="utf8")
    WheelFolder(tmp_path / "in").remove_others()
    assert (tmp_path / "victim.whl").exists()


def test_a_trial_is_of_the_wheels_that_were_there(tmp_path, make):
    folder = WheelFolder(tmp_path)
    folder.keep("digest", make)
    assert not folder.is_tried()
    folder.note_trial()
    again = WheelFolder(tmp_path)
    again.keep("digest", make)
    assert again.is_tried()
    again.keep("other", make)
    assert not again.is_tried()
