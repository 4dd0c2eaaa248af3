"""Reader of CoNLL-U."""

import pytest

from project.shared.corpora import CorpusError
from tests.support.annotated import entities, fails, read, row

CONLLU = """\
# newdoc id = a
# text = Anna can't sleep.
1\tAnna\tAnna\tPROPN\tNNP\tNumber=Sing\t4\tnsubj\t_\tNE=U-PERSON
2-3\tcan't\t_\t_\t_\t_\t_\t_\t_\t_
2\tca\tcan\tAUX\tMD\t_\t4\taux\t_\tNE=O
3\tn't\tnot\tPART\tRB\t_\t4\tadvmod\t_\tNE=O
3.1\tever\tever\tADV\tRB\t_\t_\t_\t_\t_
4\tsleep\tsleep\tVERB\t_\t_\t0\troot\t_\tSpaceAfter=No
5\t.\t.\tPUNCT\t.\t_\t4\tpunct\t_\t_

# text = Go!
1\tGo\tgo\tVERB\tVB\t_\t0\troot\t_\tSpaceAfter=No
2\t!\t!\tPUNCT\t.\t_\t1\tpunct\t_\t_
"""


class TestConllu:
    def test_a_doc_for_each_sentence(self, tmp_path):
        docs = read(tmp_path, CONLLU)
        assert [[token.text for token in doc] for doc in docs] == [["Anna", "ca", "n't", "sleep", "."], ["Go", "!"]]

    def test_last_sentence_needs_no_empty_line(self, tmp_path):
        assert len(read(tmp_path, CONLLU.rstrip("\n"))) == 2

    def test_windows_line_ends_and_byte_order_mark(self, tmp_path):
        docs = read(tmp_path, b"\xef\xbb\xbf" + CONLLU.replace("\n", "\r\n").encode("utf8"))
        assert [doc.text for doc in docs] == ["Anna can't sleep. ", "Go! "]

    def test_words_of_a_multiword_token_stand_together(self, tmp_path):
        assert read(tmp_path, CONLLU)[0].text == "Anna can't sleep. "

    def test_multiword_token_says_whether_a_space_follows(self, tmp_path):
        token = "1-2\tdont\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No"
        (doc,) = read(tmp_path, "\n".join([token, row(1, "do"), row(2, "nt"), row(3, "!")]))
        assert doc.text == "dont! "

    @pytest.mark.parametrize("text", ["", "# text = Another.\n"])
    def test_a_file_that_does_not_tell_spaces(self, tmp_path, text):
        docs = read(tmp_path, f"{text}1\tGo\n2\t!\n\n1\tNo\n2\t.\n", "morphologizer")
        assert [doc.has_unknown_spaces for doc in docs] == [True, True]

    def test_one_sentence_tells_that_a_file_knows_spaces(self, tmp_path):
        for one in ("# text = Go on\n", f"{row(1, 'Go', misc='SpaceAfter=No')}\n\n"):
            docs = read(tmp_path, f"{one}{row(1, 'Go')}\n{row(2, 'on')}\n\n{row(1, 'Stop')}\n")
            assert not any(doc.has_unknown_spaces for doc in docs)

    def test_columns(self, tmp_path):
        doc = read(tmp_path, CONLLU)[0]
        assert [token.pos_ for token in doc] == ["PROPN", "AUX", "PART", "VERB", "PUNCT"]
        assert [token.lemma_ for token in doc] == ["Anna", "can", "not", "sleep", "."]
        assert [str(token.morph) for token in doc] == ["Number=Sing", "", "", "", ""]

    def test_upos_where_xpos_is_empty(self, tmp_path):
        assert [token.tag_ for token in read(tmp_path, CONLLU)[0]] == ["NNP", "MD", "RB", "VERB", "."]

    def test_heads_and_relations(self, tmp_path):
        doc = read(tmp_path, CONLLU)[0]
        assert [token.head.i for token in doc] == [3, 3, 3, 3, 3]
        assert [token.dep_ for token in doc] == ["nsubj", "aux", "advmod", "root", "punct"]

    def test_without_heads_a_sentence_is_a_sentence(self, tmp_path):
        (doc,) = read(tmp_path, "\n".join([row(1, "Anna"), row(2, "sleeps")]))
        assert not doc.has_annotation("DEP")
        assert len(list(doc.sents)) == 1

    def test_unknown_values_are_missing(self, tmp_path):
        (doc,) = read(tmp_path, "\n".join([row(1, "Anna", upos="_")]))
        assert not any(doc.has_annotation(name) for name in ("POS", "TAG", "LEMMA", "MORPH", "DEP", "ENT_IOB"))

    def test_form_may_be_an_underscore(self, tmp_path):
        assert read(tmp_path, row(1, "_"))[0].text == "_ "

    def test_comments_alone_are_no_sentence(self, tmp_path):
        assert len(read(tmp_path, f"# a file\n\n{CONLLU}")) == 2


class TestEntitiesInMisc:
    def test_biluo(self, tmp_path):
        tags = ["B-ORG", "I-ORG", "L-ORG", "U-GPE", "O"]
        (doc,) = read(tmp_path, "\n".join(row(i + 1, "abcde"[i], misc=f"NE={tag}") for i, tag in enumerate(tags)))
        assert entities(doc) == [("a b c", "ORG"), ("d", "GPE")]

    def test_iob(self, tmp_path):
        tags = ["B-ORG", "I-ORG", "B-ORG", "O"]
        (doc,) = read(tmp_path, "\n".join(row(i + 1, "abcd"[i], misc=f"name={tag}") for i, tag in enumerate(tags)))
        assert entities(doc) == [("a b", "ORG"), ("c", "ORG")]

    @pytest.mark.parametrize("misc", ["SpaceAfter=No|NE=U-GPE", "NE=U-GPE|SpaceAfter=No", "Gloss=a|NE=U-GPE|Ref=1"])
    def test_anywhere_among_other_values(self, tmp_path, misc):
        assert entities(read(tmp_path, row(1, "Oslo", misc=misc))[0]) == [("Oslo", "GPE")]

    def test_other_values_that_end_alike_are_left_alone(self, tmp_path):
        assert not read(tmp_path, row(1, "Oslo", misc="Filename=b.txt"))[0].has_annotation("ENT_IOB")

    def test_label_with_a_hyphen(self, tmp_path):
        assert entities(read(tmp_path, row(1, "soup", misc="NE=B-MENU-ITEM"))[0]) == [("soup", "MENU-ITEM")]

    def test_words_without_a_value_are_outside(self, tmp_path):
        assert [token.ent_iob_ for token in read(tmp_path, CONLLU)[0]] == ["B", "O", "O", "O", "O"]

    def test_sentence_without_a_value_has_no_entities_where_others_have(self, tmp_path):
        """Were they missing instead, spaCy would not count what is predicted there."""
        assert [token.ent_iob_ for token in read(tmp_path, CONLLU)[1]] == ["O", "O"]

    def test_iob1(self, tmp_path):
        tags = ["I-ORG", "B-ORG", "I-ORG", "O", "I-GPE"]
        (doc,) = read(tmp_path, "\n".join(row(i + 1, "abcde"[i], misc=f"NE={tag}") for i, tag in enumerate(tags)))
        assert entities(doc) == [("a", "ORG"), ("b c", "ORG"), ("e", "GPE")]

    def test_tag_that_opens_inside(self, tmp_path):
        text = "\n".join([row(1, "in", misc="NE=O"), row(2, "Oslo", misc="NE=L-GPE")])
        fails(tmp_path, text, 2, "opens inside an entity")

    def test_unknown_tag(self, tmp_path):
        fails(tmp_path, "\n".join(["# text = a", row(1, "a", misc="NE=X-GPE")]), 2, "X-GPE")


class TestConlluErrors:
    def test_number_of_columns(self, tmp_path):
        fails(tmp_path, f"{row(1, 'a')}\n2 b _ NOUN _ _ _ _ _ _\n", 2, "1 column where CoNLL-U has 10")

    @pytest.mark.parametrize("number", ["3", "1", "x", "", "0"])
    def test_id_out_of_order(self, tmp_path, number):
        fails(tmp_path, f"# text = a\n{row(1, 'a')}\n{row(number, 'b')}\n", 3, "must be 2, the next word")

    def test_empty_form(self, tmp_path):
        fails(tmp_path, f"{CONLLU}\n{row(1, ' ')}\n", 15, "FORM is empty")

    def test_unknown_upos(self, tmp_path):
        fails(tmp_path, row(1, "a", upos="NN"), 1, "UPOS = 'NN'")

    @pytest.mark.parametrize("head", ["3", "2", "-1", "x", "_"])
    def test_head_that_is_not_another_word(self, tmp_path, head):
        fails(tmp_path, f"{row(1, 'a', head=0)}\n{row(2, 'b', head=head)}\n", 2, f"HEAD = {head!r}")

    def test_heads_in_a_circle(self, tmp_path):
        rows = [row(1, "a", head=0), row(2, "b", head=3), row(3, "c", head=2)]
        with pytest.raises(CorpusError, match=r"corpus\.txt:\d+:"):
            read(tmp_path, "\n".join(rows))

    def test_feats_that_are_not_pairs(self, tmp_path):
        columns = row(1, "a").split("\t")
        columns[5] = "Number"
        with pytest.raises(CorpusError, match=r"corpus\.txt:1:"):
            read(tmp_path, "\t".join(columns))

    @pytest.mark.parametrize("number", ["1-99999999999", "1-99999999", "2-3", "1-0"])
    def test_range_that_is_none_of_the_words(self, tmp_path, number):
        fails(tmp_path, f"{row(number, 'ab')}\n{row(1, 'a')}\n{row(2, 'b')}\n", 1, "ID = ")

    def test_number_of_too_many_digits(self, tmp_path):
        fails(tmp_path, row(1, "a", head="9" * 5000), 1, "HEAD = ")
