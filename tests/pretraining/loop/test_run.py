import shutil
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from spacy_elmo.bilm import BiLMConfig, WordInput
from spacy_elmo.formats import Pretrained, allennlp, model_directory
from spacy_elmo.pretraining.corpus.prepare import CorpusSettings
from spacy_elmo.pretraining.loop.distributed import World
from spacy_elmo.pretraining.loop.perplexity import text_perplexity
from spacy_elmo.pretraining.loop.run import run_training
from spacy_elmo.pretraining.loop.settings import OptimizerChoice, SampledChoice, Text
from spacy_elmo.pretraining.optimizers.schedules import cosine
from spacy_elmo.text.readers import CorpusError
from spacy_elmo.util.files import read_json
from tests.support.random_models import (
    CONFIG,
    WORDS,
    assert_same_model,
    random_head,
    random_lexicon_model,
    random_model,
    small_disk,
)
from tests.support.runs import STEPS, documents, ignore, tiny_run, tiny_settings
from tests.test_imports import run as run_code


def words_config(words: Sequence[str], **sizes: int) -> BiLMConfig:
    """Return the configuration of a model with a table of words."""
    return replace(CONFIG, input=WordInput(len(words)), **sizes)


def lines_of(output: Path, **changes: object) -> list[str]:
    """Run, and return what it said."""
    said: list[str] = []
    run_training(tiny_settings(**changes), output, world=World(), on_step=ignore, notify=said.append)
    return said


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is finished."""
    output = tmp_path_factory.mktemp("output")
    assert tiny_run(output)[:4] == (True, STEPS, STEPS, True)
    return output


def test_a_run_leaves_models_with_their_softmax(output: Path):
    model, meta, _ = model_directory.read(output / "model-last")
    head, last = model_directory.read(output / "model-best").head, model_directory.read(output / "model-last")
    assert model.config == CONFIG
    assert head is not None
    assert head.words[:3] == WORDS[:3]
    assert (meta["lang"], meta["steps"], meta["words"]) == ("en", STEPS, last.meta["words"])
    assert set(meta["perplexity"]) == {"forward", "backward", "mean"}


def test_the_perplexity_of_a_model_is_that_of_its_held_out_text(output: Path):
    model, meta, _ = model_directory.read(output / "model-last")
    head = model_directory.read(output / "model-last").head
    assert head is not None
    found = text_perplexity(model, head, documents(3, seed=1)).perplexity
    # Rounded to two digits
    assert [meta["perplexity"][key] for key in ("forward", "backward", "mean")] == pytest.approx(found[:3], abs=0.006)


def test_models_are_the_averages_that_were_evaluated(output: Path, tmp_path: Path):
    tiny_run(tmp_path, average_decay=0.9)
    for name in ("model-last", "model-best"):
        model, meta, head = model_directory.read(tmp_path / name)
        assert head is not None
        found = text_perplexity(model, head, documents(3, seed=1)).perplexity
        assert meta["perplexity"]["mean"] == pytest.approx(found.mean, abs=0.006)
        files = [folder / name / "weights.safetensors" for folder in (output, tmp_path)]
        assert files[0].read_bytes() != files[1].read_bytes()


def test_an_exported_model_gives_the_same_vectors(output: Path, tmp_path: Path):
    model, meta, _ = model_directory.read(output / "model-last")
    allennlp.write(tmp_path, model, meta, head=model_directory.read(output / "model-last").head)
    again, _, head = allennlp.read(tmp_path)
    assert_same_model(model, again)
    assert head is not None
    sentence = [["ab", "unseen", "c"]]
    # the same numbers at other addresses may round apart
    assert torch.allclose(model(sentence)[0][0], again(sentence)[0][0], atol=1e-6)


def test_a_finished_run_is_finished(output: Path):
    before = (output / "model-last" / "weights.safetensors").read_bytes()
    assert tiny_run(output)[:4] == (True, STEPS, 0, True)
    assert (output / "model-last" / "weights.safetensors").read_bytes() == before


def test_what_is_needed_and_read_is_said_first(tmp_path: Path):
    said = lines_of(tmp_path, max_steps=1)
    assert said[0].startswith("text: ")
    assert said[1].startswith("held out: ")
    assert said[2].startswith("memory: about ")


def test_a_softmax_that_does_not_fit_memory_is_refused_before_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("spacy_elmo.pretraining.loop.run.free_bytes", lambda device: 10_000)
    with pytest.raises(ValueError, match="full softmax over .* words .*are free; lower max_words"):
        lines_of(tmp_path, softmax="full")
    assert not (tmp_path / "checkpoints").exists()


def test_a_batch_larger_than_the_corpus_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="batch_size = 1000.*lower them"):
        lines_of(tmp_path, batch_size=1000)


def test_an_empty_corpus_is_refused(tmp_path: Path):
    with pytest.raises(CorpusError, match="no words"):
        lines_of(tmp_path / "new", text=Text(lambda: [], None, CorpusSettings(dev_size=0)))
    assert not (tmp_path / "new").exists()


def test_one_sentence_is_enough_with_nothing_held_out(tmp_path: Path):
    text = Text(lambda: [[["one", "sentence", "of", "words"]]], None, CorpusSettings(dev_size=0))
    said = lines_of(tmp_path, text=text, batch_size=1, max_steps=2)
    assert "no text is held out: perplexities are those of the training text" in said


def test_a_vocabulary_larger_than_the_corpus_is_said(tmp_path: Path):
    text = Text(documents, None, CorpusSettings(dev_size=1, max_words=5000))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = lines_of(tmp_path, text=text, max_steps=1)
    assert any("fewer than max_words = 5000" in line for line in said)


def test_a_full_disk_ends_with_a_clear_error_and_a_checkpoint_to_go_on_from(output: Path, tmp_path: Path):
    with small_disk(tmp_path / "disk", size="256k") as disk:
        with pytest.raises(OSError, match="step 12 cannot be written.*step-000000008, is whole; make room.*--resume"):
            tiny_run(disk)
        shutil.copytree(disk, tmp_path / "larger")
    assert tiny_run(tmp_path / "larger")[:4] == (True, STEPS, STEPS - 8, True)
    weights = [folder / "model-last" / "weights.safetensors" for folder in (output, tmp_path / "larger")]
    assert weights[0].read_bytes() == weights[1].read_bytes()


@pytest.mark.parametrize("softmax", ["sampled", "full", "adaptive"])
@pytest.mark.parametrize("has_head", [True, False], ids=["with-softmax", "without"])
def test_a_run_goes_on_from_another_model(softmax: str, has_head: bool, tmp_path: Path):
    model = random_model(seed=5)
    words = ("<S>", "</S>", "<UNK>", *"abcdefghijklmnopq")
    head = random_head(model, words=words) if has_head else None
    begin = Pretrained(model, {"license": "CC0", "training_data": ["theirs"]}, head)
    text = Text(documents, None, CorpusSettings(dev_size=2, sources={"train": ["ours"]}, vocabulary=words))
    lines_of(tmp_path, softmax=softmax, start=begin, start_name="other", text=text, max_steps=1)
    trained, meta, _ = model_directory.read(tmp_path / "model-last")
    assert (meta["continues"], meta["license"], meta["training_data"]) == ("other", "CC0", ["theirs", "ours"])
    for name, tensor in model.state_dict().items():
        # One step of Adam at a rate of 0.01 / 3 moves no number by more than that
        assert (trained.state_dict()[name] - tensor).abs().max() < 0.004, name
    found = model_directory.read(tmp_path / "model-last").head
    if softmax == "adaptive":
        assert found is None
    elif head is not None:
        assert found is not None
        assert (found.weight - head.weight).abs().max() < 0.004


def test_a_run_goes_on_from_a_model_of_lexicons(tmp_path: Path):
    model = random_lexicon_model(seed=5)
    lines_of(tmp_path, start=Pretrained(model, {}), start_name="other", max_steps=2)
    trained, _, head = model_directory.read(tmp_path / "model-last")
    assert (trained.config, trained.word_encoder.characters) == (model.config, model.word_encoder.characters)
    for name, tensor in model.state_dict().items():
        # Two steps of Adam at a rate of at most 0.01 move no number by more than that
        assert 0 < (trained.state_dict()[name] - tensor).abs().max() < 0.02, name
    assert head is not None
    assert text_perplexity(trained, head, documents(3, seed=1)).perplexity.n_tokens > 0


def test_a_new_vocabulary_keeps_the_rows_of_known_words(tmp_path: Path):
    model = random_model(seed=5)
    head = random_head(model, words=("<S>", "</S>", "<UNK>", "bank", "river", "the"))
    text = Text(lambda: [[["the", "new", "bank"]]] * 9, None, CorpusSettings(dev_size=0))
    lines_of(tmp_path, start=Pretrained(model, {}, head), start_name="other", text=text, max_steps=1, batch_size=1)
    found = model_directory.read(tmp_path / "model-last").head
    assert found is not None
    assert set(found.words[3:]) == {"the", "new", "bank"}
    for word in ("the", "bank"):
        # As above
        assert (found.weight[found.words.index(word)] - head.weight[head.words.index(word)]).abs().max() < 0.004


def test_a_model_of_words_is_trained(tmp_path: Path):
    settings = replace(tiny_settings(max_steps=2), dimensions=words_config)
    run_training(settings, tmp_path, world=World(), on_step=ignore, notify=ignore)
    model = model_directory.read(tmp_path / "model-last").model
    head = model_directory.read(tmp_path / "model-last").head
    assert head is not None
    assert model.word_encoder.words == head.words


def test_a_run_needs_neither_spacy_nor_thinc(tmp_path: Path):
    code = f"from tests.support.runs import main; main({str(tmp_path)!r}, 'max_steps=2')"
    run_code(code, blocked=("spacy", "thinc", "confection", "catalogue", "srsly"))
    assert (tmp_path / "model-last" / "weights.safetensors").is_file()


FOUR_LINES = [
    "the bank raised its rates while we sat on the bank of the river",
    "a small boat went down to the sea and never came back again",
    "in winter the old mill stands still and nobody walks there",
    "she counted her money twice before she gave it to him",
]


@pytest.mark.parametrize("softmax", ["sampled", "adaptive", "full"])
def test_four_lines_are_learned_by_heart(softmax: str, tmp_path: Path):
    text = Text(lambda: [[line.split() for line in FOUR_LINES]], None, CorpusSettings(dev_size=0))
    numbers: dict[str, Any] = {"dropout": 0.0, "eval_frequency": 200, "batch_size": 1, "unroll_steps": 55}
    sizes = {"hidden_size": 64, "projection_size": 64, "n_layers": 1}
    settings = replace(
        tiny_settings(softmax=softmax, text=text, max_steps=200, **numbers),
        dimensions=lambda words: words_config(words, **sizes),
        optimizer=OptimizerChoice(torch.optim.Adam, cosine(0.02, warmup=5, total=200), slots=2),
    )
    if softmax == "sampled":
        settings = replace(settings, softmax=SampledChoice(n_samples=32))
    run_training(settings, tmp_path, world=World(), on_step=ignore, notify=ignore)
    found = read_json(tmp_path / "model-last" / "meta.json")["perplexity"]
    assert max(found["forward"], found["backward"]) < 1.5


def test_a_reader_of_held_out_text_that_returns_nothing_is_refused(tmp_path: Path):
    text = Text(documents, lambda: None, CorpusSettings())  # type: ignore[arg-type, return-value]
    with pytest.raises(CorpusError, match="held-out text gave None"):
        lines_of(tmp_path, text=text, max_steps=1)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")])
@pytest.mark.parametrize("place", ["Trainer.advance", "_write_models"])
def test_where_memory_ends_the_last_checkpoint_is_named(
    error: Exception, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(f"spacy_elmo.pretraining.loop.{'trainer' if '.' in place else 'run'}.{place}", fail)
    where = "has no checkpoint yet" if "." in place else f"has a checkpoint of step {STEPS}"
    with pytest.raises(OSError, match=f"there is no more memory .*checkpoints {where}; free some, then"):
        tiny_run(tmp_path / "out")


def test_other_errors_of_torch_stay_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr("spacy_elmo.pretraining.loop.trainer.Trainer.advance", fail)
    with pytest.raises(RuntimeError, match="^shapes do not fit$"):
        tiny_run(tmp_path / "out")
