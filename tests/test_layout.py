"""Sizes that a reader can take in, and where modules may lie."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = [file for folder in ("spacy_elmo", "benchmarks") for file in (ROOT / folder).rglob("*.py")]


def test_the_root_of_the_package_has_no_modules_of_its_own():
    assert {file.name for file in (ROOT / "spacy_elmo").glob("*.py")} == {"__init__.py", "__main__.py"}


def test_folders_have_at_most_12_modules():
    folders = {file.parent for file in FILES}
    assert [str(folder) for folder in folders if len([*folder.glob("*.py")]) > 12] == []


def test_files_have_at_most_300_lines():
    assert [str(file) for file in FILES if len(file.read_text(encoding="utf8").splitlines()) > 300] == []
