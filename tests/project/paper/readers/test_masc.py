"""Sentences with tagged words."""

from pathlib import Path

import pytest
import srsly

from project.paper.readers.masc import SenseTag, read_senses
from project.shared.assets import CorpusError

TAG = {"i": 1, "lemma": "bank", "pos": "NOUN", "sense": "m.001", "wordnet": ["bank%1:17:01::"]}


def test_tags_are_beside_the_words(tmp_path: Path):
    records = [{"tokens": ["A", "bank"], "instances": [TAG]}, {"tokens": ["No"], "instances": []}]
    srsly.write_jsonl(tmp_path / "a.jsonl", records)
    one, two = read_senses(tmp_path / "a.jsonl")
    assert one == (["A", "bank"], [SenseTag(1, "bank", "NOUN", "m.001", ("bank%1:17:01::",))])
    assert two.tags == []


@pytest.mark.parametrize(
    ("tokens", "changes", "problem"),
    [
        (["A", 1], {}, "tokens.1: .*valid string"),
        ([], {}, "tokens: .*at least 1 item"),
        (["A"], {}, "instances: i: 1 is no word of 1, from 0 on"),
        (["A", "b"], {"i": True}, "instances.0.i: .*valid integer"),
        (["A", "b"], {"i": "1"}, "instances.0.i: .*valid integer"),
        (["A", "b"], {"lemma": ""}, "instances.0.lemma"),
        (["A", "b"], {"wordnet": [1]}, "instances.0.wordnet.0"),
        (["A", "b"], {"wordnet": 1}, "instances.0.wordnet"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, tokens: list, changes: dict, problem: str):
    srsly.write_jsonl(tmp_path / "a.jsonl", [{"tokens": tokens, "instances": [{**TAG, **changes}]}])
    with pytest.raises(CorpusError, match=f"a.jsonl:1: .*{problem}"):
        list(read_senses(tmp_path / "a.jsonl"))


def test_a_tag_without_a_sense_is_named(tmp_path: Path):
    srsly.write_jsonl(tmp_path / "a.jsonl", [{"tokens": ["a"], "instances": [{"i": 0}]}])
    with pytest.raises(CorpusError, match="a.jsonl:1: instances.0.lemma: Field required"):
        list(read_senses(tmp_path / "a.jsonl"))
