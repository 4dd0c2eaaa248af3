"""Configs to train pipelines with."""

from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.cli.train import train
from spacy.kb import InMemoryLookupKB
from spacy.tokens import Doc, DocBin, Span
from thinc.api import Config

from spacy_elmo.formats import WeightsError
from spacy_elmo.pipeline.recipes import COMPONENTS, RECIPES, make_config

SHORT = {"training.max_steps": 2, "training.eval_frequency": 1}
TEXT = "Anna met Bob in Paris ."


def make(pipeline: str, pretrained: Path | str = "en_elmo_sm", **settings: Any) -> Config:
    """Return a config for components, with spaces between their names."""
    return make_config(**{"lang": "en", "pipeline": pipeline.split(), "pretrained": str(pretrained), **settings})


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


def train_with(config: Config, corpus: Path) -> spacy.Language:
    config.to_disk(corpus.with_name("c.cfg"))
    paths = {"paths.train": str(corpus), "paths.dev": str(corpus)}
    train(corpus.with_name("c.cfg"), corpus.with_name("out"), overrides={**paths, **SHORT})
    return spacy.load(corpus.with_name("out") / "model-last")


@pytest.mark.parametrize("recipe", RECIPES)
def test_all_components_but_the_linker_train_on_one_elmo_pipe(recipe: str, tiny_model: Path, corpus: Path):
    # A pipeline has one senter or parser, and one span categorizer for a key of spans
    names = [name for name in COMPONENTS if name not in ("senter", "spancat_singlelabel", "entity_linker")]
    nlp = train_with(make(" ".join(names), tiny_model, recipe=recipe), corpus)
    assert nlp.pipe_names == ["elmo", *names, "doc_cleaner"]
    assert list(nlp.get_pipe("elmo").listener_map) == names
    assert nlp(TEXT).has_annotation("TAG")


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_senter_and_a_linker_train(recipe: str, tiny_model: Path, corpus: Path):
    """The linker has weights of its own, at the width that they have."""
    config = make("senter spancat_singlelabel entity_linker", tiny_model, recipe=recipe)
    config["initialize"]["components"]["entity_linker"] = {
        "kb_loader": {"@misc": "spacy.KBFromFile.v1", "kb_path": str(corpus.with_name("kb"))}
    }
    nlp = train_with(config, corpus)
    assert nlp.pipe_names == ["elmo", "senter", "spancat_singlelabel", "entity_linker"]
    assert "inline_elmo" in [node.name for node in nlp.get_pipe("entity_linker").model.walk()]


def test_it_is_complete_but_for_the_data(tiny_model: Path):
    config = make("tagger parser ner", tiny_model, lang="xx")
    assert config["nlp"]["lang"] == "xx"
    assert config["nlp"]["pipeline"] == ["elmo", "tagger", "parser", "ner", "doc_cleaner"]
    assert {name for name, path in config["paths"].items() if path is None} >= {"train", "dev"}
    assert config["paths"]["elmo"] == str(tiny_model)
    assert config["initialize"]["components"]["elmo"]["pretrained"] == "${paths.elmo}"
    assert config["training"]["optimizer"]["L2"] == 0.0
    assert config["training"]["optimizer"]["use_averages"]
    weights = config["training"]["score_weights"].values()
    assert sum(weight for weight in weights if weight) == pytest.approx(1.0, abs=0.02)  # spaCy rounds each
    nlp = spacy.util.load_model_from_config(config)
    assert nlp.config.to_str() == config.to_str()


@pytest.mark.parametrize(("recipe", "has_output"), [("listener", False), ("paper", True)])
def test_the_papers_recipe_has_elmo_behind_the_encoder_as_well(recipe: str, has_output: bool):
    tok2vec = make("tagger", recipe=recipe)["components"]["tagger"]["model"]["tok2vec"]
    assert tok2vec["@architectures"] == "spacy-elmo.ElmoTok2Vec.v1"
    assert tok2vec["input"]
    assert tok2vec["output"] == (tok2vec["input"] if has_output else None)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_baseline_differs_in_elmo_alone(recipe: str):
    config, baseline = (make("tagger textcat", recipe=recipe, baseline=baseline) for baseline in (False, True))
    config["nlp"]["pipeline"] = ["tagger", "textcat"]
    del config["components"]["elmo"], config["components"]["doc_cleaner"]
    del config["paths"]["elmo"], config["initialize"]["components"]["elmo"]
    for name in ("tagger", "textcat"):
        config["components"][name]["model"]["tok2vec"] |= {"input": None, "output": None}
    assert config == baseline


def test_a_baseline_trains_without_elmo(corpus: Path):
    assert train_with(make("tagger", baseline=True), corpus)(TEXT).has_annotation("TAG")


def test_the_listener_recipe_has_a_thinner_encoder():
    depths = {}
    for recipe in RECIPES:
        tagger = make("tagger", recipe=recipe)["components"]["tagger"]
        depths[recipe] = tagger["model"]["tok2vec"]["encode"]["depth"]
    assert depths["listener"] < depths["paper"]


def test_vectors_are_dropped_unless_kept(tiny_model: Path, corpus: Path):
    doc = train_with(make("tagger", tiny_model), corpus)(TEXT)
    assert doc._.elmo is None
    assert doc._.elmo_data is None
    kept = make("tagger", tiny_model, keep_vectors=True)
    assert train_with(kept, corpus)(TEXT)._.elmo.shape == (6, 8)


@pytest.mark.parametrize(
    ("pipeline", "recipe", "message"),
    [
        ("tagger tok2vec elmo", "paper", "unknown component 'tok2vec', 'elmo': choose from tagger, "),
        ("", "paper", "no component: choose from tagger, "),
        ("ner ner", "paper", "a component is named twice in ner, ner: name each once"),
        ("tagger", "papers", "unknown recipe 'papers': choose from listener, paper$"),
    ],
)
def test_a_choice_that_there_is_not_is_refused_with_those_there_are(pipeline: str, recipe: str, message: str):
    with pytest.raises(ValueError, match=f"^{message}"):
        make(pipeline, recipe=recipe)


def test_weights_that_are_not_there_are_refused():
    with pytest.raises(WeightsError, match="en_elmo_xl"):
        make("tagger", "en_elmo_xl")


def test_a_linker_has_weights_of_its_own_at_their_width(tiny_model: Path):
    """It reads sentences apart from their Docs, where a listener finds no vectors."""
    features = make("entity_linker", tiny_model)["components"]["entity_linker"]["model"]["tok2vec"]["input"]
    assert features["@architectures"] == "spacy-elmo.InlineElmo.v1"
    assert (features["pretrained"], features["width"]) == ("${paths.elmo}", 8)


def test_docs_keep_their_data_for_the_scorer_of_a_linker(tiny_model: Path):
    config = make("tagger entity_linker", tiny_model)
    assert config["nlp"]["pipeline"] == ["sentencizer", "elmo", "tagger", "entity_linker"]


def test_tokenizer_in_place_of_that_of_the_language(tiny_model):
    """That of Korean needs MeCab, which is not asked for where it is not used."""
    tokenizer = {"@tokenizers": "spacy.Tokenizer.v1"}
    config = make_config(lang="ko", pipeline=["tagger"], pretrained=str(tiny_model), baseline=True, tokenizer=tokenizer)
    assert config["nlp"]["tokenizer"] == tokenizer
