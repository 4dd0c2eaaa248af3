import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app
from spacy_elmo.formats import model_directory
from spacy_elmo.search import accuracy
from spacy_elmo.search.examples import EXAMPLES
from tests.support.random_models import random_table_model
from tests.support.uses import read_page


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["senses", *map(str, arguments)])


def test_a_row_for_each_word_and_a_column_for_each_layer(tiny_model: Path):
    result = run(tiny_model)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines() if line.strip()]
    assert lines[0] == ["Word", "Layer", "0", "Layer", "1", "Layer", "2"]
    assert [line[0] for line in lines[2:12]] == list(EXAMPLES)
    assert {line[1] for line in lines[2:12]} == {"44%"}
    assert next(line for line in lines if line[0] == "mean")[:2] == ["mean", "44.4%"]


def test_the_spread_over_words_and_what_needs_no_model(tiny_model: Path):
    output = run(tiny_model).output
    figures = r" +[\d.]+% +\d+%-\d+% +[\d.]+%"
    kinds = re.findall(rf"^(layer \d|average|context){figures}{figures}$", output, re.MULTILINE)
    assert kinds == ["layer 0", "layer 1", "layer 2", "average", "context"]
    assert re.search(r"^layer 0 +44.4% .* 0.0% +50.0% .* 0.0%$", output, re.MULTILINE)
    assert "Chance: 50.0%. The most frequent sense of each word: 50.0%." in output


EXAMPLES_FILE = "seal\tanimal\tA seal swam .\nseal\tanimal\tThe seal sleeps .\nseal\tmark\tHis seal broke .\n"


def test_examples_of_ones_own(tiny_model: Path, tmp_path: Path):
    (tmp_path / "examples.tsv").write_text(EXAMPLES_FILE + "seal\tmark\tWax and a seal .\n", encoding="utf8")
    found = json.loads(run(tiny_model, "--examples", tmp_path / "examples.tsv", "--json").output)
    assert list(found["words"]) == ["seal"]
    assert found["mean"][0] == pytest.approx(1 / 3)
    assert found["centroid"]["layer 0"]["mean"] == found["chance"] == 0.5


def test_examples_that_cannot_be_measured_are_named(tiny_model: Path, tmp_path: Path):
    (tmp_path / "examples.tsv").write_text(EXAMPLES_FILE, encoding="utf8")
    result = run(tiny_model, "--examples", tmp_path / "examples.tsv")
    assert result.exit_code == 1
    assert "examples.tsv:3: 'seal' has 1 use in the sense 'mark'" in " ".join(result.output.split())
    assert "leave out --examples" in run(tiny_model, "--examples", tmp_path / "examples.tsv", "--word", "bank").output


def test_json_has_the_means_of_its_words(tiny_model: Path):
    found = json.loads(run(tiny_model, "--json").output)
    words = list(found["words"].values())
    assert found["mean"] == pytest.approx([sum(layer) / 10 for layer in zip(*words)])


def test_neighbours_of_one_word(tiny_model: Path):
    result = run(tiny_model, "--word", "rock")
    assert result.exit_code == 0, result.output
    assert len(re.findall(r"nearest +\d", result.output)) == 10
    assert "The ship struck a" in result.output


def test_a_page_has_all_words_or_the_one_that_is_asked_for(tiny_model: Path, tmp_path: Path):
    assert "mean" in run(tiny_model, "--html", tmp_path / "all.html").output
    assert [entry["name"] for entry in read_page(tmp_path / "all.html")] == list(EXAMPLES)
    assert "nearest" in run(tiny_model, "--word", "rock", "--html", tmp_path / "new" / "rock.html").output
    (rock,) = read_page(tmp_path / "new" / "rock.html")
    assert rock["groups"] == list(EXAMPLES["rock"])
    assert len(rock["places"]) == 3
    assert len(rock["uses"]) == 10


def test_a_page_that_cannot_be_written_is_said(tiny_model: Path, tmp_path: Path):
    result = run(tiny_model, "--html", tmp_path)
    assert result.exit_code == 1
    assert "not a file" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("arguments", "message"), [(["nowhere/"], "nowhere"), (["en_elmo_sm", "--word", "zyzzyva"], "choose one of bank")]
)
def test_what_cannot_be_measured_is_said(arguments: list[str], message: str):
    result = run(*arguments)
    assert result.exit_code == 1
    assert message in result.output


def test_a_table_that_refuses_words_is_said(tmp_path: Path):
    model_directory.write(tmp_path, random_table_model("error"), {})
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "its table refuses words that it lacks" in " ".join(result.output.split())


def test_a_page_of_examples_of_ones_own(tiny_model: Path, tmp_path: Path):
    (tmp_path / "examples.tsv").write_text(EXAMPLES_FILE + "seal\tmark\tWax and a seal .\n", encoding="utf8")
    result = run(tiny_model, "--examples", tmp_path / "examples.tsv", "--html", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    (page,) = read_page(tmp_path / "page.html")
    assert page["name"] == "seal"


def test_a_page_is_what_it_was_when_the_command_is_interrupted(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """In the middle of the file, then in what is measured after it."""
    page, write_bytes = tmp_path / "pages" / "page.html", Path.write_bytes

    def interrupted(path: Path, data: bytes) -> int:
        write_bytes(path, data[: len(data) // 2])
        raise KeyboardInterrupt

    def measure(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    assert run(tiny_model, "--html", page).exit_code != 0
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    monkeypatch.setattr(accuracy, "measure_senses", measure)
    assert run(tiny_model, "--html", page).exit_code != 0
    assert len(read_page(page)) == len(EXAMPLES)
    assert [file.name for file in page.parent.iterdir()] == ["page.html"]
