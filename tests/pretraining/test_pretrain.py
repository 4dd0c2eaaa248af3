import re
from pathlib import Path

import pytest
import spacy
import torch
from thinc.api import Config

from spacy_elmo.formats import allennlp, model_directory
from spacy_elmo.pretraining.config import RENAMED, load_config
from spacy_elmo.pretraining.corpus.prepare import open_prepared
from spacy_elmo.pretraining.loop.checkpoint import list_checkpoints
from spacy_elmo.pretraining.pretrain import pretrain_model
from spacy_elmo.util.files import read_json, write_json, write_words
from tests.support.pretraining import pretrain_quietly, tiny_config
from tests.support.random_models import assert_same_model, contents, random_head, random_model, write_random_model
from tests.support.tokenizers import write_tokenizer


def test_a_config_becomes_a_model(text: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    assert pretrain_quietly(tiny_config(text), tmp_path / "out")[:4] == (True, 6, 6, True)
    model, meta, _ = model_directory.read(tmp_path / "out" / "model-best")
    assert model.config.hidden_size == 8
    assert meta["training_data"][0]["name"] == "text.txt"
    printed = capsys.readouterr().out
    for word in ("Tokens/s", "Loss", "Forward", "Backward", "Left"):
        assert word in printed
    assert len(printed.strip().splitlines()) == 4  # header, rule, two evaluations


def test_the_model_is_one_for_the_pipe(text: Path, tmp_path: Path):
    pretrain_quietly(tiny_config(text), tmp_path / "out")
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tmp_path / "out" / "model-last")})
    assert nlp("The cat slept.")[1]._.elmo.shape == (8,)


def test_held_out_files_are_read(text: Path, tmp_path: Path):
    dev = tmp_path / "dev.txt"
    dev.write_text("Cats sleep. Dogs too.", encoding="utf8")
    pretrain_quietly(tiny_config(text, paths__dev=str(dev)), tmp_path / "out")
    assert "held-out text of 6 words" in read_json(tmp_path / "out" / "model-last" / "meta.json")["evaluation"]


def test_a_vocabulary_can_be_given(text: Path, tmp_path: Path):
    write_words(tmp_path / "words.txt", ["cat", "dog"])
    pretrain_quietly(tiny_config(text, paths__vocab=str(tmp_path / "words.txt")), tmp_path / "out")
    head = model_directory.read(tmp_path / "out" / "model-last").head
    assert head is not None
    assert head.words == ("<S>", "</S>", "<UNK>", "cat", "dog")


@pytest.mark.parametrize("keep", [True, False])
def test_a_run_from_a_model_keeps_its_vocabulary_unless_asked(keep: bool, text: Path, tmp_path: Path):
    model = random_model()
    model_directory.write(tmp_path / "start", model, {"license": "CC0"}, head=random_head(model))
    changes = {"paths__init": str(tmp_path / "start"), "corpus__keep_vocabulary": keep}
    pretrain_quietly(tiny_config(text, **changes), tmp_path / "out")
    trained, meta, _ = model_directory.read(tmp_path / "out" / "model-last")
    head = model_directory.read(tmp_path / "out" / "model-last").head
    assert head is not None
    assert trained.config == model.config
    assert meta["license"] == "CC0"
    assert ("river" in head.words, "cat" in head.words) == (keep, not keep)


def test_a_softmax_is_trained_on_a_model_that_stays_as_it_is(text: Path, tmp_path: Path):
    start = write_random_model(tmp_path / "start")
    changes = {"training__optimizer__learn_rate": 0.1, "training__max_steps": 12}
    pretrain_quietly(tiny_config(text, paths__init=str(start), training__frozen=True, **changes), tmp_path / "out")
    for name in ("model-best", "model-last"):
        trained, meta, head = model_directory.read(tmp_path / "out" / name)
        assert_same_model(model_directory.read(start).model, trained)
        assert head is not None
        assert "cat" in head.words
        history = [note["perplexity"] for note in read_json(max(tmp_path.glob("out/*/step-*/state.json")))["history"]]
        assert meta["perplexity"]["mean"] == pytest.approx(min(history), abs=0.01)
        assert min(history) < history[0]


def test_a_run_of_the_softmax_of_published_weights_goes_on_exactly(text: Path, tmp_path: Path):
    allennlp.write(tmp_path / "start", random_model(), {})
    rate = {"training__optimizer__learn_rate__total": 6}
    changes = {"paths__init": str(tmp_path / "start"), "training__frozen": True, **rate}
    pretrain_quietly(tiny_config(text, **changes), tmp_path / "whole")
    pretrain_quietly(tiny_config(text, training__max_steps=3, **changes), tmp_path / "parts")
    assert pretrain_quietly(tiny_config(text, **changes), tmp_path / "parts", resume=True).new_steps == 3
    whole, parts = (contents(tmp_path / name / "model-last") for name in ("whole", "parts"))
    assert all(whole[name] == parts[name] for name in ("weights.safetensors", "softmax.safetensors"))


def test_an_adaptive_softmax_is_not_trained_alone(text: Path, tmp_path: Path):
    changes = {"paths__init": str(write_random_model(tmp_path / "start")), "training__frozen": True}
    config = tiny_config(text, training__softmax={"@misc": "spacy-elmo.AdaptiveSoftmax.v1"}, **changes)
    with pytest.raises(ValueError, match="frozen = true: .* keep no adaptive one; take the sampled or the full one"):
        pretrain_quietly(config, tmp_path / "out")


def test_another_run_in_the_directory_is_left_alone(text: Path, tmp_path: Path):
    pretrain_quietly(tiny_config(text), tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(ValueError, match="holds another run; choose another directory.*--resume"):
        pretrain_quietly(tiny_config(text), tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_other_files_in_the_directory_are_left_alone(text: Path, tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").touch()
    with pytest.raises(ValueError, match="is not empty"):
        pretrain_quietly(tiny_config(text), tmp_path / "out", resume=True)
    assert list(contents(tmp_path / "out")) == ["mine.txt"]


def test_text_that_a_killed_process_was_preparing_is_removed(text: Path, tmp_path: Path):
    left = tmp_path / "run" / ".corpus-abcdefgh" / "parts"
    left.mkdir(parents=True)
    pretrain_quietly(tiny_config(text), tmp_path / "run")
    assert not left.parent.exists()


def test_a_finished_run_goes_no_further(text: Path, tmp_path: Path):
    pretrain_quietly(tiny_config(text), tmp_path / "out")
    assert pretrain_quietly(tiny_config(text), tmp_path / "out", resume=True)[:4] == (True, 6, 0, True)


def test_a_longer_limit_goes_on(text: Path, tmp_path: Path):
    rate = {"training__optimizer__learn_rate__total": 9}
    pretrain_quietly(tiny_config(text, **rate), tmp_path / "out")
    longer = tiny_config(text, training__max_steps=9, **rate)
    assert pretrain_quietly(longer, tmp_path / "out", resume=True)[:4] == (True, 9, 3, True)
    assert list_checkpoints(tmp_path / "out" / "checkpoints")[-1] == 9


def test_a_schedule_that_follows_the_limit_goes_on_with_it(text: Path, tmp_path: Path):
    pretrain_quietly(tiny_config(text), tmp_path / "out")
    told: list[str] = []
    longer = tiny_config(text, training__max_steps=9)
    assert pretrain_model(longer, tmp_path / "out", resume=True, notify=told.append)[:4] == (True, 9, 3, True)
    assert "the schedule of the learning rate is of 9 steps from here on; it was of 6" in told
    assert load_config(tmp_path / "out" / "config.cfg")["training"]["optimizer"]["learn_rate"]["total"] == 9


def test_a_text_that_is_not_that_of_the_run_is_told_by_its_name(text: Path, tmp_path: Path):
    pretrain_quietly(tiny_config(text, paths__dev=str(text)), tmp_path / "out")
    with pytest.raises(ValueError, match=r"\(held-out text: was text.txt, now 2 documents\); give it as it was"):
        pretrain_quietly(tiny_config(text), tmp_path / "out", resume=True)


def test_text_of_tokenized_lines_is_one_document_or_many(tmp_path: Path):
    (tmp_path / "text.txt").write_text("The cat sat .\nThe dog ran .\n" * 50, encoding="utf8")
    told: list[str] = []
    with pytest.raises(ValueError, match=r'of 1 documents.*set corpus.lines = "sentences"'):
        pretrain_model(tiny_config(tmp_path / "text.txt"), tmp_path / "out", notify=told.append)
    assert any("text.txt: seems to be tokenized, a sentence a line; --corpus.lines sentences" in line for line in told)
    pretrain_model(tiny_config(tmp_path / "text.txt", corpus__lines="sentences"), tmp_path / "out", notify=told.append)
    prepared = open_prepared(tmp_path / "out" / "corpus")
    assert (prepared.train.n_sentences, prepared.train.n_documents) == (80, 8)
    assert prepared.vocabulary.words[3:] == (".", "The", "cat", "dog", "ran", "sat")


def test_the_share_of_unknown_words_is_told_and_a_large_one_is_a_warning(text: Path, tmp_path: Path):
    (tmp_path / "words.txt").write_text("cat\t3\ndog\t2\n")
    told: list[str] = []
    config = tiny_config(text, paths__vocab=str(tmp_path / "words.txt"))
    pretrain_model(config, tmp_path / "out", notify=told.append)
    assert any(re.search("vocabulary of 5; .*% of the words are <UNK>", line) for line in told)
    assert any(re.match("Warning: .*not in the vocabulary.*same language, tokenization", line) for line in told)


def test_sources_are_read_as_often_as_their_weights_say(text: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    (tmp_path / "novels.txt").write_text("It was the best of times. It was not.\n\n" * 8, encoding="utf8")
    paths = {"paths__train": [str(text), str(tmp_path / "novels.txt")], "corpus__dev_size": 0}
    config = tiny_config(text, **paths, corpus__train__weights=[["novels*", 0.25]])
    pretrain_model(config, tmp_path / "out")
    assert "sampled: a pass over the text reads 142 tokens where the whole has 232" in capsys.readouterr().out
    corpus = open_prepared(tmp_path / "out" / "corpus")
    assert corpus.train.weights.tolist() == [0.25] * 8 + [1.0] * 8
    assert corpus.vocabulary.counts[corpus.vocabulary.index["best"]] == 2
    assert read_json(tmp_path / "out" / "corpus" / "manifest.json")["sources"]["train weights"] == [1.0, 0.25]
    other = tiny_config(text, **paths, corpus__train__weights=[["novels*", 0.5]])
    with pytest.raises(ValueError, match="train.weights: was .*0.25.*, now .*0.5"):
        pretrain_quietly(other, tmp_path / "out", resume=True)


def test_a_run_before_there_were_kinds_of_lines_goes_on(text: Path, tmp_path: Path):
    pretrain_quietly(tiny_config(text), tmp_path / "out")
    config = load_config(tmp_path / "out" / "config.cfg")
    for section in (config["corpus"], config["corpus"]["train"], config["corpus"]["dev"]):
        del section["lines"]
    config.to_disk(tmp_path / "out" / "config.cfg")
    assert pretrain_quietly(tiny_config(text), tmp_path / "out", resume=True)[:4] == (True, 6, 0, True)


def test_text_is_split_by_the_tokenizer_of_a_pipeline_and_goes_with_it(text: Path, tmp_path: Path):
    tokenizer, moved, other = (write_tokenizer(tmp_path / folder / "tok", exception="cat") for folder in "abc")
    (tmp_path / "c" / "tok" / "tokenizer").write_bytes((tmp_path / "b" / "tok" / "vocab" / "key2row").read_bytes())
    pretrain_quietly(tiny_config(text, nlp__tokenizer=tokenizer), tmp_path / "out")
    words = open_prepared(tmp_path / "out" / "corpus").vocabulary.words
    assert {"c", "a", "t"} <= set(words)
    assert "cat" not in words
    assert pretrain_quietly(tiny_config(text, nlp__tokenizer=moved), tmp_path / "out", resume=True).finished
    with pytest.raises(ValueError, match="prepared in another way .train tokenizer: tok has changed"):
        pretrain_quietly(tiny_config(text, nlp__tokenizer=other), tmp_path / "out", resume=True)
    with pytest.raises(ValueError, match="train tokenizer: was tok, now None"):
        pretrain_quietly(tiny_config(text), tmp_path / "out", resume=True)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"no section = here", None])
def test_a_run_whose_config_is_damaged_is_not_gone_on_with(data: bytes | None, text: Path, tmp_path: Path):
    pretrain_quietly(tiny_config(text), tmp_path / "out")
    config = tmp_path / "out" / "config.cfg"
    config.unlink() if data is None else config.write_bytes(data)
    with pytest.raises(ValueError, match="out/config.cfg: "):
        pretrain_quietly(tiny_config(text), tmp_path / "out", resume=True)


def test_a_run_does_not_go_on_with_other_settings(text: Path, tmp_path: Path):
    pretrain_quietly(tiny_config(text), tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(ValueError, match="training.dropout: was 0.1, now 0.5"):
        pretrain_quietly(tiny_config(text, training__dropout=0.5), tmp_path / "out", resume=True)
    assert contents(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"paths__train": None}, "paths.train = null"),
        ({"paths__train": "nowhere.txt"}, "nowhere.txt: no such file"),
        ({"paths__init": "./nowhere"}, "nowhere: no such file"),
        ({"paths__vocab": "nowhere.txt"}, "nowhere.txt: no such file"),
        ({"training__batch_size": 0}, "batch_size = 0"),
        ({"training__dropout": 1.5}, "dropout = 1.5"),
        ({"training__max_steps": None, "training__optimizer__learn_rate__total": 9}, "a run needs an end"),
        ({"training__clip_norm": 0}, "clip_norm = 0"),
        ({"system__seed": -1}, "seed = -1"),
        ({"system__threads": 0}, "threads = 0"),
        ({"nlp__lang": "qqq"}, "qqq"),
        ({"nlp__tokenizer": "nowhere"}, "tokenizer = 'nowhere': no pipeline has this name"),
        ({"training__frozen": 1}, "frozen = 1: must be true or false"),
        ({"training__frozen": True}, "frozen = true: .* there is no model for it; name one by --init"),
        ({"model__hidden_size": 2**20, "model__projection_size": 2**20}, "memory: about .* GB are free"),
        ({"model__hidden_size": 10**30}, "hidden_size = 1000.*: must be at most 1048576"),
        ({"model__n_layers": 100_000}, "n_layers = 100000: must be a whole number from 1 to 100"),
        ({"paths__train": "/dev/zero"}, "/dev/zero: is a device.*name a file"),
        ({"paths__train": "/"}, "/: is the whole disk"),
        ({"paths__vocab": "/dev/null"}, "/dev/null: is not a file"),
        ({"corpus__train__weights": [["*.md", 2]]}, "no file of the text has a name like '\\*.md'"),
        ({"corpus__train__weights": {"*.md": 2}}, "weights.* is not list"),
        ({"corpus__train__weights": ["*.txt"]}, "weights = .*must be pairs of a pattern and a number"),
        ({"corpus__train__weights": [["*.txt", 0]]}, "weights = 0: must be a number above 0"),
    ],
)
def test_settings_that_cannot_be_leave_nothing(changes: dict, message: str, text: Path, tmp_path: Path):
    with pytest.raises(ValueError, match=message):
        pretrain_quietly(tiny_config(text, **changes), tmp_path / "out")
    assert not (tmp_path / "out" / "config.cfg").exists() or list_checkpoints(tmp_path / "out" / "checkpoints") == []


@pytest.mark.parametrize(("data", "message"), [(b"", "holds no text"), (b"\x00\xff\xfe", "UTF-8|NUL")])
def test_a_text_that_is_none_leaves_nothing(data: bytes, message: str, tmp_path: Path):
    (tmp_path / "text.txt").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        pretrain_quietly(tiny_config(tmp_path / "text.txt"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def write_as_before(run: Path) -> None:
    """Turn the files of a run into those of the first version, which said "heldout", "lanes" and "steps"."""
    config = Config().from_disk(run / "config.cfg")
    for path, old, new in reversed(RENAMED):
        section = config
        for key in path.split("."):
            section = section[key]
        if new in section:
            section[old] = section.pop(new)
    config.to_disk(run / "config.cfg")
    manifest = read_json(run / "corpus" / "manifest.json")
    del manifest["digests"]
    manifest |= {"schema": 1, "heldout": manifest.pop("dev_size")}
    manifest["sources"] = {key.replace("dev", "heldout"): value for key, value in manifest["sources"].items()}
    manifest["files"] = {name.replace("dev/", "heldout/"): size for name, size in manifest["files"].items()}
    write_json(run / "corpus" / "manifest.json", manifest)
    (run / "corpus" / "dev").rename(run / "corpus" / "heldout")
    for path in run.glob("checkpoints/*/state.json"):
        write_json(path, {key: value for key, value in read_json(path).items() if key not in ("schema", "digest")})


def test_a_run_of_the_first_version_goes_on(text: Path, tmp_path: Path):
    rate = {"training__optimizer__learn_rate__total": 9}
    pretrain_quietly(tiny_config(text, training__max_steps=9, **rate), tmp_path / "whole")
    pretrain_quietly(tiny_config(text, **rate), tmp_path / "out")
    write_as_before(tmp_path / "out")
    assert "lanes = 2" in (tmp_path / "out" / "config.cfg").read_text()
    longer = tiny_config(text, training__max_steps=9, **rate)
    assert pretrain_quietly(longer, tmp_path / "out", resume=True)[:4] == (True, 9, 3, True)
    whole, resumed = (contents(tmp_path / name / "model-last") for name in ("whole", "out"))
    assert whole["weights.safetensors"] == resumed["weights.safetensors"]


@pytest.mark.parametrize(
    "schedule",
    [
        {"@schedules": "warmup_linear.v1", "initial_rate": 0.1, "warmup_steps": 2, "total_steps": 9},
        {"@schedules": "compounding.v1", "start": 0.001, "stop": 0.1, "compound": 1.3},
        {"@schedules": "spacy-elmo.inverse_sqrt.v1", "rate": 0.1, "warmup": 2},
    ],
    ids=lambda schedule: schedule["@schedules"],
)
def test_a_run_goes_on_with_the_rates_of_its_schedule(schedule: dict, text: Path, tmp_path: Path):
    for output, limits in (("whole", [9]), ("parts", [4, 9])):
        for steps in limits:
            config = tiny_config(text, training__max_steps=steps, training__eval_frequency=9)
            config["training"]["optimizer"]["learn_rate"] = schedule
            pretrain_quietly(config, tmp_path / output, resume=True)
    whole, resumed = (contents(tmp_path / name / "model-last") for name in ("whole", "parts"))
    assert whole["weights.safetensors"] == resumed["weights.safetensors"]


def test_the_precision_is_that_of_the_run(text: Path, tmp_path: Path):
    pretrain_quietly(tiny_config(text, training__precision="bfloat16"), tmp_path / "out")
    with pytest.raises(ValueError, match="training.precision: was 'bfloat16', now 'float32'"):
        pretrain_quietly(tiny_config(text), tmp_path / "out", resume=True)


def test_a_precision_that_the_processor_has_not_is_one_warning(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True}, raising=False)
    for precision, number in (("bfloat16", 1), ("float32", 0)):
        told: list[str] = []
        pretrain_model(tiny_config(text, training__precision=precision), tmp_path / precision, notify=told.append)
        assert len([line for line in told if "trains slower than in float32" in line]) == number
