"""All that is wrong is said at once, before anything is computed."""

import srsly

from project.language.scripts import check
from project.language.scripts.checking import machine
from project.language.scripts.settings import Job
from tests.project.language.checking.conftest import FACTS, conllu
from tests.project.language.conftest import SENTENCES
from tests.support.random_models import TINY, write_random_model


def test_settings_are_written(run, workspace, files):
    code, printed = run(seeds="0,1", hours="0.25")
    assert code == 0, printed
    settings = Job(workspace, "fr_elmo_sm").settings()
    assert settings.treebank == [
        str(files / "treebank" / f"fr-ud-{split}.conllu") for split in ("train", "dev", "test")
    ]
    assert (settings.text, settings.seeds, settings.hours) == ([str(files / "text")], [0, 1], 0.25)
    assert settings.facts["sources"][0]["license"] == "CC0"
    notes = srsly.read_json(workspace.training / "fr_elmo_sm" / "notes.json")["notes"]
    assert any("words are little" in note["text"] for note in notes)


def test_hours_where_none_are_given(run, workspace):
    code, printed = run(hours="")
    assert (code, "hours: 2, of training on the text" in printed) == (0, True)
    assert Job(workspace, "fr_elmo_sm").settings().hours == 2


def test_all_errors_are_shown_together(run, workspace):
    code, printed = run(hours="-1", lang="qq", text="nothing.txt", jobs="0", recipe="magic", name="Grand Modèle")
    assert code == 1
    for part in (
        "hours = '-1'",
        "lang = 'qq'",
        "nothing.txt: no such file",
        "jobs = '0'",
        "recipe = 'magic'",
        "name =",
    ):
        assert part in printed
    assert not workspace.training.exists()


def test_what_is_missing(call, workspace):
    code, printed = call(check)
    assert code == 1
    for part in ("lang is missing", "text is missing", "treebank is missing"):
        assert part in printed


def test_text_that_cannot_be_used(run, files):
    (files / "text" / "b.txt").write_bytes(b"")
    (files / "text" / "c.txt").write_text("Это русский текст, который никто не ждал.", encoding="utf8")
    code, printed = run()
    assert code == 0
    assert "b.txt: empty" in printed
    assert "other letters than the treebank's" in printed


def test_text_of_another_script(run, files):
    (files / "text" / "a.txt").write_text("Это русский текст, который никто не ждал.", encoding="utf8")
    code, printed = run()
    assert code == 1
    assert "none of the files that were looked into can be used" in printed


def test_facts(run, files):
    (files / "facts.yml").write_text("author: 3\nversion: 0.1\nlicence: MIT\nsources: [{name: News}]", encoding="utf8")
    code, printed = run()
    assert code == 1
    for part in (
        "author = 3: is int",
        "version = 0.1: is float",
        "nothing reads: licence",
        "lack it: email, url, license",
    ):
        assert part in printed
    assert "source 1: missing, so that the wheel and its card lack it: author, license, url" in printed


def test_a_sample_where_nothing_is_given(call, files, workspace):
    sample = workspace.assets / "samples" / "fr"
    sample.mkdir(parents=True)
    (sample / "text.txt").write_text("\n".join(SENTENCES), encoding="utf8")
    (sample / "treebank.conllu").write_text(conllu(SENTENCES), encoding="utf8")
    (sample / "facts.yml").write_text(FACTS, encoding="utf8")
    code, printed = call(check, "--lang", "fr")
    assert (code, "for a rehearsal" in printed) == (0, True)
    settings = Job(workspace, "fr_elmo_sm").settings()
    assert (settings.treebank, settings.hours) == ([str(sample / "treebank.conllu")], 0.02)
    call(check, "--lang", "fr", "--hours", "0.5")
    assert Job(workspace, "fr_elmo_sm").settings().hours == 0.5
    code, printed = call(check, "--lang", "fr", "--text", "text")
    assert (code, "treebank is missing" in printed) == (1, True)


def test_weights_to_go_on_from(run, files):
    code, printed = run(init="en_elmo_sm")
    assert code == 0
    assert "is a model of 'en', and lang is 'fr'" in printed
    assert "its license, CC BY-SA 4.0, binds" in printed
    code, printed = run(init="no_such_model")
    assert code == 1
    assert "no_such_model" in printed


def test_weights_to_go_on_from_that_cannot_be_read(run, tmp_path):
    start = write_random_model(tmp_path / "start", TINY, lang="fr", name="fr_elmo_first")
    (start / "weights.safetensors").write_bytes(b"cut")
    code, printed = run(init=str(start))
    assert (code, "weights.safetensors" in printed) == (1, True)


def test_the_name_of_another_model(run, workspace, tmp_path, monkeypatch):
    start = write_random_model(tmp_path / "start", TINY, name="fr_elmo_sm", lang="fr")
    assert "another model is called so" in run(init=str(start))[1]
    assert run(init=str(start), name="fr_elmo_law")[0] == 0
    monkeypatch.setattr(check, "model_names", lambda: ["fr_elmo_sm"])
    code, printed = run()
    assert (code, "call yours otherwise with --vars.name" in printed) == (1, True)


def test_a_model_that_was_made_here_and_installed(run, monkeypatch):
    assert run()[0] == 0
    monkeypatch.setattr(check, "model_names", lambda: ["fr_elmo_sm"])
    assert run()[0] == 0


def test_what_wheels_need(run, monkeypatch):
    monkeypatch.setattr(machine, "version", lambda name: "66.1.1")
    monkeypatch.setattr(machine, "find_spec", lambda name: None)
    code, printed = run()
    assert code == 1
    for part in ("pip: this Python", "ensurepip: this Python", "setuptools: wheels need 70.1 or newer, and here"):
        assert part in " ".join(printed.split())


def test_too_little_room(run, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("usage", (), {"free": 10}))
    code, printed = run()
    assert code == 1
    assert "make room" in printed


def test_a_folder_with_brackets_in_its_name(run, workspace, files):
    (files / "treebank").rename(files / "UD [v2]")
    code, printed = run(treebank="UD [v2]")
    assert code == 0, printed
    assert len(Job(workspace, "fr_elmo_sm").settings().treebank) == 3


def test_the_code_of_a_language_that_spacy_has_under_another(run):
    code, printed = run(lang="fra")
    assert code == 1
    assert "spaCy calls this language 'fr'" in " ".join(printed.split())
