from pathlib import Path

import pytest
from click.exceptions import Exit

from spacy_elmo.cli.benchmark import benchmark
from spacy_elmo.formats import model_directory
from tests.support.predictors import write_predictor
from tests.support.random_models import random_table_model, write_random_model


def test_it_prints_three_speeds(tmp_path: Path, capsys):
    benchmark(str(write_random_model(tmp_path / "model")), words=300)
    lines = capsys.readouterr().out.splitlines()
    speeds = [line.split()[-1].replace(",", "") for line in lines if line.startswith(("All at once", "One sentence"))]
    assert len(speeds) == 3
    assert all(int(speed) > 0 for speed in speeds)
    assert "300 words" in "".join(lines)


def test_a_model_with_a_softmax_has_a_speed_of_surprisals(tmp_path: Path, capsys):
    benchmark(str(write_predictor(tmp_path / "model")), words=50)
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("Surprisals"))
    assert int(line.split()[-1].replace(",", "")) > 0


def test_it_says_what_computes_and_why(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setenv("SPACY_ELMO_NATIVE", "0")
    benchmark(str(write_random_model(tmp_path / "model")), words=20)
    assert "Computed in float32 with: torch, because SPACY_ELMO_NATIVE is 0\n" in capsys.readouterr().out


def test_it_takes_a_text_shorter_than_asked_for(tmp_path: Path, capsys):
    (tmp_path / "text.txt").write_text("The bank .\n\nA river .\n", encoding="utf8")
    benchmark(str(write_random_model(tmp_path / "model")), text=tmp_path / "text.txt", words=20)
    assert "20 words" in capsys.readouterr().out


def test_a_text_without_words_is_an_error(tmp_path: Path, capsys):
    (tmp_path / "text.txt").write_text("\n", encoding="utf8")
    with pytest.raises((SystemExit, Exit)):
        benchmark(str(write_random_model(tmp_path / "model")), text=tmp_path / "text.txt")
    printed = capsys.readouterr()
    assert "has no words" in " ".join((printed.out + printed.err).split())


def test_a_binary_file_and_a_table_that_refuses_words_are_errors(tmp_path: Path, capsys):
    (tmp_path / "text.bin").write_bytes(b"a\0b")
    model_directory.write(tmp_path / "table", random_table_model("error"), {})
    for model, text in ((write_random_model(tmp_path / "model"), tmp_path / "text.bin"), (tmp_path / "table", None)):
        with pytest.raises((SystemExit, Exit)):
            benchmark(str(model), text=text, words=10)
    printed = capsys.readouterr()
    output = " ".join((printed.out + printed.err).split())
    assert "not UTF-8 text" in output
    assert "its table refuses made-up words" in output


def test_words_beyond_the_memory_are_refused(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setattr("spacy_elmo.formats.pretrained.available_bytes", lambda: 10_000)
    with pytest.raises((SystemExit, Exit)):
        benchmark(str(write_random_model(tmp_path / "model")), words=10_000)
    printed = capsys.readouterr()
    assert "--words 10000: needs" in " ".join((printed.out + printed.err).split())
