from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spacy.util import registry

from tests.support.pretraining import pretrain_quietly, tiny_config

LOGGERS = {
    "console-1": {"@loggers": "spacy.ConsoleLogger.v1"},
    "console-2": {"@loggers": "spacy.ConsoleLogger.v2", "progress_bar": True},
    "console-3": {"@loggers": "spacy.ConsoleLogger.v3", "progress_bar": "train"},
    "ours": {"@loggers": "spacy-elmo.PretrainLogger.v1", "progress_bar": False},
}


@pytest.mark.parametrize("logger", LOGGERS.values(), ids=LOGGERS)
def test_loggers_of_spacy_follow_the_run(
    logger: dict[str, Any], text: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    config = tiny_config(text)
    config["training"]["logger"] = logger
    pretrain_quietly(config, tmp_path / "out")
    assert len(capsys.readouterr().out.strip().splitlines()) >= 4


def test_a_logger_is_given_what_spacy_gives(text: Path, tmp_path: Path):
    given: list[Any] = []

    def make() -> Callable:
        def setup(nlp: Any, stdout: Any, stderr: Any) -> tuple[Callable, Callable]:
            given.append(nlp)
            return given.append, lambda: given.append("end")

        return setup

    registry.loggers.register("test-given.v1", func=make)
    config = tiny_config(text)
    config["training"]["logger"] = {"@loggers": "test-given.v1"}
    pretrain_quietly(config, tmp_path / "out")
    nlp, *steps, end = given
    assert nlp.config["training"]["max_steps"] == 6
    assert nlp.config.interpolate()["paths"]["train"] == str(text)
    assert [step is None for step in steps] == [True, True, False] * 2
    assert end == "end"
    info = steps[-1]
    assert info["score"] == -info["other_scores"]["perplexity"]
    assert [step for _, step in info["checkpoints"]] == [3, 6]
    assert {"epoch", "step", "losses", "seconds", "words"} <= set(info)
