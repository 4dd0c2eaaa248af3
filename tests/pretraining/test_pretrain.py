from pathlib import Path
from typing import Any, Callable

import pytest
import spacy
from spacy.util import registry
from thinc.api import Config

from spacy_elmo.formats import model_directory
from spacy_elmo.pretraining.config import SIZES, complete, differences, make_config, read_config
from spacy_elmo.pretraining.loop.checkpoint import list_checkpoints
from spacy_elmo.pretraining.loop.run import Outcome
from spacy_elmo.pretraining.pretrain import make_recipe, pretrain
from spacy_elmo.util.files import read_json, write_words
from tests.support.random_models import contents, random_head, random_model

TINY = """
[corpus]
heldout_share = 2
min_count = 1
max_words = null

[model]
@misc = "spacy-elmo.CharacterBiLM.v1"
hidden_size = 8
projection_size = 4
filters = [[1, 4], [2, 4]]
embedding_size = 4
max_characters = 12

[training]
lanes = 2
steps = 4
max_steps = 6
eval_frequency = 3

[training.softmax]
@misc = "spacy-elmo.FullSoftmax.v1"
"""


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    lines = [f"The {animal} sat on the {place}. It slept." for animal in ("cat", "dog") for place in ("mat", "bank")]
    path.write_text("\n\n".join(lines * 2), encoding="utf8")
    return path


def tiny_config(text: Path, **changes: Any) -> Config:
    """changes: values by place, with two underscores for the dot."""
    values = {"paths.train": str(text), **{key.replace("__", "."): value for key, value in changes.items()}}
    whole = complete(Config().from_str(TINY, interpolate=False))
    return Config().from_str(whole.to_str(), interpolate=False, overrides=values)


def quiet(config: Config, output: Path, **settings: Any) -> Outcome:
    return pretrain(config, output, say=lambda line: None, **settings)


def test_a_config_becomes_a_model(text: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    assert quiet(tiny_config(text), tmp_path / "out") == (True, 6, 6, True)
    model, meta, _ = model_directory.read(tmp_path / "out" / "model-best")
    assert model.config.hidden_size == 8
    assert meta["training_data"][0]["name"] == "text.txt"
    printed = capsys.readouterr().out
    for word in ("Tokens/s", "Loss", "Forward", "Backward", "Left"):
        assert word in printed
    assert len(printed.strip().splitlines()) == 4  # header, rule, two evaluations


def test_the_model_is_one_for_the_pipe(text: Path, tmp_path: Path):
    quiet(tiny_config(text), tmp_path / "out")
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tmp_path / "out" / "model-last")})
    assert nlp("The cat slept.")[1]._.elmo.shape == (8,)


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
    quiet(config, tmp_path / "out")
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
    quiet(config, tmp_path / "out")
    nlp, *steps, end = given
    assert nlp.config["training"]["max_steps"] == 6
    assert nlp.config.interpolate()["paths"]["train"] == str(text)
    assert [step is None for step in steps] == [True, True, False] * 2
    assert end == "end"
    info = steps[-1]
    assert info["score"] == -info["other_scores"]["perplexity"]
    assert [step for _, step in info["checkpoints"]] == [3, 6]
    assert {"epoch", "step", "losses", "seconds", "words"} <= set(info)


OPTIMIZERS = [
    {"@optimizers": "spacy-elmo.Adam.v1", "learn_rate": 0.01},
    {
        "@optimizers": "spacy-elmo.AdamW.v1",
        "learn_rate": {"@schedules": "spacy-elmo.linear.v1", "rate": 0.1, "total": 9},
    },
    {"@optimizers": "spacy-elmo.Adagrad.v1", "learn_rate": {"@schedules": "spacy-elmo.constant.v1", "rate": 0.2}},
    {
        "@optimizers": "spacy-elmo.Adam.v1",
        "learn_rate": {"@schedules": "spacy-elmo.inverse_sqrt.v1", "rate": 0.1, "warmup": 2},
    },
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["adam", "adamw-linear", "adagrad", "inverse-sqrt"])
@pytest.mark.parametrize("softmax", ["Full", "Sampled", "Adaptive"])
def test_optimizers_and_softmaxes_are_chosen_by_config(optimizer: dict, softmax: str, text: Path, tmp_path: Path):
    config = tiny_config(text, training__max_steps=2)
    config["training"] |= {"optimizer": optimizer, "softmax": {"@misc": f"spacy-elmo.{softmax}Softmax.v1"}}
    if softmax == "Adaptive":
        config["training"]["softmax"] |= {"div_value": 2.0}
    assert quiet(config, tmp_path / "out").step == 2


def test_a_model_of_words_is_chosen_by_config(text: Path, tmp_path: Path):
    config = tiny_config(text, training__max_steps=2)
    config["model"] = {"@misc": "spacy-elmo.WordBiLM.v1", "hidden_size": 8, "projection_size": 4}
    quiet(config, tmp_path / "out")
    model = model_directory.read(tmp_path / "out" / "model-last").model
    assert "cat" in model.word_encoder.words


def test_held_out_files_are_read(text: Path, tmp_path: Path):
    heldout = tmp_path / "heldout.txt"
    heldout.write_text("Cats sleep. Dogs too.", encoding="utf8")
    quiet(tiny_config(text, paths__heldout=str(heldout)), tmp_path / "out")
    assert "held-out text of 6 words" in read_json(tmp_path / "out" / "model-last" / "meta.json")["evaluation"]


def test_a_vocabulary_can_be_given(text: Path, tmp_path: Path):
    write_words(tmp_path / "words.txt", ["cat", "dog"])
    quiet(tiny_config(text, paths__vocab=str(tmp_path / "words.txt")), tmp_path / "out")
    head = model_directory.read(tmp_path / "out" / "model-last").head
    assert head is not None
    assert head.words == ("<S>", "</S>", "<UNK>", "cat", "dog")


@pytest.mark.parametrize("keep", [True, False])
def test_a_run_from_a_model_keeps_its_vocabulary_unless_asked(keep: bool, text: Path, tmp_path: Path):
    model = random_model()
    model_directory.write(tmp_path / "start", model, {"license": "CC0"}, head=random_head(model))
    changes = {"paths__init": str(tmp_path / "start"), "corpus__keep_vocabulary": keep}
    quiet(tiny_config(text, **changes), tmp_path / "out")
    trained, meta, _ = model_directory.read(tmp_path / "out" / "model-last")
    head = model_directory.read(tmp_path / "out" / "model-last").head
    assert head is not None
    assert trained.config == model.config
    assert meta["license"] == "CC0"
    assert ("river" in head.words, "cat" in head.words) == (keep, not keep)


def test_another_run_in_the_directory_is_left_alone(text: Path, tmp_path: Path):
    quiet(tiny_config(text), tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(ValueError, match="holds another run; choose another directory.*--resume"):
        quiet(tiny_config(text), tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_other_files_in_the_directory_are_left_alone(text: Path, tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").touch()
    with pytest.raises(ValueError, match="is not empty"):
        quiet(tiny_config(text), tmp_path / "out", resume=True)
    assert list(contents(tmp_path / "out")) == ["mine.txt"]


def test_text_that_a_killed_process_was_preparing_is_removed(text: Path, tmp_path: Path):
    left = tmp_path / "run" / ".corpus-abcdefgh" / "parts"
    left.mkdir(parents=True)
    quiet(tiny_config(text), tmp_path / "run")
    assert not left.parent.exists()


def test_a_finished_run_goes_no_further(text: Path, tmp_path: Path):
    quiet(tiny_config(text), tmp_path / "out")
    assert quiet(tiny_config(text), tmp_path / "out", resume=True) == (True, 6, 0, True)


def test_a_longer_limit_goes_on(text: Path, tmp_path: Path):
    rate = {"training__optimizer__learn_rate__total": 9}
    quiet(tiny_config(text, **rate), tmp_path / "out")
    longer = tiny_config(text, training__max_steps=9, **rate)
    assert quiet(longer, tmp_path / "out", resume=True) == (True, 9, 3, True)
    assert list_checkpoints(tmp_path / "out" / "checkpoints")[-1] == 9


def test_a_run_does_not_go_on_with_other_settings(text: Path, tmp_path: Path):
    quiet(tiny_config(text), tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(ValueError, match="training.dropout is 0.1 there, 0.5 now"):
        quiet(tiny_config(text, training__dropout=0.5), tmp_path / "out", resume=True)
    assert contents(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"paths__train": None}, "paths.train = null"),
        ({"paths__train": "nowhere.txt"}, "nowhere.txt: no such file"),
        ({"paths__init": "./nowhere"}, "nowhere: no such file"),
        ({"paths__vocab": "nowhere.txt"}, "nowhere.txt: cannot be read"),
        ({"training__lanes": 0}, "lanes = 0"),
        ({"training__dropout": 1.5}, "dropout = 1.5"),
        ({"training__max_steps": None, "training__optimizer__learn_rate__total": 9}, "a run needs an end"),
        ({"training__clip_norm": 0}, "clip_norm = 0"),
        ({"system__seed": -1}, "seed = -1"),
        ({"system__threads": 0}, "threads = 0"),
        ({"nlp__lang": "qqq"}, "qqq"),
    ],
)
def test_settings_that_cannot_be_leave_nothing(changes: dict, message: str, text: Path, tmp_path: Path):
    with pytest.raises(ValueError, match=message):
        quiet(tiny_config(text, **changes), tmp_path / "out")
    assert not (tmp_path / "out" / "config.cfg").exists() or list_checkpoints(tmp_path / "out" / "checkpoints") == []


@pytest.mark.parametrize(("data", "message"), [(b"", "holds no text"), (b"\x00\xff\xfe", "UTF-8|NUL")])
def test_a_text_that_is_none_leaves_nothing(data: bytes, message: str, tmp_path: Path):
    (tmp_path / "text.txt").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        quiet(tiny_config(tmp_path / "text.txt"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_unknown_settings_are_named(tmp_path: Path):
    with pytest.raises(ValueError, match=r"\[training\] lane: unknown setting; known are .*lanes"):
        complete(Config({"training": {"lane": 3}}))
    with pytest.raises(ValueError, match=r"\[trainin\]: unknown section"):
        complete(Config({"trainin": {}}))


def test_a_missing_config_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match="c.cfg: no such config file"):
        read_config(tmp_path / "c.cfg", {})


def test_configs_may_differ_in_what_does_not_change_the_numbers(text: Path):
    left, right = tiny_config(text).interpolate(), tiny_config(text, corpus__train__n_process=2).interpolate()
    assert differences(left, right) == []
    right["training"]["max_seconds"] = 60
    assert differences(left, right) == []
    right["corpus"]["min_count"] = 5
    assert differences(left, right) == ["corpus.min_count is 1 there, 5 now"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("words", [1000, 100_000_000])
def test_a_config_of_every_size_can_be_resolved(size: str, words: int, text: Path):
    config = make_config(size=size, words=words, lang="en")
    config["paths"]["train"] = str(text)
    recipe, _ = make_recipe(config.interpolate())
    assert recipe.dimensions(()).projection_size == SIZES[size].projection_size
    assert recipe.lanes * recipe.steps * 20 <= max(words, 400)


def test_a_size_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="tiny, small, medium, original"):
        make_config(size="huge", words=1000, lang="en")
