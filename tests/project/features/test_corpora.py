"""Readers of CoNLL-U, IOB2 and TSV."""

import pytest
import spacy

from project.features.scripts.corpora import CorpusError, read_docs

VOCAB = spacy.blank("en").vocab

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


def read(folder, text, suffix=".conllu"):
    path = folder / f"corpus{suffix}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf8"))
    return list(read_docs(path, VOCAB))


def row(number, form, *, upos="NOUN", head="_", misc="_"):
    return "\t".join([str(number), form, "_", upos, "_", "_", str(head), "_", "_", misc])


def entities(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def fails(folder, text, line, message, suffix=".conllu"):
    """Reading ends with an error that names the file, the line where there is one, and what is wrong."""
    with pytest.raises(CorpusError) as caught:
        read(folder, text, suffix)
    place = f"{folder / 'corpus'}{suffix}:" + (f"{line}:" if line else "")
    assert str(caught.value).startswith(place)
    assert message in str(caught.value)


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

    def test_tag_that_opens_inside(self, tmp_path):
        text = "\n".join([row(1, "in", misc="NE=O"), row(2, "Oslo", misc="NE=L-GPE")])
        fails(tmp_path, text, 2, "opens inside an entity")

    def test_unknown_tag(self, tmp_path):
        fails(tmp_path, "\n".join(["# text = a", row(1, "a", misc="NE=X-GPE")]), 2, "X-GPE")


class TestConlluErrors:
    def test_number_of_columns(self, tmp_path):
        fails(tmp_path, f"{row(1, 'a')}\n2 b _ NOUN _ _ _ _ _ _\n", 2, "1 columns where CoNLL-U has 10")

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
        with pytest.raises(CorpusError, match=r"corpus\.conllu:\d+:"):
            read(tmp_path, "\n".join(rows))

    def test_feats_that_are_not_pairs(self, tmp_path):
        columns = row(1, "a").split("\t")
        columns[5] = "Number"
        with pytest.raises(CorpusError, match=r"corpus\.conllu:1:"):
            read(tmp_path, "\t".join(columns))


class TestIob:
    @pytest.mark.parametrize("gap", ["\t", " ", "  "])
    def test_tabs_or_spaces(self, tmp_path, gap):
        text = f"New{gap}B-LOC\nYork{gap}I-LOC\nsleeps{gap}O\n\nNo{gap}O\n"
        docs = read(tmp_path, text, ".iob")
        assert [entities(doc) for doc in docs] == [[("New York", "LOC")], []]
        assert [token.ent_iob_ for token in docs[1]] == ["O"]

    def test_first_and_last_of_several_columns(self, tmp_path):
        (doc,) = read(tmp_path, "EU NNP B-NP B-ORG\nsaid VBD B-VP O\n", ".conll")
        assert (doc[0].text, entities(doc)) == ("EU", [("EU", "ORG")])

    def test_docstart_is_no_word(self, tmp_path):
        text = "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\n\n-DOCSTART- -X- O O\n\nNo UH O O\n"
        assert [doc[0].text for doc in read(tmp_path, text, ".iob")] == ["EU", "No"]

    def test_every_block_is_one_sentence(self, tmp_path):
        docs = read(tmp_path, "Go\tO\n.\tO\nNo\tO\n.\tO\n \t\nYes\tO\n", ".iob")
        assert [len(list(doc.sents)) for doc in docs] == [1, 1]

    def test_neighbours_of_one_type(self, tmp_path):
        assert len(read(tmp_path, "Oslo\tB-LOC\nRome\tB-LOC\n", ".iob")[0].ents) == 2

    @pytest.mark.parametrize("before", ["O", "B-PER", "I-PER"])
    def test_tag_that_opens_inside(self, tmp_path, before):
        text = f"Eva\tB-PER\n\nAnna\tB-PER\nHall\t{before}\nOslo\tI-LOC\n"
        fails(tmp_path, text, 5, f"I-LOC opens inside an entity, after {before}", ".iob")

    def test_sentence_that_opens_inside(self, tmp_path):
        fails(tmp_path, "New\tB-LOC\n\nYork\tI-LOC\n", 3, "I-LOC opens inside an entity, after O", ".iob")

    @pytest.mark.parametrize("tag", ["LOC", "B-", "B_LOC", "E-LOC", "o", "U-LOC"])
    def test_unknown_tag(self, tmp_path, tag):
        fails(tmp_path, f"in\tO\nOslo\t{tag}\n", 2, f"tag {tag!r}: must be O, B-TYPE or I-TYPE", ".iob")

    @pytest.mark.parametrize("line", ["Oslo", "\tO", " \tO"])
    def test_line_without_word_or_tag(self, tmp_path, line):
        fails(tmp_path, f"in\tO\n{line}\n", 2, "must be a word and its tag", ".iob")


class TestTsv:
    def test_categories(self, tmp_path):
        docs = read(tmp_path, "pos\tA fine  film .\nneg\tDull .\n", ".tsv")
        assert [[token.text for token in doc] for doc in docs] == [["A", "fine", "film", "."], ["Dull", "."]]
        assert [doc.cats for doc in docs] == [{"pos": 1.0, "neg": 0.0}, {"pos": 0.0, "neg": 1.0}]

    def test_empty_lines_are_left_out(self, tmp_path):
        assert len(read(tmp_path, "\npos\tFine .\n\n\nneg\tDull .\n\n", ".tsv")) == 2

    def test_text_may_have_tabs(self, tmp_path):
        assert len(read(tmp_path, "pos\tone\ttwo\n", ".tsv")[0]) == 2

    @pytest.mark.parametrize("line", ["pos", "pos\t", "pos\t ", "\tFine ."])
    def test_line_without_category_or_text(self, tmp_path, line):
        fails(tmp_path, f"pos\tFine .\n\n{line}\n", 3, "must be a category and a text", ".tsv")


@pytest.mark.parametrize("suffix", [".conllu", ".iob", ".tsv"])
class TestFiles:
    @pytest.mark.parametrize("text", ["", "\n \n"])
    def test_empty(self, tmp_path, suffix, text):
        fails(tmp_path, text, None, "no sentences in it", suffix)

    def test_missing(self, tmp_path, suffix):
        with pytest.raises(CorpusError, match=f"nowhere{suffix}: no such file"):
            list(read_docs(tmp_path / f"nowhere{suffix}", VOCAB))

    def test_folder(self, tmp_path, suffix):
        with pytest.raises(CorpusError, match="is a directory"):
            list(read_docs(tmp_path.rename(tmp_path.with_suffix(suffix)), VOCAB))

    def test_not_utf8(self, tmp_path, suffix):
        fails(tmp_path, "caf\u00e9\tO\n".encode("latin-1"), None, "not UTF-8", suffix)
