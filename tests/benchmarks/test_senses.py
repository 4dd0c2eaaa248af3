from pathlib import Path

import pytest
import spacy

from benchmarks.senses import __main__ as senses
from spacy_elmo.search.examples import EXAMPLES
from spacy_elmo.senses import find_use, group_by_sense, read_labeled

USES = read_labeled(senses.NEUTRAL)


def test_there_are_twenty_words_with_ten_uses_of_two_senses():
    groups = group_by_sense(USES, "neutral.tsv")
    assert len(groups) == 20
    assert {len(group) for group in groups.values()} == {2}
    assert {len(uses) for group in groups.values() for uses in group.values()} == {10}
    assert not set(groups) & set(EXAMPLES)


def test_each_sentence_is_new_and_has_its_word_once():
    nlp = spacy.blank("en")
    assert len({use.sentence for use in USES}) == 400
    for use in USES:
        doc = nlp(use.sentence)
        assert [token.lower_ for token in doc].count(find_use(doc, use).text) == 1, use.place


def test_each_way_has_a_row(
    tiny_model: Path, text_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    names = ["layer 0", "2 forward", "1 around 3", "2 expected", "average 1-2, context"]
    monkeypatch.setattr(senses, "FEATURES", {name: senses.FEATURES[name] for name in names})
    monkeypatch.setattr(senses, "TREATMENTS", ("plain", "mean", "1 component"))
    monkeypatch.setattr("sys.argv", ["senses", "--model", str(tiny_model), "--text", str(text_file)])
    senses.main()
    rows = [line for line in capsys.readouterr().out.splitlines() if line.count("%") == 2]
    assert len(rows) == 5 * 3 * 3
    assert all("50.0%" in row for row in rows if row.startswith("layer 0") and "sense" in row)
