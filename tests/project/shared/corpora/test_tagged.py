"""Reader of a word and the tag of its entity a line: columns, schemes, comments and headers."""

import pytest

from tests.support.annotated import entities, fails, read

GERMEVAL = """\
#\thttp://de.wikipedia.org/wiki/Schartau [2009-10-17]
1\tSchartau\tB-PER\tO
2\tsagte\tO\tO
3\tdem\tO\tO
4\tTSV\tB-ORG\tO
5\t1860\tI-ORG\tO
6\tMünchen\tI-ORG\tB-LOC

# another
1\t#\tO\tO
"""


@pytest.mark.parametrize("gap", ["\t", " ", "  "])
def test_tabs_or_spaces(tmp_path, gap):
    text = f"New{gap}B-LOC\nYork{gap}I-LOC\nsleeps{gap}O\n\nNo{gap}O\n"
    docs = read(tmp_path, text, "ner")
    assert [entities(doc) for doc in docs] == [[("New York", "LOC")], []]
    assert [token.ent_iob_ for token in docs[1]] == ["O"]


@pytest.mark.parametrize("suffix", ["iob", "tsv", "txt", "conll", "conllu", "json", "bio", "TSV"])
def test_suffix_does_not_matter(tmp_path, suffix):
    for components in (("ner",), ()):
        (doc,) = read(tmp_path, "Selegiline\tB-Chemical\n-\tO\ninduced\tO\n", *components, name=f"train.{suffix}")
        assert entities(doc) == [("Selegiline", "Chemical")]


def test_every_block_is_one_sentence(tmp_path):
    docs = read(tmp_path, "Go\tO\n.\tO\nNo\tO\n.\tO\n \t\nYes\tO\n", "ner")
    assert [len(list(doc.sents)) for doc in docs] == [1, 1]


def test_neighbours_of_one_type(tmp_path):
    assert len(read(tmp_path, "Oslo\tB-LOC\nRome\tB-LOC\n", "ner")[0].ents) == 2


class TestColumns:
    def test_words_come_first_and_chunks_are_no_entities(self, tmp_path):
        (doc,) = read(tmp_path, "EU NNP B-NP B-ORG\nsaid VBD B-VP O\n", "ner")
        assert (doc[0].text, entities(doc)) == ("EU", [("EU", "ORG")])

    def test_parts_of_speech_of_one_letter_are_no_tags(self, tmp_path):
        (doc,) = read(tmp_path, "capo S x B-PER\nancora B x O\nin E x O\nItalia S x B-LOC\n", "ner")
        assert entities(doc) == [("capo", "PER"), ("Italia", "LOC")]

    def test_chunks_alone(self, tmp_path):
        """As in CoNLL-2000."""
        (doc,) = read(tmp_path, "Confidence NN B-NP\nin IN B-PP\nthe DT B-NP\npound NN I-NP\n", "ner")
        assert entities(doc) == [("Confidence", "NP"), ("in", "PP"), ("the pound", "NP")]

    def test_index_and_nested_entities(self, tmp_path):
        docs = read(tmp_path, GERMEVAL, "ner")
        assert [entities(doc) for doc in docs] == [[("Schartau", "PER"), ("TSV 1860 München", "ORG")], []]
        assert docs[1][0].text == "#"

    def test_a_setting_says_which(self, tmp_path):
        docs = read(tmp_path, GERMEVAL, "ner", columns="_,word,_,tag")
        assert [entities(doc) for doc in docs] == [[("München", "LOC")], []]

    def test_header(self, tmp_path):
        (doc,) = read(tmp_path, "pos\tner_tag\tToken\nNNP\tB-ORG\tEU\nVBD\tO\tsaid\n", "ner")
        assert entities(doc) == [("EU", "ORG")]

    def test_header_that_names_words_alone(self, tmp_path):
        text = "TOKEN\tNE-COARSE\tNE-FINE\n\nParis\tB-loc\tB-loc.adm\n"
        (doc,) = read(tmp_path, text, "ner")
        assert entities(doc) == [("Paris", "loc")]

    def test_column_without_name_before_them(self, tmp_path):
        (doc,) = read(tmp_path, "\tword\ttag\n0\tEU\tB-ORG\n1\tsaid\tO\n", "ner")
        assert entities(doc) == [("EU", "ORG")]

    def test_tab_at_the_end_of_lines(self, tmp_path):
        (doc,) = read(tmp_path, "EU\tB-ORG\t\nsaid\tO\t\n", "ner")
        assert entities(doc) == [("EU", "ORG")]

    def test_sentence_a_line(self, tmp_path):
        """As spaCy's own IOB."""
        docs = read(tmp_path, "I|PRP|O like|VB|O New|NNP|I-GPE York|NNP|I-GPE\nGo|VB|O\n", "ner")
        assert [entities(doc) for doc in docs] == [[("New York", "GPE")], []]

    def test_word_a_line_with_bars_between_columns(self, tmp_path):
        docs = read(tmp_path, "New|NNP|B-GPE\nYork|NNP|I-GPE\nsleeps|VB|O\n\nGo|VB|O\n", "ner")
        assert [entities(doc) for doc in docs] == [[("New York", "GPE")], []]

    @pytest.mark.parametrize("columns", ["word", "a,b", "category,text", "_,_"])
    def test_setting_that_names_not_both(self, tmp_path, columns):
        with pytest.raises(ValueError, match="must name word and tag, in the order of the file"):
            read(tmp_path, GERMEVAL, "ner", columns=columns)

    def test_line_with_another_number_of_columns(self, tmp_path):
        fails(tmp_path, "EU NNP B-ORG\nsaid O\nso RB O\n", 2, "2 columns where 3 are needed", "ner")

    def test_setting_that_does_not_fit(self, tmp_path):
        fails(tmp_path, "EU NNP B-ORG\n", 1, "3 columns where 2 are needed", "ner", columns="word,tag")


class TestCommentsAndDocuments:
    def test_document_of_conll_2003(self, tmp_path):
        text = "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\n\n-DOCSTART- -X- O O\n\nNo UH O O\n"
        assert [doc[0].text for doc in read(tmp_path, text, "ner")] == ["EU", "No"]

    def test_documents_without_empty_lines(self, tmp_path):
        assert len(read(tmp_path, "-DOCSTART- O\nEU B-ORG\n-DOCSTART- O\nNo O\n", "ner")) == 2

    def test_comments(self, tmp_path):
        text = "# id a domain=en\nEU _ _ B-ORG\n# _ _ O\n"
        (doc,) = read(tmp_path, text, "ner")
        assert [token.text for token in doc] == ["EU", "#"]

    def test_numbers_of_articles(self, tmp_path):
        """As in JNLPBA."""
        docs = read(tmp_path, "###MEDLINE:1\n\nIL-2\tB-DNA\n\n###MEDLINE:2\n\n##\tO\n", "ner")
        assert [[token.text for token in doc] for doc in docs] == [["IL-2"], ["##"]]

    def test_words_that_look_like_comments(self, tmp_path):
        (doc,) = read(tmp_path, "#\tO\n#elmo\tB-MISC\n", "ner")
        assert entities(doc) == [("#elmo", "MISC")]

    @pytest.mark.parametrize("text", ["# a\n", "-DOCSTART- O\n", "word\ttag\n"])
    def test_nothing_else(self, tmp_path, text):
        fails(tmp_path, text, None, "no sentences in it", "ner")


class TestSchemes:
    @pytest.mark.parametrize(
        "tags",
        [
            "B-A I-A I-A O B-A B-B",  # IOB2
            "B-A I-A L-A O U-A U-B",  # BILUO, BILOU
            "B-A I-A E-A O S-A S-B",  # BIOES, IOBES
            "B-A M-A E-A O S-A S-B",  # BMES
            "I-A I-A I-A O I-A I-B",  # IOB1
        ],
    )
    def test_all_are_read_alike(self, tmp_path, tags):
        text = "\n".join(f"{word}\t{tag}" for word, tag in zip("abcdef", tags.split()))
        assert entities(read(tmp_path, text, "ner")[0]) == [("a b c", "A"), ("e", "A"), ("f", "B")]

    def test_neighbours_in_iob1(self, tmp_path):
        docs = read(tmp_path, "a I-A\nb B-A\nc I-A\n\nd I-A\n", "ner")
        assert [entities(doc) for doc in docs] == [[("a", "A"), ("b c", "A")], [("d", "A")]]

    def test_types_with_hyphens_and_letters_of_schemes(self, tmp_path):
        (doc,) = read(tmp_path, "a B-EU-ORG\nb L-EU-ORG\nc U-U-BOAT\n", "ner")
        assert entities(doc) == [("a b", "EU-ORG"), ("c", "U-BOAT")]

    def test_tags_without_types(self, tmp_path):
        (doc,) = read(tmp_path, "adenomatous\tB\npolyposis\tI\nis\tO\n", "ner")
        assert entities(doc) == [("adenomatous polyposis", "ENTITY")]

    @pytest.mark.parametrize("before", ["O", "B-PER", "I-PER"])
    def test_tag_that_opens_inside(self, tmp_path, before):
        text = f"Eva\tB-PER\n\nAnna\tB-PER\nHall\t{before}\nOslo\tI-LOC\n"
        fails(tmp_path, text, 5, f"I-LOC opens inside an entity, after {before}", "ner")

    def test_sentence_that_opens_inside(self, tmp_path):
        fails(tmp_path, "New\tB-LOC\n\nYork\tI-LOC\n", 3, "I-LOC opens inside an entity, after O", "ner")

    @pytest.mark.parametrize("after", ["I-LOC", "E-LOC"])
    def test_tag_after_the_end_of_an_entity(self, tmp_path, after):
        fails(tmp_path, f"New\tB-LOC\nYork\tE-LOC\nCity\t{after}\n", 3, "opens inside an entity, after E-LOC", "ner")

    @pytest.mark.parametrize("tag", ["LOC", "B-", "B_LOC", "X-LOC", "o", "LOC-B"])
    def test_unknown_tag(self, tmp_path, tag):
        fails(tmp_path, f"in\tO\nOslo\t{tag}\n", 2, f"tag {tag!r}: must be O, B-TYPE or I-TYPE", "ner")


@pytest.mark.parametrize("line", ["Oslo", "\tO", " \tO"])
def test_line_without_word_or_tag(tmp_path, line):
    fails(tmp_path, f"in\tO\n{line}\n", 2, "must be a word and its tag", "ner")


def test_other_formats_are_named(tmp_path):
    fails(
        tmp_path, "pos\tA fine film .\n", 1, "looks like a category and a text a line; for ner, give CoNLL-U or", "ner"
    )
    fails(tmp_path, "EU\tB-ORG\n", 1, "looks like a word and the tag of its entity a line; for parser", "parser")
