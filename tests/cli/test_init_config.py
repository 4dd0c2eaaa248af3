from pathlib import Path

import pytest
import spacy
from spacy.cli.train import train
from spacy.kb import InMemoryLookupKB
from spacy.tokens import Doc, DocBin, Span
from thinc.api import Config
from typer.testing import CliRunner, Result

from spacy_elmo.cli import app
from spacy_elmo.pipeline.recipes import COMPONENTS, RECIPES, WITH_OUTPUT

SHORT = {"training.max_steps": 2, "training.eval_frequency": 1}
TEXT = "Anna met Bob in Paris ."


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["init-config", *map(str, arguments)])


def make(path: Path, *arguments: object) -> Config:
    result = run(path, *arguments)
    assert result.exit_code == 0, result.output
    return Config().from_disk(path, interpolate=False)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Sentences with every kind of annotation that a component learns from, and a knowledge base beside them."""
    nlp = spacy.blank("en")
    docs = DocBin()
    for i in range(16):  # the parser forgets labels seen less than 30 times
        heads, words = [1, 1, 1, 4, 1, 1], [*TEXT.split(), "Carl", "saw", "Dora", "in", "Rome", "."]
        doc = Doc(
            nlp.vocab,
            words=words,
            tags=["NNP", "VBD", "NNP", "IN", "NNP", "."] * 2,
            pos=["PROPN", "VERB", "PROPN", "ADP", "PROPN", "PUNCT"] * 2,
            morphs=["Number=Sing", "Tense=Past", "Number=Sing", "", "Number=Sing", ""] * 2,
            lemmas=["Anna", "meet", "Bob", "in", "Paris", ".", "Carl", "see", "Dora", "in", "Rome", "."],
            heads=heads + [head + 6 for head in heads],
            deps=["nsubj", "ROOT", "obj", "case", "obl", "punct"] * 2,
            sent_starts=[True, *[False] * 5] * 2,
        )
        doc.ents = [Span(doc, 4, 5, label="GPE", kb_id="Q90"), Span(doc, 10, 11, label="GPE", kb_id="Q220")]
        doc.spans["sc"] = list(doc.ents)
        doc.cats = {"a": i % 2, "b": 1 - i % 2}
        docs.add(doc)
    docs.to_disk(tmp_path / "corpus.spacy")
    base = InMemoryLookupKB(nlp.vocab, entity_vector_length=4)
    for name, alias in (("Q90", "Paris"), ("Q220", "Rome")):
        base.add_entity(name, freq=1, entity_vector=[0.1, 0.2, 0.3, 0.4])
        base.add_alias(alias, [name], [1.0])
    base.to_disk(tmp_path / "kb")
    return tmp_path / "corpus.spacy"


def train_with(config: Path, corpus: Path, **more: object) -> spacy.Language:
    paths = {"paths.train": str(corpus), "paths.dev": str(corpus)}
    train(config, config.parent / "out", overrides={**paths, **SHORT, **more})
    return spacy.load(config.parent / "out" / "model-last")


@pytest.mark.parametrize("recipe", RECIPES)
def test_all_components_but_the_linker_train_on_one_elmo_pipe(
    recipe: str, tiny_model: Path, corpus: Path, tmp_path: Path
):
    # A pipeline has one senter or parser, and one span categorizer for a key of spans
    names = [name for name in COMPONENTS if name not in ("senter", "spancat_singlelabel", "entity_linker")]
    make(tmp_path / "c.cfg", "--pipeline", ", ".join(names), "--pretrained", tiny_model, "--recipe", recipe)
    nlp = train_with(tmp_path / "c.cfg", corpus)
    assert nlp.pipe_names == ["elmo", *names, "doc_cleaner"]
    assert list(nlp.get_pipe("elmo").listener_map) == names
    assert nlp(TEXT).has_annotation("TAG")


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_senter_and_a_linker_train(recipe: str, tiny_model: Path, corpus: Path, tmp_path: Path):
    """The linker has weights of its own, at the width that they have."""
    settings = ("--pretrained", tiny_model, "--recipe", recipe)
    config = make(tmp_path / "c.cfg", "-p", "senter,spancat_singlelabel,entity_linker", *settings)
    config["initialize"]["components"]["entity_linker"] = {
        "kb_loader": {"@misc": "spacy.KBFromFile.v1", "kb_path": str(corpus.with_name("kb"))}
    }
    config.to_disk(tmp_path / "c.cfg")
    nlp = train_with(tmp_path / "c.cfg", corpus)
    assert nlp.pipe_names == ["elmo", "senter", "spancat_singlelabel", "entity_linker"]
    assert "inline_elmo" in [node.name for node in nlp.get_pipe("entity_linker").model.walk()]


def test_it_is_complete_but_for_the_data(tiny_model: Path, tmp_path: Path):
    config = make(tmp_path / "c.cfg", "--pretrained", tiny_model, "--lang", "de")
    assert config["nlp"]["lang"] == "de"
    assert config["nlp"]["pipeline"] == ["elmo", "tagger", "parser", "ner", "doc_cleaner"]
    assert {name for name, path in config["paths"].items() if path is None} >= {"train", "dev"}
    assert config["paths"]["elmo"] == str(tiny_model)
    assert config["initialize"]["components"]["elmo"]["pretrained"] == "${paths.elmo}"
    assert config["training"]["optimizer"]["L2"] == 0.0
    weights = config["training"]["score_weights"].values()
    assert sum(weight for weight in weights if weight) == pytest.approx(1.0, abs=0.02)  # spaCy rounds each
    nlp = spacy.util.load_model_from_config(config)
    assert nlp.config.to_str() == config.to_str()


def test_the_papers_recipe_has_elmo_at_the_input_and_at_the_output_where_it_helps(tmp_path: Path):
    config = make(tmp_path / "c.cfg", "-p", "tagger,textcat", "--recipe", "paper")
    tagger, textcat = (config["components"][name]["model"]["tok2vec"] for name in ("tagger", "textcat"))
    assert "textcat" in WITH_OUTPUT
    assert tagger["@architectures"] == "spacy-elmo.ElmoTok2Vec.v1"
    assert tagger["output"] is None
    assert tagger["input"] == textcat["input"] == textcat["output"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_baseline_differs_in_elmo_alone(recipe: str, tmp_path: Path):
    settings = ("-p", "tagger,textcat", "--recipe", recipe)
    config, baseline = make(tmp_path / "c.cfg", *settings), make(tmp_path / "b.cfg", *settings, "--baseline")
    config["nlp"]["pipeline"] = ["tagger", "textcat"]
    del config["components"]["elmo"], config["components"]["doc_cleaner"]
    del config["paths"]["elmo"], config["initialize"]["components"]["elmo"]
    for name in ("tagger", "textcat"):
        config["components"][name]["model"]["tok2vec"] |= {"input": None, "output": None}
    assert config == baseline


def test_a_baseline_trains_without_elmo(corpus: Path, tmp_path: Path):
    make(tmp_path / "b.cfg", "-p", "tagger", "--baseline")
    assert train_with(tmp_path / "b.cfg", corpus)(TEXT).has_annotation("TAG")


def test_the_listener_recipe_has_a_thinner_encoder(tmp_path: Path):
    depths = {}
    for recipe in RECIPES:
        tagger = make(tmp_path / f"{recipe}.cfg", "-p", "tagger", "--recipe", recipe)["components"]["tagger"]
        depths[recipe] = tagger["model"]["tok2vec"]["encode"]["depth"]
    assert depths["listener"] < depths["paper"]


def test_vectors_are_dropped_unless_kept(tiny_model: Path, corpus: Path, tmp_path: Path):
    settings = ("-p", "tagger", "--pretrained", tiny_model)
    make(tmp_path / "dropped.cfg", *settings)
    doc = train_with(tmp_path / "dropped.cfg", corpus)(TEXT)
    assert doc._.elmo is None
    assert doc._.elmo_data is None
    make(tmp_path / "kept.cfg", *settings, "--keep-vectors")
    assert train_with(tmp_path / "kept.cfg", corpus)(TEXT)._.elmo.shape == (6, 8)


def test_a_dash_prints_the_config_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = run("-", "-p", "ner")
    assert Config().from_str(result.output, interpolate=False)["nlp"]["pipeline"] == ["elmo", "ner", "doc_cleaner"]
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_kept_once_and_replaced_by_force(tmp_path: Path):
    path, kept = tmp_path / "c.cfg", tmp_path / "c.cfg.bak"
    path.write_text("mine", encoding="utf8")
    make(path, "-p", "tagger")
    assert kept.read_text(encoding="utf8") == "mine"
    written = path.read_bytes()
    result = run(path, "-p", "ner")
    assert result.exit_code == 1
    assert "--force" in result.output
    assert path.read_bytes() == written
    make(path, "-p", "ner", "--force")
    assert kept.read_bytes() == written


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--pipeline", "tagger,tok2vec"], ["'tok2vec'", "trainable_lemmatizer"]),
        (["--pipeline", ","], ["no component", "trainable_lemmatizer"]),
        (["--pipeline", "ner,ner"], ["twice", "ner"]),
        (["--recipe", "papers"], ["'papers'", "listener, paper"]),
        (["--pretrained", "en_elmo_xl"], ["en_elmo_xl"]),
        (["--lang", "qq"], ["qq"]),
    ],
)
def test_a_mistake_is_one_message_and_no_file(arguments: list[str], expected: list[str], tmp_path: Path):
    result = run(tmp_path / "c.cfg", *arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert all(part in " ".join(result.output.split()) for part in expected)
    assert list(tmp_path.iterdir()) == []
