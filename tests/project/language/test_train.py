"""Pipelines with and without ELMo: trained, scored, and put together."""

import shutil
from dataclasses import replace

import pytest
import spacy
import srsly
from spacy.cli.train import train as spacy_train
from spacy.tokens import DocBin

from project.language.scripts import evaluate, runs, train, treebank
from project.language.scripts.assemble import assemble
from project.language.scripts.raw_text import read_sentences
from project.language.scripts.runs import Runs
from project.language.scripts.settings import Job, Settings
from project.shared.arguments import StepError
from project.shared.pipelines.processes import RunError
from project.shared.workspace import Workspace
from tests.support.random_models import TINY, write_random_model

NAMES = "Anna Bob Carl Dora Emil Fred Gita Hans Ida Jon".split()
MORPH_ROW = "{0}\t{1}\t{1}\t{2}\t_\t{3}\t{4}\t{5}\t_\t{6}"


def sentence(i):
    name = NAMES[i % 10]
    rows = [(1, name, "PROPN", "Number=Sing", 2, "nsubj", "NE=B-PER"), (2, f"voit{i % 4}", "VERB", "_", 0, "root", "_")]
    rows += [(3, "de", "ADP", "_", 5, "case", "_"), (4, "le", "DET", "_", 5, "det", "_")]
    rows += [(5, "soir", "NOUN", "_", 2, "obl", "SpaceAfter=No"), (6, ".", "PUNCT", "_", 2, "punct", "_")]
    lines = [MORPH_ROW.format(*row) for row in rows]
    return "\n".join([*lines[:2], "3-4\tdu\t_\t_\t_\t_\t_\t_\t_\t_", *lines[2:]])


def prepare(root, file, text):
    """Return a language whose model is there, and its treebank or entities, by the suffix of their file."""
    job = Job(Workspace(root / "checkout" / "project" / "language"), "fr_elmo_sm")
    job.workspace.root.mkdir(parents=True)
    path = job.workspace.root / file
    path.write_text(text, encoding="utf8")
    treebank_files, ner = ([str(path)] if path.suffix == suffix else [] for suffix in (".conllu", ".iob"))
    job.keep(Settings(job.name, "fr", "", [], treebank_files, ner, "", 1, "listener", [0], 1, 1, 1, {}, "own"))
    treebank.main(job.workspace, ["--lang", "fr"])
    write_random_model(job.model, TINY, lang="fr", version="1.0", license="CC0-1.0")
    return job


def train_here(job):
    """Take the step, whose processes are functions here: a process takes seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "run_python", run_here)
        train.main(job.workspace, ["--lang", "fr"])
    return job


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A language whose treebank and model are there, to read only."""
    return prepare(tmp_path_factory.mktemp("made"), "fr.conllu", "\n\n".join(map(sentence, range(40))))


@pytest.fixture
def job(made, workspace):
    ignored = shutil.ignore_patterns("results", "pipelines")
    shutil.copytree(made.workspace.root, workspace.root, dirs_exist_ok=True, ignore=ignored)
    return Job(workspace, made.name)


@pytest.fixture(scope="module")
def trained(made):
    """The same after the step."""
    return train_here(made)


def run_here(arguments, *, log, threads, name):
    words = list(map(str, arguments))
    if words[1] == "spacy":
        overrides = dict(word.removeprefix("--").split("=", 1) for word in words[6:])
        overrides["system.seed"] = int(overrides["system.seed"])
        spacy_train(words[3], words[5], overrides=overrides)
    else:
        evaluate.main(words[2:])
    return 100.0


@pytest.fixture
def lines(trained):
    return list(srsly.read_jsonl(trained.results / "runs.jsonl"))


def test_every_system_of_each_kind(lines):
    assert [(line["kind"], line["system"], line["seed"]) for line in lines] == [
        (kind, system, 0) for kind in ("treebank", "ner") for system in ("without ELMo", "with ELMo")
    ]


def test_components_are_those_that_the_treebank_teaches(trained, lines):
    nlp = spacy.load(trained.workspace.root / lines[1]["model"])
    names = ["elmo", "morphologizer", "trainable_lemmatizer", "parser", "doc_cleaner"]
    assert nlp.pipe_names == names
    assert spacy.load(trained.workspace.root / lines[2]["model"]).pipe_names == ["ner"]


def test_a_model_to_go_on_from_is_compared_too(job, tmp_path):
    settings = replace(job.settings(), init=str(write_random_model(tmp_path / "first", TINY, lang="fr", seed=1)))
    found = {run.system: run for run in Runs(job, settings).all() if run.kind == "treebank"}
    assert list(found) == ["without ELMo", "with the first ELMo", "with ELMo"]
    assert len({run.weights for run in found.values()}) == len({run.key for run in found.values()}) == 3
    assert found["with the first ELMo"].config["paths"]["elmo"] is None


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The step on entities, without a treebank."""
    text = "\n\n".join(f"{NAMES[i % 10]} B-PER\nvoit{i % 4} O\nle O\nsoir O\n. O" for i in range(40))
    return train_here(prepare(tmp_path_factory.mktemp("alone"), "fr.iob", text))


class TestEntitiesAlone:
    def test_runs(self, alone):
        found = [(line["kind"], line["system"]) for line in srsly.read_jsonl(alone.results / "runs.jsonl")]
        assert found == [("ner", "without ELMo"), ("ner", "with ELMo")]

    def test_the_pipeline(self, alone):
        assert assemble(alone).pipe_names == ["elmo", "ner", "doc_cleaner"]

    def test_text_is_compared_with_them(self, alone):
        assert (alone.annotated, (alone.treebank / "train.spacy").exists()) == (alone.ner, False)
        assert any("voit1" in sentence for sentence in read_sentences(alone))


def test_pipelines_have_the_tokenizer_of_the_language(trained, lines):
    taught = spacy.load(trained.tokenizer).tokenizer.to_bytes(exclude=["vocab"])
    for line in lines:
        nlp = spacy.load(trained.workspace.root / line["model"])
        assert nlp.tokenizer.to_bytes(exclude=["vocab"]) == taught


def test_scores(lines):
    for line in lines:
        assert set(line["scores"]) == {"dev", "test"}
        for scores in line["scores"].values():
            assert scores["words"] > 0
            values = [value for part in ("gold", "raw", "unseen", "multiword") for value in scores[part].values()]
            assert all(isinstance(value, (int, float)) for value in values)
            assert scores["raw"]["token_f"] == 1.0
    treebank, ner = lines[0]["scores"]["dev"], lines[2]["scores"]["dev"]
    names = {"pos_acc", "morph_acc", "lemma_acc", "dep_uas", "dep_las", "sents_f"}
    assert set(treebank["gold"]) == names
    assert set(treebank["raw"]) == {*names, "token_f"}
    assert treebank["multiword"]["words"] == 4
    assert set(ner["gold"]) == {"ents_p", "ents_r", "ents_f"}
    assert "pos_acc" not in ner["multiword"]


def test_facts(lines):
    without, with_elmo = lines[:2]
    assert (without["weights_md5"], bool(with_elmo["weights_md5"])) == ("", True)
    assert with_elmo["bytes"] > 0 < with_elmo["speed"]
    assert (with_elmo["train_peak_mb"], with_elmo["train_seconds"] > 0) == (100.0, True)
    assert "/" not in with_elmo["config"].partition("[nlp]")[0]  # no paths of this machine
    assert all(gold != predicted and count > 0 for gold, predicted, count in with_elmo["confusion"])


def test_runs_that_are_done_are_not_repeated(trained, call_main, lines):
    code, printed = call_main(train.main, trained.workspace, ["--lang", "fr"])
    assert (code, "4 runs done before, 0 to do" in printed) == (0, True)
    assert list(srsly.read_jsonl(trained.results / "runs.jsonl")) == lines


def test_runs_that_are_asked_for_again_are_the_newest(trained, call_main, lines):
    path = trained.results / "runs.jsonl"
    other = {**lines[0], "key": "of other settings"}
    srsly.write_jsonl(path, [*lines, other])
    call_main(train.main, trained.workspace, ["--lang", "fr"])
    found = list(srsly.read_jsonl(path))
    srsly.write_jsonl(path, lines)
    assert found == [other, *lines]


def test_one_pipeline_of_the_best_runs(trained):
    nlp = assemble(trained)
    assert nlp.pipe_names == ["elmo", "morphologizer", "trainable_lemmatizer", "parser", "ner", "doc_cleaner"]
    doc = nlp("Anna voit1 du soir.")
    assert doc.has_annotation("DEP")
    assert doc.has_annotation("ENT_IOB")
    assert {"pos_acc", "ents_f"} <= nlp.meta["performance"].keys()


def test_entities_of_the_assembled_pipeline_are_those_of_their_run(trained, lines):
    source = spacy.load(trained.workspace.root / lines[3]["model"])
    nlp = assemble(trained)
    (text, *_) = [doc.text for doc in DocBin().from_disk(trained.ner / "dev.spacy").get_docs(nlp.vocab)]
    scores = [[(ent.text, ent.label_) for ent in pipeline(text).ents] for pipeline in (nlp, source)]
    assert scores[0] == scores[1]


def test_assembled_pipeline_is_saved(trained, tmp_path):
    nlp = assemble(trained)
    nlp.to_disk(tmp_path)
    text = "Anna voit1 du soir."
    assert spacy.load(tmp_path)(text).to_json() == nlp(text).to_json()


class TestKey:
    def keys(self, job, **values):
        settings = job.settings()
        return {(run.kind, run.system): run.key for run in Runs(job, settings).all()}

    def test_other_weights_change_runs_with_elmo(self, job):
        before = self.keys(job)
        shutil.rmtree(job.model)
        write_random_model(job.model, TINY, seed=1)
        after = self.keys(job)
        assert {name[1] for name in before if before[name] != after[name]} == {"with ELMo"}

    def test_another_treebank_changes_all(self, job):
        before = self.keys(job)
        for folder in (job.treebank, job.ner):
            shutil.copy(folder / "train.spacy", folder / "dev.spacy")
        assert not set(before.values()) & set(self.keys(job).values())

    def test_another_folder_changes_nothing(self, made, job):
        assert self.keys(made) == self.keys(job)


def test_run_that_fails_shows_its_log(job, call_main, monkeypatch):
    def fail(arguments, *, log, threads, name):
        raise RunError(f"{name}: failed; the end of {log}:\nthe reason")

    monkeypatch.setattr(runs, "run_python", fail)
    code, printed = call_main(train.main, job.workspace, ["--lang", "fr"])
    assert (code, "treebank without ELMo, seed 0: failed" in printed, "the reason" in printed) == (1, True, True)


@pytest.mark.parametrize(("folder", "step"), [("model", "pretrain"), ("treebank", "treebank")])
def test_step_that_is_missing(job, call_main, folder, step):
    shutil.rmtree(getattr(job, folder))
    code, printed = call_main(train.main, job.workspace, ["--lang", "fr"])
    assert (code, f"run the step `{step}` first" in printed) == (1, True)


def test_nothing_to_put_together(job):
    with pytest.raises(StepError, match="run the step `train` first"):
        assemble(job)
