"""Multiword tokens that become one token."""

import pytest
import spacy

from project.shared.corpora import MULTIWORD
from tests.support.annotated import entities, fails, read

FRENCH = """\
# text = Fin du match aux Pays.
1\tFin\tfin\tNOUN\tN\tNumber=Sing\t0\troot\t_\t_
2-3\tdu\t_\t_\t_\t_\t_\t_\t_\t_
2\tde\tde\tADP\tP\t_\t4\tcase\t_\t_
3\tle\tle\tDET\tD\tDefinite=Def|Number=Sing\t4\tdet\t_\t_
4\tmatch\tmatch\tNOUN\tN\t_\t1\tnmod\t_\t_
5-6\taux\t_\t_\t_\t_\t_\t_\t_\t_
5\tà\tà\tADP\tP\tNumber=Plur\t7\tcase\t_\t_
6\tles\tle\tDET\tD\tDefinite=Def|Number=Sing,Plur\t7\tdet\t_\tNE=B-LOC
7\tPays\tpays\tPROPN\tN\t_\t4\tnmod\t_\tSpaceAfter=No|NE=I-LOC
8\t.\t.\tPUNCT\t.\t_\t1\tpunct\t_\t_
"""


def spaces_split(text):
    return text.split()


@pytest.fixture
def french(tmp_path):
    return read(tmp_path, FRENCH, split=spaces_split)[0]


def test_one_token_each(french):
    assert french.text == "Fin du match aux Pays. "
    assert [token.text for token in french] == ["Fin", "du", "match", "aux", "Pays", "."]


def test_they_are_spans(french):
    assert [span.text for span in french.spans[MULTIWORD]] == ["du", "aux"]


def test_part_of_speech_head_and_relation_are_of_the_first_of_words_that_hang_alike(french):
    du = french[1]
    assert (du.pos_, du.dep_, du.head.text) == ("ADP", "case", "match")


def test_tags_lemmas_and_features_are_of_all_words(french):
    du, aux = french[1], french[3]
    assert (du.tag_, du.lemma_, str(du.morph)) == ("P_D", "de le", "Definite=Def|Number=Sing")
    assert str(aux.morph) == "Definite=Def|Number=Plur,Sing"


def test_heads_that_lie_behind_move(french):
    assert [token.head.text for token in french] == ["Fin", "match", "Fin", "Pays", "match", "Fin"]


def test_entity_that_begins_within(french):
    assert entities(french) == [("aux Pays", "LOC")]


def test_the_word_that_others_hang_on_is_the_head(tmp_path):
    text = FRENCH.replace("2\tde\tde\tADP\tP\t_\t4\tcase", "2\tde\tde\tADP\tP\t_\t3\tcase")
    (doc,) = read(tmp_path, text, split=spaces_split)
    assert (doc[1].pos_, doc[1].dep_, doc[1].head.text) == ("DET", "det", "match")


def test_words_that_hang_on_each_other_across_tokens_lead_in_no_circle(tmp_path):
    """The first word hangs on one that hangs on the last, so that the first alone would lead back to itself."""
    rows = ["1-2\tab\t" + "\t".join("_" * 8), "1\ta\t_\tX\t_\t_\t3\tdep\t_\t_", "2\tb\t_\tVERB\t_\t_\t0\troot\t_\t_"]
    (doc,) = read(tmp_path, "\n".join([*rows, "3\tc\t_\tX\t_\t_\t2\tdep\t_\t_"]), split=spaces_split)
    assert [(token.text, token.pos_, token.head.text) for token in doc] == [("ab", "VERB", "ab"), ("c", "X", "ab")]


def test_words_stay_where_the_tokenizer_splits_likewise(tmp_path):
    nlp = spacy.blank("en")
    rows = ["1-2\tcan't\t" + "\t".join("_" * 8), "1\tca\t_\tAUX\t_\t_\t_\t_\t_\t_", "2\tn't\t_\tPART\t_\t_\t_\t_\t_\t_"]
    text = "\n".join(["# text = can't", *rows])
    (doc,) = read(tmp_path, text, split=lambda text: [token.text for token in nlp.make_doc(text)])
    assert [token.text for token in doc] == ["ca", "n't"]
    assert [span.text for span in doc.spans[MULTIWORD]] == ["can't"]


def test_without_a_tokenizer_all_words_stay(tmp_path):
    (doc,) = read(tmp_path, FRENCH)
    assert [token.text for token in doc][:4] == ["Fin", "de", "le", "match"]
    assert [span.text for span in doc.spans[MULTIWORD]] == ["dele", "àles"]


def test_tags_are_missing_where_there_is_no_xpos(tmp_path):
    text = FRENCH.replace("\tP\t", "\t_\t").replace("\tD\t", "\t_\t")
    (doc,) = read(tmp_path, text, split=spaces_split, xpos_only=True)
    assert [token.tag_ for token in doc] == ["N", "", "N", "", "N", "."]


@pytest.mark.parametrize("ids", [("2-3", "3-4"), ("2-9", "5-6")])
def test_ranges_that_overlap_or_go_too_far(tmp_path, ids):
    text = FRENCH.replace("2-3\t", f"{ids[0]}\t").replace("5-6\t", f"{ids[1]}\t")
    fails(tmp_path, text, None, "ID = ", split=spaces_split)


def test_words_of_a_multiword_token_that_are_missing(tmp_path):
    lines = FRENCH.splitlines()[:3]
    fails(tmp_path, "\n".join(["", *lines[1:]]), 3, "1 words, and not all of 'du'", split=spaces_split)
