"""project.yml: that it fits the scripts and the files of the model."""

import srsly

from project.en_elmo_sm.scripts import raw_text
from spacy_elmo.pretraining.config import read_config
from spacy_elmo.pretraining.pretrain import make_settings


def test_model_has_a_config_facts_and_a_license(source, tmp_path):
    model = source / srsly.read_yaml(source / "project.yml")["vars"]["model"]
    (tmp_path / "my_novels.txt").write_text("Once upon a time.")
    for config, given in (("config.cfg", {}), ("continue.cfg", {"paths.init": "en_elmo_sm"})):
        assert make_settings(read_config(model / config, {"paths.train": str(tmp_path), **given}))
    meta, license = srsly.read_json(model / "meta.json"), (model / "LICENSE").read_text(encoding="utf8")
    for text in meta["training_data"]:
        assert text["name"] in license


def test_assets_are_the_sources_of_text(source):
    named = {asset["dest"] for asset in srsly.read_yaml(source / "project.yml")["assets"]}
    parts = [(name, part.archive) for name, sources in raw_text.SETS.items() for part in sources.values()]
    assert {f"assets/{name}/{archive}" for name, archive in parts} == named
