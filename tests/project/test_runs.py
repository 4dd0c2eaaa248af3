"""Runs: what tells them apart, what they share, and what is known of them."""

import argparse
import shutil

import pytest
import runs
import srsly
from runs import BASELINE, DEFAULT, Run, RunError

from tests.support.hand_made import SOURCES, SYSTEMS


def changed(args, **settings):
    return argparse.Namespace(**(vars(args) | settings))


class TestKey:
    def test_the_same_settings_have_the_same_key(self, args):
        assert Run(args, "paper", 0).key == Run(args, "paper", 0).key

    def test_every_system_and_seed_has_its_own(self, args):
        assert len({Run(args, system, seed).key for system in SYSTEMS for seed in range(2)}) == 10

    @pytest.mark.parametrize("settings", [{"epochs": 3}, {"task": "parser"}, {"lang": "de"}])
    def test_config(self, args, settings):
        assert Run(changed(args, **settings), "paper", 0).key != Run(args, "paper", 0).key

    @pytest.mark.parametrize("settings", [{"jobs": 2}, {"name": "other"}])
    def test_not_what_has_no_influence(self, args, settings):
        assert Run(changed(args, **settings), "paper", 0).key == Run(args, "paper", 0).key

    @pytest.mark.parametrize("split", ["train", "dev"])
    def test_corpus(self, args, split):
        before = Run(args, "paper", 0).key
        srsly.write_json(args.corpus / "sources.json", SOURCES | {"md5": SOURCES["md5"] | {split: "new"}})
        assert Run(args, "paper", 0).key != before

    @pytest.mark.parametrize(("system", "same"), [("paper", False), ("paper without ELMo", True), (DEFAULT, True)])
    def test_weights(self, args, tmp_path, system, same):
        weights = tmp_path / "weights"
        shutil.copytree(args.pretrained, weights)
        before = Run(changed(args, pretrained=str(weights)), system, 0).key
        (tensors,) = weights.glob("*.safetensors")
        tensors.write_bytes(tensors.read_bytes()[:-1] + b"\x7f")
        assert (Run(changed(args, pretrained=str(weights)), system, 0).key == before) is same

    def test_folders_of_runs_are_apart(self, args, project):
        folders = {Run(args, system, seed).folder for system in SYSTEMS for seed in range(2)}
        assert len(folders) == 10
        assert {folder.parent for folder in folders} == {project / "training" / "ner" / "mine"}


class TestSystems:
    @pytest.mark.parametrize("task", ["quickstart", "tagger", "ner", "parser", "textcat"])
    @pytest.mark.parametrize("recipe", ["listener", "paper"])
    def test_recipe_and_baseline_share_all_but_elmo(self, args, task, recipe):
        elmo, baseline = (runs.make_system(changed(args, task=task), recipe + end) for end in ("", BASELINE))
        assert without_elmo(elmo) == without_elmo(baseline)
        assert "elmo" in elmo["components"]
        assert "elmo" not in baseline.to_str().lower().replace("spacy-elmo.elmotok2vec.v1", "")

    @pytest.mark.parametrize("task", ["tagger", "ner", "parser", "textcat"])
    def test_default_learns_from_the_same_for_as_long(self, args, task):
        default, baseline = (runs.make_system(changed(args, task=task), name) for name in (DEFAULT, "paper" + BASELINE))
        assert default["corpora"] == baseline["corpora"]
        training = [{k: v for k, v in config["training"].items() if k != "optimizer"} for config in (default, baseline)]
        assert training[0] == training[1]

    @pytest.mark.parametrize("system", SYSTEMS)
    def test_gold_words_and_length_of_training(self, args, system):
        config = runs.make_system(args, system)
        assert [config["corpora"][split]["gold_preproc"] for split in ("train", "dev")] == [True, True]
        training = config["training"]
        assert [training[name] for name in ("max_epochs", "max_steps", "patience")] == [2, 0, 0]

    def test_epochs_of_the_task_where_none_are_given(self, args):
        assert runs.make_system(changed(args, epochs=0), "paper")["training"]["max_epochs"] == 10


def without_elmo(config):
    """RETURNS: a config as data, without the components, paths and inputs that ELMo brings."""
    config = config.copy()
    config["nlp"]["pipeline"] = [name for name in config["nlp"]["pipeline"] if name not in ("elmo", "doc_cleaner")]
    config["components"] = {name: config["components"][name] for name in config["nlp"]["pipeline"]}
    for component in config["components"].values():
        component["model"]["tok2vec"] |= {"input": None, "output": None}
    config["paths"].pop("elmo", None)
    config["initialize"]["components"].pop("elmo", None)
    return dict(config)


class TestRun:
    """A run whose processes are played."""

    @pytest.fixture
    def run(self, args, monkeypatch):
        """A run of the paper's recipe. Training makes folders, an evaluation writes scores; both are noted."""
        run = Run(args, "paper", 7)
        self.called = []

        def play(*arguments):
            self.called.append([str(argument) for argument in arguments])
            if "train" in arguments:
                for name in ("model-best", "model-last"):
                    (run.folder / name).mkdir()
            else:
                srsly.write_json(arguments[-1], {"scores": {"ents_f": 0.5}, "unseen": {"words": 3}})
            return 100.0

        monkeypatch.setattr(run, "_call", play)
        return run

    def test_result_has_all_that_a_repetition_needs(self, run):
        result = run.score("dev")
        assert (result["key"], result["system"], result["seed"], result["split"]) == (run.key, "paper", 7, "dev")
        assert result["config"] == run.config.to_str()
        assert result["corpus"] == SOURCES
        assert result["weights_md5"]
        assert result["pretrained"] == "tiny"
        assert set(result["versions"]) == {"spacy", "spacy-elmo", "torch"}
        assert (result["scores"], result["unseen"]) == ({"ents_f": 0.5}, {"words": 3})
        assert (result["train_peak_mb"], result["train_seconds"] > 0) == (100.0, True)

    def test_model_is_named_from_the_project(self, run, project):
        assert project / run.score("dev")["model"] == run.folder / "model-best"

    def test_training_reads_the_corpus_and_the_seed(self, run, corpus):
        run.score("dev")
        train, evaluation = self.called
        paths = {f"--paths.{split}={corpus}/{split}.spacy" for split in ("train", "dev")}
        assert {*paths, "--system.seed=7"} <= set(train)
        assert evaluation[2:5] == [str(corpus / "dev.spacy"), "--train", str(corpus / "train.spacy")]

    def test_what_a_run_left_behind_that_was_cut_off_goes(self, run):
        run.folder.mkdir(parents=True)
        (run.folder / "model-best").mkdir()
        (run.folder / "log.txt").write_text("as far as it came")
        run.score("dev")
        assert sorted(path.name for path in run.folder.iterdir()) == ["config.cfg", "dev.json", "model-best"]

    def test_nothing_is_trained_for_the_test_data(self, run, corpus):
        run.score("dev")
        result = run.score("test")
        assert len(self.called) == 3
        assert self.called[2][2] == str(corpus / "test.spacy")
        assert "train_seconds" not in result

    def test_process_that_fails(self, args):
        run = Run(args, "paper", 7)
        run.folder.mkdir(parents=True)
        with pytest.raises(RunError) as caught:
            run._call("-c", "print('reason'); raise SystemExit(3)")
        first, *last = str(caught.value).splitlines()
        assert first == f"paper, seed 7: failed; the end of {run.folder / 'log.txt'}:"
        assert last == ["reason"]

    def test_peak_memory_is_in_megabytes(self, args):
        run = Run(args, "paper", 7)
        run.folder.mkdir(parents=True)
        peak = run._call("-c", "x = bytearray(200_000_000)")
        assert 190 < peak < 250  # 200 MB are 191 of those that have 1024 KB, and Python itself needs some

    def test_peak_memory_is_not_that_of_this_process(self, args):
        run = Run(args, "paper", 7)
        run.folder.mkdir(parents=True)
        assert 0 < run._call("-c", "") < 60  # Python alone; torch and spaCy, loaded here, need some 400
