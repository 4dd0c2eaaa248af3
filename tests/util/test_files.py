import os
from pathlib import Path

import pytest

from spacy_elmo.util import files
from spacy_elmo.util.files import WeightsError, check_file, file_in, printable, read_json, read_text, write_json


def test_text_without_control_characters_is_printed_as_it_is():
    for text in ("naïve 日本\n\tmore", "\u200c\u2028"):
        assert printable(text) == text


def test_control_characters_and_lone_surrogates_are_spelled_as_json_spells_them():
    assert printable("\x1b[2J\r\x9b\ud800") == "\\u001b[2J\\u000d\\u009b\\ud800"


def test_a_missing_file_comes_with_its_remedy(tmp_path: Path):
    with pytest.raises(WeightsError, match="nothing: no such file; look elsewhere"):
        check_file(tmp_path / "nothing", missing="look elsewhere")


def test_a_circle_of_links_is_no_file(tmp_path: Path):
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(WeightsError, match="circle: Too many levels of symbolic links"):
        check_file(tmp_path / "circle", missing="look elsewhere")
    with pytest.raises(WeightsError, match="circle: cannot be read"):
        read_text(tmp_path / "circle")


def test_a_directory_that_is_a_link_itself_has_its_files(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").touch()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real" / "b").symlink_to(tmp_path / "real" / "a")
    assert file_in(tmp_path / "link", "a") == tmp_path / "link" / "a"
    assert file_in(tmp_path / "link", "b") == tmp_path / "link" / "b"


def test_a_text_too_long_to_be_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "LONGEST_TEXT", 3)
    (tmp_path / "a").write_text("four")
    with pytest.raises(WeightsError, match="a: longer than 3 bytes"):
        read_text(tmp_path / "a")


def test_what_is_written_as_json_comes_back_and_what_would_not_is_refused(tmp_path: Path):
    write_json(tmp_path / "a", {"ä": ["\x1b", 1.5, None]})
    assert read_json(tmp_path / "a") == {"ä": ["\x1b", 1.5, None]}
    with pytest.raises(WeightsError, match="b: not Unicode text"):
        write_json(tmp_path / "b", {"a": "\ud800"})
    assert not os.path.exists(tmp_path / "b")
