import pytest
import spacy

from spacy_elmo.formats import model_directory
from spacy_elmo.formats.softmax import lossless_head_dtype
from spacy_elmo.models import describe_model, en_elmo_sm
from spacy_elmo.models.load import load_model


def test_the_model_says_what_it_is():
    facts = describe_model("en_elmo_sm")
    assert (facts["name"], facts["lang"], facts["license"]) == ("en_elmo_sm", "en", "CC BY-SA 4.0")
    assert facts["version"]
    assert facts["description"]
    assert set(facts["perplexity"]) == {"forward", "backward", "mean"}
    assert len(facts["perplexity_by_source"]) == len(facts["training_data"])
    assert facts["words"] >= 120_000_000


def test_every_source_of_the_training_text_is_credited_in_the_licence():
    meta = model_directory.read(en_elmo_sm()).meta
    assert "https://creativecommons.org/licenses/by-sa/4.0/legalcode" in meta["license_text"]
    for source in meta["training_data"]:
        for key in ("name", "license"):
            assert source[key] in meta["license_text"]
        assert source.get("author", "") in meta["license_text"]


def test_the_files_are_small_enough_for_the_package():
    facts = describe_model("en_elmo_sm")
    assert facts["bytes"] < 11e6  # the wheel must stay below 12 MB
    assert facts["dtype"] == "float16"
    assert facts["vocabulary"] == 30_000
    assert lossless_head_dtype(load_model("en_elmo_sm").head) == "int8"


def test_its_softmax_is_read_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(model_directory, "_read_head", None)
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo")
    assert nlp("Vectors need none.")[0]._.elmo.any()
    assert load_model("en_elmo_sm", with_head=False).head is None


def test_it_computes_in_full_precision():
    model = load_model("en_elmo_sm").model
    assert {str(parameter.dtype) for parameter in model.parameters()} == {"torch.float32"}
