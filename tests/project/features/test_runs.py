"""Runs: what tells them apart, what they share, and what is known of them."""

import os
import shutil
from dataclasses import replace

import pytest
import srsly

from project.features.scripts import runs
from project.features.scripts.runs import BASELINE, DEFAULT, Run
from project.shared.pipelines.processes import RunError, share_threads
from tests.support.hand_made import SOURCES, SYSTEMS
from tests.support.random_models import write_random_model


def changed(settings, **values):
    """Return other settings; a task or a name is on the same corpus."""
    files = {name: values.pop(name) for name in ("task", "name") if name in values}
    new = replace(settings, files=replace(settings.files, **files), **values)
    if not new.files.corpus.exists():
        shutil.copytree(settings.files.corpus, new.files.corpus)
    return new


class TestKey:
    def test_the_same_settings_have_the_same_key(self, settings):
        assert Run(settings, "paper", 0).key == Run(settings, "paper", 0).key

    def test_every_system_and_seed_has_its_own(self, settings):
        assert len({Run(settings, system, seed).key for system in SYSTEMS for seed in range(2)}) == 10

    @pytest.mark.parametrize("values", [{"epochs": 3}, {"task": "parser"}, {"lang": "de"}])
    def test_config(self, settings, values):
        assert Run(changed(settings, **values), "paper", 0).key != Run(settings, "paper", 0).key

    @pytest.mark.parametrize("values", [{"jobs": 2}, {"name": "other"}])
    def test_not_what_has_no_influence(self, settings, values):
        assert Run(changed(settings, **values), "paper", 0).key == Run(settings, "paper", 0).key

    @pytest.mark.parametrize("split", ["train", "dev"])
    def test_corpus(self, settings, corpus, split):
        before = Run(settings, "paper", 0).key
        srsly.write_json(corpus / "sources.json", SOURCES | {"md5": SOURCES["md5"] | {split: "new"}})
        assert Run(settings, "paper", 0).key != before

    @pytest.mark.parametrize(("system", "same"), [("paper", False), ("paper without ELMo", True), (DEFAULT, True)])
    def test_weights(self, settings, tmp_path, system, same):
        weights = [write_random_model(tmp_path / f"{seed}" / "weights", seed=seed) for seed in range(2)]
        one, two = (Run(changed(settings, pretrained=str(path)), system, 0).key for path in weights)
        assert (one == two) is same

    def test_folders_of_runs_are_apart(self, settings, workspace):
        folders = {Run(settings, system, seed).folder for system in SYSTEMS for seed in range(2)}
        assert len(folders) == 10
        assert {folder.parent for folder in folders} == {workspace.training / "ner" / "mine"}


class TestSystems:
    @pytest.mark.parametrize("task", ["quickstart", "tagger", "ner", "parser", "textcat"])
    @pytest.mark.parametrize("recipe", ["listener", "paper"])
    def test_recipe_and_baseline_share_all_but_elmo(self, settings, task, recipe):
        elmo, baseline = (runs.make_system(changed(settings, task=task), recipe + end) for end in ("", BASELINE))
        assert without_elmo(elmo) == without_elmo(baseline)
        assert "elmo" in elmo["components"]
        assert "elmo" not in baseline.to_str().lower().replace("spacy-elmo.elmotok2vec.v1", "")

    @pytest.mark.parametrize("task", ["tagger", "ner", "parser", "textcat"])
    def test_default_learns_from_the_same_for_as_long(self, settings, task):
        systems = (DEFAULT, "paper" + BASELINE)
        default, baseline = (runs.make_system(changed(settings, task=task), system) for system in systems)
        assert default["corpora"] == baseline["corpora"]
        training = [{k: v for k, v in config["training"].items() if k != "optimizer"} for config in (default, baseline)]
        assert training[0] == training[1]

    @pytest.mark.parametrize("system", SYSTEMS)
    def test_gold_words_and_length_of_training(self, settings, system):
        config = runs.make_system(settings, system)
        assert [config["corpora"][split]["gold_preproc"] for split in ("train", "dev")] == [True, True]
        training = config["training"]
        assert [training[name] for name in ("max_epochs", "max_steps", "patience")] == [2, 0, 0]

    def test_epochs_of_the_task_where_none_are_given(self, settings):
        assert runs.make_system(changed(settings, epochs=0), "paper")["training"]["max_epochs"] == 10


def without_elmo(config):
    """Return a config as data, without the components, paths and inputs that ELMo brings."""
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
    def run(self, settings, monkeypatch):
        """A run of the paper's recipe. Training makes folders, an evaluation writes scores; both are noted."""
        run = Run(settings, "paper", 7)
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

    def test_model_is_named_from_the_project(self, run, workspace):
        assert workspace.root / run.score("dev")["model"] == run.folder / "model-best"

    def test_training_reads_the_corpus_and_the_seed(self, run, corpus):
        run.score("dev")
        train, evaluation = self.called
        paths = {f"--paths.{split}={corpus}/{split}.spacy" for split in ("train", "dev")}
        assert {*paths, "--system.seed=7"} <= set(train)
        assert evaluation[3:6] == [str(corpus / "dev.spacy"), "--train", str(corpus / "train.spacy")]

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
        assert self.called[2][3] == str(corpus / "test.spacy")
        assert "train_seconds" not in result

    def test_process_that_fails(self, settings):
        run = Run(settings, "paper", 7)
        run.folder.mkdir(parents=True)
        with pytest.raises(RunError) as caught:
            run._call("-c", "print('reason'); raise SystemExit(3)")
        first, *last = str(caught.value).splitlines()
        assert first == f"paper, seed 7: failed; the end of {run.folder / 'log.txt'}:"
        assert last == ["reason"]

    def test_peak_memory_is_in_megabytes(self, settings):
        run = Run(settings, "paper", 7)
        run.folder.mkdir(parents=True)
        without, peak = (run._call("-c", f"x = bytearray({size})") for size in (0, 200_000_000))
        assert without > 0
        assert 190 < peak - without < 250  # 200 MB are 191 of those that have 1024 KB

    def test_a_run_has_its_threads_and_its_directory(self, settings):
        run = Run(settings, "paper", 7)
        run.folder.mkdir(parents=True)
        run._call("-c", "import os, torch; print(torch.get_num_threads(), os.environ['OMP_NUM_THREADS'], os.getcwd())")
        share = share_threads(settings.jobs)
        assert run.log.read_text(encoding="utf8").split() == [str(share), str(share), os.getcwd()]
