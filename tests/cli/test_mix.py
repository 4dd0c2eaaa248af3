import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.training import Example
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app

MIX = {"@architectures": "spacy-elmo.ScalarMix.v1"}
LISTENER = {"@architectures": "spacy-elmo.ElmoListener.v1", "upstream": "elmo", "mix": MIX}
EMBED = {"width": 8, "attrs": ["NORM"], "rows": [50], "include_static_vectors": False}
ENCODE = {"width": 8, "depth": 1, "window_size": 1, "maxout_pieces": 2}
BOTH = {
    "@architectures": "spacy-elmo.ElmoTok2Vec.v1",
    "embed": {"@architectures": "spacy.MultiHashEmbed.v2", **EMBED},
    "encode": {"@architectures": "spacy.MaxoutWindowEncoder.v2", **ENCODE},
    "input": LISTENER,
    "output": {**LISTENER, "mix": {**MIX, "mix": "top"}},
}
RAW = {("tagger", "features"): [0.0, 1.0, 2.0], ("senter", "input"): [3.0, 0.0, 0.0]}
GAMMA = {"tagger": 1.5, "senter": 0.5}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["mix", *map(str, arguments)])


@pytest.fixture
def trained(nlp: Language) -> Language:
    """A tagger that listens, and a senter with ELMo at its input and, the top layer, at its output."""
    for name, tok2vec in (("tagger", LISTENER), ("senter", BOTH)):
        nlp.add_pipe(name, config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": tok2vec}})
    doc = nlp.make_doc("A bank. A river.")
    facts: dict[str, Any] = {"tags": ["D", "N", ".", "D", "N", "."], "sent_starts": [1, 0, 0, 1, 0, 0]}
    nlp.initialize(lambda: [Example.from_dict(doc, facts)])
    for (name, _), raw in RAW.items():
        node = next(node for node in nlp.get_pipe(name).model.walk() if node.has_param("w"))
        node.set_param("w", np.asarray(raw, dtype="float32"))
        node.set_param("gamma", np.asarray([GAMMA[name]], dtype="float32"))
    return nlp


def softmax(raw: list[float]) -> np.ndarray:
    return np.exp(raw) / np.exp(raw).sum()


def read_json(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    result = run(path, "--json")
    assert result.exit_code == 0, result.output
    return {(mix["component"], mix["place"]): mix for mix in json.loads(result.output)}


def check(mixes: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert list(mixes) == [("tagger", "features"), ("senter", "input"), ("senter", "output")]
    for place, raw in RAW.items():
        np.testing.assert_allclose(mixes[place]["weights"], softmax(raw), atol=1e-6)  # float32
    assert mixes["senter", "output"]["weights"] == [0, 0, 1]
    assert [mix["gamma"] for mix in mixes.values()] == [1.5, 0.5, 1]


def test_weights_and_gamma_of_each_mix(trained: Language, tmp_path: Path):
    trained.to_disk(tmp_path / "pipeline")
    check(read_json(tmp_path / "pipeline"))


def test_listeners_that_were_replaced_are_found_in_their_places(trained: Language, tmp_path: Path):
    trained.replace_listeners("elmo", "tagger", ["model.tok2vec"])
    trained.replace_listeners("elmo", "senter", ["model.tok2vec.input", "model.tok2vec.output"])
    trained.remove_pipe("elmo")
    trained.to_disk(tmp_path / "pipeline")
    check(read_json(tmp_path / "pipeline"))


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
