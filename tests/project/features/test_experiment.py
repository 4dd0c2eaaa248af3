"""Experiments: which runs there are, and how one goes on where it stopped."""

import shutil
import signal
import threading
import time

import pytest
import srsly
from _pytest.capture import CaptureResult

from project.features.scripts import experiment, results
from project.features.scripts.runs import DEFAULT, Run
from project.shared.pipelines.processes import RunError
from tests.support.hand_made import SYSTEMS, make_result


class TestExperiment:
    """Experiments whose runs are played: each is noted, and has a score."""

    @pytest.fixture
    def play(self, settings, call, monkeypatch):
        """Run an experiment. Return its exit code, what it printed, and the runs that were started."""
        self.score = lambda run, split: 0.5

        def play(*arguments, seeds="0,1", jobs=1, **others):
            started = []

            def score(run, split):
                started.append((run.system, run.seed, split))
                found = self.score(run, split)
                return make_result(run.system, run.seed, found, split=split, key=run.key)

            monkeypatch.setattr(Run, "score", score)
            given = {"name": "mine", "pretrained": settings.pretrained, "epochs": 2, "seeds": seeds, "jobs": jobs}
            options = [option for name, value in (given | others).items() for option in (f"--{name}", value)]
            return *call(experiment, "ner", *options, *arguments), started

        return play

    @pytest.fixture
    def lines(self, files):
        return lambda: list(srsly.read_jsonl(files.results)) if files.results.is_file() else []

    def fail_at(self, system, seed, error):
        def score(run, split):
            if (run.system, run.seed) == (system, seed):
                raise error
            return 0.5

        self.score = score

    def test_what_is_compared(self):
        assert experiment.systems("ner") == SYSTEMS
        assert experiment.systems("quickstart") == SYSTEMS[3:]

    def test_every_system_with_every_seed(self, play, lines):
        code, _, started = play()
        assert code == 0
        assert started == [(system, seed, "dev") for system in SYSTEMS for seed in (0, 1)]
        assert [(line["system"], line["seed"], line["split"]) for line in lines()] == started

    def test_runs_with_a_line_are_not_repeated(self, play, lines):
        play()
        before = lines()
        code, printed, started = play()
        assert (code, started, lines()) == (0, [], before)
        assert "10 runs done before, 0 to do" in printed

    def test_runs_without_a_line_are_started_again(self, play, lines):
        self.fail_at("listener", 0, RunError("no"))
        assert play()[0] == 1
        done = [(line["system"], line["seed"], line["split"]) for line in lines()]
        assert done[:4] == [(system, seed, "dev") for system in SYSTEMS[:2] for seed in (0, 1)]
        self.score = lambda run, split: 0.5
        code, _, started = play()
        assert code == 0
        assert ("listener", 0, "dev") in started
        assert not set(started) & set(done)
        assert len(lines()) == 10

    def test_more_seeds_are_added(self, play, lines):
        play()
        assert play(seeds="0,1,2")[2] == [(system, 2, "dev") for system in SYSTEMS]
        assert len(lines()) == 15

    def test_seeds_of_the_task_where_none_are_given(self, play):
        assert play(seeds="")[2] == [(system, seed, "dev") for system in SYSTEMS for seed in (0, 1, 2)]

    def test_changed_settings_are_run_beside_the_old(self, play, lines):
        play()
        assert len(play(epochs=3)[2]) == 10
        assert len(lines()) == 20

    def test_failure_ends_with_a_clear_error(self, play):
        self.fail_at("listener", 0, RunError("listener, seed 0: failed; the end of log.txt:\nthe reason"))
        code, printed, _ = play()
        assert code == 1
        assert "listener, seed 0: failed; the end of log.txt:" in printed
        assert "the reason" in printed

    def test_lines_of_a_log_stay_lines(self, play, capsys, monkeypatch):
        self.fail_at(DEFAULT, 0, RunError("failed:\n  File a.py\n    x = 1"))
        with monkeypatch.context() as patch:
            patch.setattr(capsys, "readouterr", lambda: CaptureResult("", ""))  # leaves it to be read here
            play()
        assert "  File a.py\n    x = 1" in capsys.readouterr().out

    def test_others_go_on_after_a_failure(self, play):
        self.fail_at(DEFAULT, 0, RunError("no"))
        code, _, calls = play()
        assert code == 1
        assert len(calls) == 10

    def test_runs_that_end_after_a_failure_beside_them_are_kept(self, play, lines):
        begun, failed = threading.Event(), threading.Event()

        def score(run, split):
            if run.seed == 1:
                begun.set()
                failed.wait(timeout=10)
                return 0.5
            begun.wait(timeout=10)
            threading.Timer(0.2, failed.set).start()
            raise RunError("no")

        self.score = score
        assert play(jobs=2)[0] == 1
        assert (DEFAULT, 1) in [(line["system"], line["seed"]) for line in lines()]

    @pytest.fixture
    def interruptible(self):
        """Processes started in the background of a shell ignore Ctrl-C."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, before)

    def test_interrupt_starts_no_further_run(self, play, interruptible):
        started = []

        def score(run, split):
            started.append((run.system, run.seed))
            time.sleep(0.1)  # so that all runs are waiting by then
            if len(started) == 1:
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            time.sleep(0.1)
            return 0.5

        self.score = score
        code, printed, _ = play()
        assert (code, len(started)) == (130, 1)
        assert "the same command goes on from there" in printed

    def test_results_stay_whole_where_writing_fails(self, play, lines, monkeypatch):
        play(seeds="0")
        before = lines()

        def cut_off(path, results):
            path.write_text('{"half a li')
            raise KeyboardInterrupt

        monkeypatch.setattr(results.srsly, "write_jsonl", cut_off)
        assert play(seeds="1")[0] == 130
        assert lines() == before

    def test_test_data_for_the_best_recipe_and_its_baseline(self, play, lines):
        self.score = lambda run, split: {"listener": 0.6, "paper": 0.5}.get(run.system, 0.9)
        play()
        expected = [(system, seed, "test") for system in ("listener without ELMo", "listener") for seed in (0, 1)]
        assert play("--test")[2] == expected
        assert len(lines()) == 14

    def test_mean_over_seeds_decides(self, play):
        scores = {("listener", 0): 0.9, ("listener", 1): 0.1, ("paper", 0): 0.6, ("paper", 1): 0.6}
        self.score = lambda run, split: scores.get((run.system, run.seed), 0.5)
        play()
        assert {system for system, _, _ in play("--test")[2]} == {"paper without ELMo", "paper"}

    def test_test_data_is_scored_once(self, play):
        play()
        play("--test")
        assert play("--test")[2] == []

    @pytest.mark.parametrize("seeds", ["0,1,2", "5"])
    def test_test_data_waits_for_all_seeds(self, play, seeds):
        play()
        code, printed, started = play("--test", seeds=seeds)
        assert (code, started) == (1, [])
        assert "listener: not trained with all seeds yet; run the step `runs` first, with --vars.task ner" in printed

    def test_no_test_data(self, play, corpus):
        play()
        (corpus / "test.spacy").unlink()
        code, printed, started = play("--test")
        assert (code, started) == (0, [])  # the workflow goes on to its tables
        assert "no test data" in printed

    def test_pipelines_that_are_gone(self, play, call, settings, monkeypatch):
        """Results may outlive the trained pipelines, which are large."""
        original = Run.score
        play()
        monkeypatch.setattr(Run, "score", original)
        options = ("--name", "mine", "--pretrained", settings.pretrained, "--epochs", 2, "--seeds", "0,1", "--jobs", 1)
        code, printed = call(experiment, "ner", *options, "--test")
        assert code == 1
        assert "model-best" in printed

    def test_corpus_that_is_not_converted(self, play, corpus):
        shutil.rmtree(corpus)
        code, printed, _ = play()
        assert code == 1
        assert "not converted yet; run the step `corpus` first, with --vars.task ner" in printed

    def test_weights_that_are_not_there(self, play):
        code, printed, started = play(pretrained="nowhere")
        assert (code, started) == (1, [])
        assert "nowhere" in printed

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"jobs": 0}, "jobs: '0': must be a whole number of at least 1"),
            ({"jobs": "two"}, "jobs: 'two': must be a whole number of at least 1"),
            ({"epochs": -1}, "epochs: '-1': must be a whole number of at least 0"),
            ({"epochs": "nan"}, "epochs: 'nan': must be a whole number of at least 0"),
            ({"seeds": "x"}, "seeds: 'x': must be a whole number of at least 0"),
            ({"seeds": "0,-1"}, "seeds: '-1': must be a whole number of at least 0"),
            ({"seeds": "0,"}, "seeds: '': must be a whole number of at least 0"),
            ({"lang": "zz"}, "lang: 'zz': not a language that spaCy can make here"),
            ({"name": "../../../evil"}, "folders have this name"),
            ({"pretrained": ""}, ""),
        ],
    )
    def test_wrong_settings(self, play, values, message):
        code, printed, started = play(**values)
        assert (code, started, message in printed) == (1, [], True)

    def test_a_seed_counts_once(self, play):
        assert play(seeds="0, 1,0")[2] == [(system, seed, "dev") for system in SYSTEMS for seed in (0, 1)]

    def test_runs_are_announced(self, play, settings):
        printed = play(seeds="0")[1]
        assert f"{DEFAULT}, seed 0: started; its log is" in printed
        assert printed.index("paper, seed 0: started") < printed.index("paper, seed 0: entity F 50.00")

    @pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"lang'])
    def test_corpus_with_a_broken_note(self, play, corpus, text):
        (corpus / "sources.json").write_text(text)
        code, printed, started = play()
        assert (code, started, "run the step `corpus` first" in printed) == (1, [], True)

    def test_broken_results_are_not_written_over(self, play, files):
        play(seeds="0")
        whole = files.results.read_text()
        files.results.write_text(whole + '{"key": ')
        code, printed, started = play()
        assert (code, started) == (1, [])
        assert "mine.jsonl:6: not the result of a run" in printed
        assert files.results.read_text().startswith(whole)

    def test_empty_results(self, play, files):
        files.results.parent.mkdir(parents=True)
        files.results.touch()
        assert len(play(seeds="0")[2]) == 5
