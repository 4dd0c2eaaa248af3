import builtins
import json
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app
from tests.support.mixes import LISTENER, check_mixes, train_mixes


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["mix", *map(str, arguments)])


@pytest.fixture
def trained(nlp: Language) -> Language:
    return train_mixes(nlp)


def read_json(path: Path) -> list[dict[str, Any]]:
    result = run(path, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_json_has_weights_and_gamma_of_each_mix(trained: Language, tmp_path: Path):
    trained.to_disk(tmp_path / "pipeline")
    check_mixes(read_json(tmp_path / "pipeline"))


def test_the_table_has_a_row_a_mix(trained: Language, tmp_path: Path):
    trained.to_disk(tmp_path / "pipeline")
    rows = [" ".join(line.split()) for line in run(tmp_path / "pipeline").output.splitlines()]
    assert "layer 0 layer 1 layer 2 gamma" in rows
    assert "tagger 0.090 0.245 0.665 1.500" in rows
    assert "senter output 0.000 0.000 1.000 1.000" in rows


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_figure_is_drawn(suffix: str, trained: Language, tmp_path: Path):
    pytest.importorskip("matplotlib")
    trained.to_disk(tmp_path / "pipeline")
    result = run(tmp_path / "pipeline", "--plot", tmp_path / f"mix.{suffix}")
    assert result.exit_code == 0, result.output
    start = {"png": b"\x89PNG", "svg": b"<?xml"}[suffix]
    assert (tmp_path / f"mix.{suffix}").read_bytes().startswith(start)


def test_a_figure_of_no_known_format_is_refused(trained: Language, tmp_path: Path):
    pytest.importorskip("matplotlib")
    trained.to_disk(tmp_path / "pipeline")
    result = run(tmp_path / "pipeline", "--plot", tmp_path / "mix.foo")
    assert result.exit_code == 1
    assert "foo" in result.output
    assert not (tmp_path / "mix.foo").exists()


def test_a_figure_without_matplotlib_names_what_to_install(
    trained: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    trained.to_disk(tmp_path / "pipeline")
    import_module = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return import_module(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    result = run(tmp_path / "pipeline", "--plot", tmp_path / "mix.png")
    assert result.exit_code == 1
    assert 'pip install "spacy-elmo[plot]"' in " ".join(result.output.split())


def test_a_pipeline_without_mixes_is_an_error(nlp: Language, tmp_path: Path):
    nlp.to_disk(tmp_path / "pipeline")
    result = run(tmp_path / "pipeline")
    assert result.exit_code == 1
    assert "no component mixes layers" in " ".join(result.output.split())


def test_a_pipeline_that_is_not_trained_is_an_error(tmp_path: Path):
    nlp = spacy.blank("en")
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": LISTENER}})
    nlp.to_disk(tmp_path / "pipeline")
    result = run(tmp_path / "pipeline")
    assert result.exit_code == 1
    assert "'tagger' is not initialized" in " ".join(result.output.split())
