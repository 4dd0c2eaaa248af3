"""The wheel of a language, without new processes and environments."""

from contextlib import contextmanager
from zipfile import ZipFile

import pytest
import spacy
import srsly

from project.language.scripts import description, package
from project.language.scripts.figures import Runs
from project.shared.wheels import build
from project.shared.wheels.closure import read_wheel
from tests.support.languages import BASELINE, ELMO, make_docs, make_run, make_settings, write_dev, write_results
from tests.support.wheels import package_here, write_wheel

FACTS = {
    **{"author": "A. Author", "email": "a@example.org", "url": "https://example.org", "license": "CC BY-SA 4.0"},
    **{"version": "1.2.3", "sources": [{"name": "UD Italian", "author": "B. Author", "license": "CC BY 4.0"}]},
}
RUNS = [make_run(ELMO), make_run(BASELINE), make_run(ELMO, kind="ner")]


@pytest.fixture
def described(job):
    """Return what a pipeline says of itself after `describe`."""

    def call(nlp=None, runs=(), **settings):
        nlp = nlp or spacy.blank("it")
        description.describe(nlp, job, make_settings(**settings), Runs(runs, [0]))
        return nlp.meta

    return call


def test_facts_and_scores_are_in_the_meta(described):
    meta = described(runs=RUNS, facts=FACTS)
    assert {key: meta[key] for key in ("author", "email", "url", "license", "version")} == {
        key: FACTS[key] for key in ("author", "email", "url", "license", "version")
    }
    assert meta["sources"] == FACTS["sources"]
    assert meta["performance"]["dep_las"] == RUNS[0]["scores"]["test"]["raw"]["dep_las"]
    assert meta["performance"]["ents_f"] == RUNS[2]["scores"]["test"]["raw"]["ents_f"]
    assert "those of test, from raw text" in meta["notes"]


def test_weights_and_their_text_are_sources(job, described):
    job.model.mkdir(parents=True)
    facts = {"name": "it_elmo_sm", "version": "0.1", "license": "MIT", "training_data": [{"name": "Novels"}, "Laws"]}
    srsly.write_json(job.model / "meta.json", facts)
    meta = described(facts={"sources": FACTS["sources"]})
    assert [source["name"] for source in meta["sources"]] == ["UD Italian", "it_elmo_sm 0.1", "Novels", "Laws"]
    assert meta["license"] == "MIT"


def test_what_nobody_named_is_named_by_its_file(described):
    meta = described(facts={})
    assert meta["sources"][0]["name"] == "it_isdt-ud-train.conllu"
    assert (meta["version"], meta["license"], meta["author"]) == ("0.0.0", "", "")


@pytest.mark.parametrize(
    ("pipes", "name"),
    [(["tagger", "ner"], "core_elmo_sm"), (["tagger"], "dep_elmo_sm"), (["ner"], "ner_elmo_sm")],
)
def test_the_name_is_by_the_convention_of_spacy(described, pipes, name):
    nlp = spacy.blank("it")
    for pipe in pipes:
        nlp.add_pipe(pipe)
    assert described(nlp)["name"] == name


def test_a_name_that_is_no_name_of_a_module_becomes_one(described):
    assert described(name="my model-1.0")["name"] == "dep_my_model_1_0"


def test_tokenizers_that_need_more_say_so():
    nlp = spacy.blank("xx")
    nlp.config["nlp"]["tokenizer"] = {"@tokenizers": "spacy.ja.JapaneseTokenizer"}
    assert description.find_requirements(nlp) == ["spacy[ja]"]
    nlp.config["nlp"]["tokenizer"] = {"@tokenizers": "spacy.zh.ChineseTokenizer", "segmenter": "jieba"}
    assert description.find_requirements(nlp) == ["jieba"]
    nlp.config["nlp"]["tokenizer"] = {"@tokenizers": "spacy.Tokenizer.v1"}
    assert description.find_requirements(nlp) == []


@pytest.fixture
def tried(job, monkeypatch):
    """Play all that takes long: processes, the wheel of this package, the new environment. Return what was tried."""
    job.keep(make_settings(facts=FACTS))
    write_results(job, RUNS)
    write_dev(job, make_docs())
    found = []

    @contextmanager
    def installed(wheel, *, links, lent):
        found.append((wheel, links, lent))
        yield "environment"

    monkeypatch.setattr(package, "assemble", lambda job: spacy.blank("it"))
    monkeypatch.setattr(build, "run", package_here)
    monkeypatch.setattr(package, "digest_this_package", lambda: "digest")
    monkeypatch.setattr(package, "build_this_package", lambda folder: write_wheel(folder, "spacy_elmo", "0.1"))
    monkeypatch.setattr(
        package, "package_model", lambda model, folder, notify: write_wheel(folder, "it_elmo_sm", "0.1")
    )
    monkeypatch.setattr(package, "find_closure", lambda wheels: [])
    monkeypatch.setattr(package, "installed", installed)
    monkeypatch.setattr(package, "try_pipeline", lambda environment, wheel, model, texts: found.append(texts))
    return found


def test_wheels_are_made_and_tried_on_sentences_of_dev(job, call, tried):
    code, printed = call(package, "--lang", "it")
    assert code == 0, printed
    assert sorted(path.name for path in job.packages.glob("*.whl")) == [
        "it_dep_elmo_sm-1.2.3-py3-none-any.whl",
        *("it_elmo_sm-0.1-py3-none-any.whl", "spacy_elmo-0.1-py3-none-any.whl"),
    ]
    assert tried[1] == ["Il gatto nero mangia il topo . ", "Lei parla del re . "]


def test_the_wheel_names_license_and_sources(job, call, tried):
    call(package, "--lang", "it")
    (wheel,) = job.packages.glob("it_dep_*.whl")
    with ZipFile(wheel) as archive:
        readme, license_text, sources = (archive.read(n).decode() for n in ("README.md", "LICENSE", "LICENSES_SOURCES"))
    assert srsly.yaml_loads(readme.split("---\n")[1])["license"] == "cc-by-sa-4.0"
    assert "| **Sources** | UD Italian (B. Author) |" in readme
    assert "\n- UD Italian: CC BY 4.0\n" in readme
    assert "`DEP_LAS`" in readme
    assert "License: CC BY-SA 4.0" in license_text
    assert sources == "UD Italian\nauthor: B. Author\nlicense: CC BY 4.0\n"
    assert any(requirement.startswith("spacy") for requirement in read_wheel(wheel).requires)


def test_what_is_there_is_not_made_again(job, call, tried, monkeypatch):
    call(package, "--lang", "it")
    monkeypatch.setattr(build, "run", lambda *_, **__: pytest.fail("made again"))
    code, printed = call(package, "--lang", "it")
    assert code == 0
    assert "made and tried before" in printed
    assert len(tried) == 2


def test_another_pipeline_takes_the_place_of_the_one_before(job, call, tried):
    call(package, "--lang", "it")
    job.keep(make_settings(facts={**FACTS, "version": "1.2.4"}))
    call(package, "--lang", "it")
    assert [path.name for path in job.packages.glob("it_dep_*.whl")] == ["it_dep_elmo_sm-1.2.4-py3-none-any.whl"]


def test_a_trial_that_fails_is_repeated(job, call, tried, monkeypatch):
    monkeypatch.setattr(package, "try_pipeline", lambda *_: (_ for _ in ()).throw(package.StepError("otherwise")))
    assert call(package, "--lang", "it")[0] == 1
    monkeypatch.setattr(package, "try_pipeline", lambda *_: tried.append("again"))
    assert call(package, "--lang", "it")[0] == 0
    assert tried[-1] == "again"


def test_no_sentences_to_try(job, call, tried):
    (job.treebank / "dev.spacy").unlink()
    code, printed = call(package, "--lang", "it")
    assert code == 1
    assert "run the step `treebank` again" in printed
    assert not job.packages.exists()
