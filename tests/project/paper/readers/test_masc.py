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
        (["A", 1], {}, "tokens: must be words"),
        ([], {}, "tokens: must be words"),
        (["A"], {}, "i = 1: there are 1 words"),
        (["A", "b"], {"i": True}, "i = True"),
        (["A", "b"], {"i": "1"}, "i = '1'"),
        (["A", "b"], {"lemma": ""}, "must be text"),
        (["A", "b"], {"wordnet": [1]}, "must be text"),
        (["A", "b"], {"wordnet": 1}, "not a tagged word"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, tokens: list, changes: dict, problem: str):
    srsly.write_jsonl(tmp_path / "a.jsonl", [{"tokens": tokens, "instances": [{**TAG, **changes}]}])
    with pytest.raises(CorpusError, match=f"a.jsonl:1: .*{problem}"):
        list(read_senses(tmp_path / "a.jsonl"))


def test_a_tag_without_a_sense_is_named(tmp_path: Path):
    srsly.write_jsonl(tmp_path / "a.jsonl", [{"tokens": ["a"], "instances": [{"i": 0}]}])
    with pytest.raises(CorpusError, match="a.jsonl:1: not a tagged word"):
        list(read_senses(tmp_path / "a.jsonl"))
