"""Files of which sentences or columns cannot be used: the rest is."""

import pytest

from project.shared.corpora import CorpusError, How, LeftOut, open_corpus, read_sentences
from project.shared.corpora.sentences import MOST
from tests.support.annotated import VOCAB, read, row

BAD = {
    "columns": "1\tFine\n",
    "more columns": f"{row(1, 'a')}\t_\n",
    "HEAD": row(1, "a", head=7),
    "circle": "\n".join([row(1, "a", head=0), row(2, "b", head=3), row(3, "c", head=2)]),
    "UPOS": row(1, "a", upos="NN"),
    "range": "\n".join([row("2-3", "ab"), row(1, "a")]),
    "ID": row(2, "a"),
    "FORM": row(1, " "),
    "features": row(1, "a").replace("NOUN\t_\t_", "NOUN\t_\tNumber"),
    "entity": row(1, "a", misc="NE=I-LOC"),
    "NUL": row(1, "a\0"),
}


@pytest.fixture
def left_out():
    return LeftOut()


@pytest.mark.parametrize("name", BAD)
def test_sentence_is_left_out_and_named(tmp_path, left_out, name):
    good = row(1, "Oslo", misc="NE=B-LOC")
    docs = read(tmp_path, f"{good}\n\n{BAD[name]}\n\n{good}\n", "tagger", left_out=left_out)
    assert [doc[0].text for doc in docs] == ["Oslo", "Oslo"]
    assert left_out.count == len(left_out.reasons) == 1
    assert left_out.reasons[0].startswith(f"{tmp_path / 'corpus.txt'}:")


def test_sentence_that_is_not_utf8(tmp_path, left_out):
    text = f"{row(1, 'café')}\n\n{row(1, 'Oslo')}\n".encode("latin-1")
    assert [doc[0].text for doc in read(tmp_path, text, "tagger", left_out=left_out)] == ["Oslo"]
    assert "not UTF-8 text" in left_out.reasons[0]


def test_reasons_are_kept_of_the_first(tmp_path, left_out):
    text = "\n\n".join([*[BAD["HEAD"]] * (MOST + 5), row(1, "Oslo")])
    assert len(read(tmp_path, text, "tagger", left_out=left_out)) == 1
    assert (left_out.count, len(left_out.reasons)) == (MOST + 5, MOST)


def test_no_sentence_that_can_be_used(tmp_path, left_out):
    with pytest.raises(CorpusError, match=r"no sentences in it.*\n.*HEAD"):
        read(tmp_path, BAD["HEAD"], "tagger", left_out=left_out)


def test_tags_of_entities(tmp_path, left_out):
    text = "Oslo\tB-LOC\n\nRome\tI-LOC\tx\n\nBonn\tZ\n\nBern\tB-LOC\n"
    assert [doc[0].text for doc in read(tmp_path, text, "ner", left_out=left_out)] == ["Oslo", "Bern"]
    assert left_out.count == 2


class TestColumns:
    def test_last_ones_are_missing(self, tmp_path):
        (doc,) = read(tmp_path, "1\tBirds\tbird\tNOUN\n2\tsing\tsing\tVERB\n", "morphologizer")
        assert [(token.lemma_, token.pos_) for token in doc] == [("bird", "NOUN"), ("sing", "VERB")]
        assert not doc.has_annotation("DEP")

    def test_names_of_the_file(self, tmp_path):
        (doc,) = read(tmp_path, "# global.columns = ID FORM UPOS LOOK\n1\tBirds\tNOUN\tx\n", "morphologizer")
        assert (doc[0].text, doc[0].pos_, doc[0].lemma_) == ("Birds", "NOUN", "")

    def test_names_without_words_do_not_count(self, tmp_path):
        (doc,) = read(tmp_path, f"# global.columns = {' '.join('abcdefghij')}\n{row(1, 'Oslo')}\n")
        assert (doc[0].text, doc[0].pos_) == ("Oslo", "NOUN")

    def test_spaces_are_of_the_text(self, tmp_path):
        (doc,) = read(tmp_path, "# text = Go, go!\n1\tGo\n2\t,\n3\tgo\n4\t!\n", "morphologizer")
        assert doc.text == "Go, go! "

    def test_spaces_are_of_misc_where_the_text_is_another(self, tmp_path):
        (doc,) = read(tmp_path, f"# text = Stop!\n{row(1, 'Go', misc='SpaceAfter=No')}\n{row(2, '!')}\n")
        assert doc.text == "Go! "

    def test_no_words(self, tmp_path):
        with pytest.raises(CorpusError, match="1 column where CoNLL-U has 10"):
            read(tmp_path, "1 Go VERB\n", "morphologizer")


def test_documents_are_numbered(tmp_path):
    path = tmp_path / "corpus.txt"
    blocks = [f"# newdoc id = a\n{row(1, 'a')}", row(1, "b"), f"# newdoc\n{BAD['HEAD']}", row(1, "c")]
    path.write_text("\n\n".join(blocks))
    reading = open_corpus(path, ("tagger",), How(left_out=LeftOut()))
    found = [(doc[0].text, sentence.document) for sentence, doc in read_sentences(path, reading, VOCAB)]
    assert found == [("a", 1), ("b", 1), ("c", 2)]
