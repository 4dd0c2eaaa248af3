from pathlib import Path

import pytest
import spacy

from spacy_elmo.embedding.settings import Layers, Settings, learned_layers, parse_layers
from spacy_elmo.pipeline.mixes import find_mixes
from tests.support.pipelines import listener, make_examples


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("all", Layers(all=True)),
        ("top", Layers("top")),
        ("2", Layers(2)),
        ("0.25, 0.75", Layers([0.25, 0.75])),
    ],
)
def test_layers_are_a_word(text: str, layers: Layers):
    assert parse_layers(text) == layers


@pytest.mark.parametrize("text", ["", "best", "0.5,0.6", "a,b", "-1", "nan,nan"])
def test_other_words_are_refused(text: str):
    with pytest.raises(ValueError, match="layers = "):
        parse_layers(text)


def test_settings_survive_json():
    settings = Settings("m", "d", "en", "npy", Layers([0.5, 0.5]), unit="sentences", pooling="sif")
    assert Settings.from_dict(settings.to_dict()) == settings


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"unit": "letters"}, "unit = 'letters'"),
        ({"dtype": "int8"}, "dtype = 'int8'"),
        ({"format": "csv"}, "format = 'csv'"),
        ({"pooling": "sif"}, "for sentences and documents"),
    ],
)
def test_settings_are_checked(changes: dict, problem: str):
    with pytest.raises(ValueError, match=problem):
        Settings(**{"model": "m", "digest": "d", "lang": "en", "format": "npy", **changes})


def test_a_trained_component_lends_its_mix(tmp_path: Path, tiny_model: Path):
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": listener()}})
    nlp.initialize(lambda: make_examples(nlp))
    node = next(node for node in nlp.get_pipe("tagger").model.walk() if node.name == "scalar_mix")
    node.set_param("w", node.ops.asarray1f([0.1, 0.9, -0.4]))
    nlp.to_disk(tmp_path / "pipeline")
    (mix,) = find_mixes(nlp)
    layers, place = learned_layers(str(tmp_path / "pipeline"), "tagger")
    assert place == tmp_path / "pipeline"
    assert layers.mix == pytest.approx(mix["weights"])
    assert layers.gamma == mix["gamma"]
    with pytest.raises(ValueError, match="no component 'ner' to take the mix of; those that mix layers are tagger"):
        learned_layers(str(tmp_path / "pipeline"), "ner")
