from pathlib import Path

import numpy as np
import pytest
import spacy

from benchmarks.static.similarity import Triple, make_triples, nearer

NOUNS = """  1 This is the licence.
00000001 03 n 01 water_body 0 000 | where water is
00000002 03 n 02 river 0 stream 0 001 @ 00000001 n 0000 | flowing
00000003 03 n 01 lake 0 001 @ 00000001 n 0000 | still
00000004 03 n 01 money 0 000 | what is paid with
00000005 03 n 01 stream 0 001 @ 00000004 n 0000 | of payments
00000006 03 n 01 run 0 001 @ 00000001 n 0000 | small
"""
INDEX = """  1 This is the licence.
river n 1 1 @ 1 0 00000002
stream n 2 1 @ 2 0 00000005 00000002
lake n 1 1 @ 1 0 00000003
money n 1 0 1 0 00000004
run n 1 1 @ 1 0 00000006
"""


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    for name, text in {"data.noun": NOUNS, "index.noun": INDEX, "index.verb": "run v 1 0 1 0 00000007\n"}.items():
        (tmp_path / name).write_text(text, encoding="utf8")
    for kind in ("adj", "adv"):
        (tmp_path / f"index.{kind}").touch()
    return tmp_path


def test_near_nouns_are_of_one_kind_and_far_ones_of_none_in_any_sense(wordnet: Path):
    text = wordnet / "text.txt"
    text.write_text("river stream lake money run the zyzzyva " * 5 + "lakes", encoding="utf8")
    found = {triple.noun: triple for triple in make_triples(wordnet, text)}
    assert found["river"] == Triple("river", "lake", "money")
    assert found["lake"] == Triple("lake", "river", "money")
    assert (set(found), found["money"].near) == ({"river", "lake", "money"}, "stream")
    assert make_triples(wordnet, text) == list(found.values())


def test_rare_words_are_not_asked_about(wordnet: Path):
    text = wordnet / "text.txt"
    text.write_text("river lake money " * 4, encoding="utf8")
    assert make_triples(wordnet, text) == []


def test_the_share_of_triples_whose_near_word_is_nearer(tmp_path: Path):
    nlp = spacy.blank("en")
    for word, vector in {"river": [1, 0], "lake": [1, 0.1], "money": [0, 1]}.items():
        nlp.vocab.set_vector(word, np.array(vector, dtype="float32"))
    nlp.to_disk(tmp_path / "vectors")
    right, wrong, tie = (
        Triple("river", "lake", "money"),
        Triple("river", "money", "lake"),
        Triple("lake", "river", "river"),
    )
    assert [nearer(tmp_path / "vectors", [triple]) for triple in (right, wrong, tie)] == [1, 0, 0.5]
