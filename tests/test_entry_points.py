from importlib.metadata import EntryPoint, distribution

import pytest
import spacy
from spacy import registry

POINTS = list(distribution("spacy-elmo").entry_points)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.group}:{point.name}")
def test_every_entry_point_resolves(point: EntryPoint):
    assert point.load() is not None


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("architectures", "spacy-elmo.BiLM.v1"),
        ("misc", "spacy-elmo.sentences.v1"),
        ("misc", "spacy-elmo.windows.v1"),
        ("misc", "spacy-elmo.docs.v1"),
        ("misc", "spacy-elmo.CharacterBiLM.v1"),
        ("misc", "spacy-elmo.WordBiLM.v1"),
        ("misc", "spacy-elmo.FullSoftmax.v1"),
        ("misc", "spacy-elmo.SampledSoftmax.v1"),
        ("misc", "spacy-elmo.AdaptiveSoftmax.v1"),
        ("readers", "spacy-elmo.Text.v1"),
        ("loggers", "spacy-elmo.PretrainLogger.v1"),
        ("optimizers", "spacy-elmo.Adam.v1"),
        ("optimizers", "spacy-elmo.AdamW.v1"),
        ("optimizers", "spacy-elmo.Adagrad.v1"),
        ("schedules", "spacy-elmo.constant.v1"),
        ("schedules", "spacy-elmo.linear.v1"),
        ("schedules", "spacy-elmo.cosine.v1"),
        ("schedules", "spacy-elmo.inverse_sqrt.v1"),
        ("cli", "elmo"),
    ],
)
def test_spacy_finds_the_name(kind: str, name: str):
    assert callable(getattr(registry, kind).get(name))


def test_spacy_finds_the_factory():
    assert spacy.blank("en").has_factory("elmo")


def test_every_group_is_one_that_somebody_reads():
    groups = {getattr(registry, kind).entry_point_namespace for kind in registry.get_registry_names()}
    assert {point.group for point in POINTS} <= groups | {"spacy_factories", "spacy_elmo_models"}
