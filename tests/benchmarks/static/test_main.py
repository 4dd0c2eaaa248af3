import re
import sys
from pathlib import Path

import pytest

from benchmarks.static import __main__ as static

CONLLU = "1\tThe\t_\tDET\tDT\t_\t2\tdet\t_\t_\n2\t{0}\t_\tNOUN\tNN\t_\t0\troot\t_\t_\n\n"


@pytest.fixture
def treebank(tmp_path: Path) -> Path:
    for split, nouns in (("train", ["bird", "bank"] * 5), ("dev", ["bird", "rates"])):
        text = "".join(CONLLU.format(noun) for noun in nouns)
        (tmp_path / f"en-{split}.conllu").write_text(text, encoding="utf8")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["static", *map(str, arguments)])
    static.main()


def test_a_row_for_each_kind(treebank: Path, text_file: Path, tiny_model: Path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "floret", None)
    text_file.write_text(text_file.read_text(encoding="utf8") * 2, encoding="utf8")
    run(monkeypatch, "--text", text_file, "--treebank", treebank, "--model", tiny_model, "--seeds", 1, "--epochs", 1)
    output = capsys.readouterr().out
    assert "floret is left out" in output
    rows = re.findall(r"^\| (.*) \| \d+\.\d \| \d+\.\d \| - \|$", output, re.MULTILINE)
    assert rows == ["none", *static.LAYERS]


def test_a_treebank_is_needed(text_file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SPACY_ELMO_DATA", "nowhere")
    with pytest.raises(SystemExit, match="name a treebank by --treebank"):
        run(monkeypatch, "--text", text_file)


def test_text_is_cut_after_the_document_that_has_enough(text_file: Path, tmp_path: Path):
    text_file.write_text("One. Two.\n\nThree four.\n\nFive.\n", encoding="utf8")
    assert static.write_text(tmp_path / "out", [text_file], 5) == 7
    assert (tmp_path / "out").read_text(encoding="utf8") == "One .\nTwo .\nThree four .\n"
