"""Reader of a category and a text a line, in either order."""

import pytest

from tests.support.annotated import fails, read, row


def test_categories(tmp_path):
    docs = read(tmp_path, "pos\tA fine  film .\nneg\tDull .\n", "textcat")
    assert [[token.text for token in doc] for doc in docs] == [["A", "fine", "film", "."], ["Dull", "."]]
    assert [doc.cats for doc in docs] == [{"pos": 1.0, "neg": 0.0}, {"pos": 0.0, "neg": 1.0}]


@pytest.mark.parametrize("suffix", ["tsv", "txt", "iob", "csv"])
def test_suffix_does_not_matter(tmp_path, suffix):
    for components in (("textcat",), ()):
        (doc,) = read(tmp_path, "pos\tA fine film .\n", *components, name=f"train.{suffix}")
        assert doc.cats == {"pos": 1.0}


@pytest.mark.parametrize(
    "text",
    [
        "A fine film .\tpos\nDull .\tneg\nGood .\tpos\n",
        "text\tlabel\nA fine film .\tpos\nDull .\tneg\nGood .\tpos\n",
        "Kategorie\tid\ttext\npos\t1\tA fine film .\nneg\t2\tDull .\npos\t3\tGood .\n",
        "id\tsentiment\treview\n1\tpos\tA fine film .\n2\tneg\tDull .\n3\tpos\tGood .\n",
        "\ttext\tlabel\n0\tA fine film .\tpos\n1\tDull .\tneg\n2\tGood .\tpos\n",
        "# made by hand\npos\tA fine film .\n\nneg\tDull .\n\n\npos\tGood .\n",
    ],
)
def test_order_header_and_comments(tmp_path, text):
    columns = "category,_,text" if text.startswith("Kategorie") else ""
    docs = read(tmp_path, text, "textcat", columns=columns)
    assert [doc[0].text for doc in docs] == ["A", "Dull", "Good"]
    assert docs[0].cats == {"pos": 1.0, "neg": 0.0}


def test_a_setting_says_which_columns(tmp_path):
    docs = read(tmp_path, "1\tFine .\tx\tpos\n2\tDull .\ty\tneg\n", "textcat", columns="_,text,_,label")
    assert [(doc.text, doc.cats["pos"]) for doc in docs] == [("Fine . ", 1.0), ("Dull . ", 0.0)]


def test_texts_of_one_word(tmp_path):
    docs = read(tmp_path, "Fine\tpos\nDull\tneg\nGood\tpos\n", "textcat")
    assert docs[2].cats == {"pos": 1.0, "neg": 0.0}


def test_empty_lines_are_left_out(tmp_path):
    assert len(read(tmp_path, "\npos\tFine .\n\n\nneg\tDull .\n\n", "textcat")) == 2


def test_text_may_have_tabs(tmp_path):
    assert len(read(tmp_path, "pos\tone\ttwo\npos\tthree\nneg\tfour\n", "textcat")[0]) == 2
    assert len(read(tmp_path, "one\ttwo\tpos\nthree\tpos\nfour\tneg\n", "textcat")[0]) == 2
    assert len(read(tmp_path, "pos\tone\ttwo\n", "textcat", columns="category,text")[0]) == 2


@pytest.mark.parametrize("line", ["pos", "pos\t", "pos\t ", "\tFine ."])
def test_line_without_category_or_text(tmp_path, line):
    fails(tmp_path, f"pos\tFine .\n\n{line}\n", 3, "must be a category and a text", "textcat")


@pytest.mark.parametrize("line", ["pos\t", "\tFine ."])
def test_line_without_category_or_text_by_a_setting(tmp_path, line):
    text = f"pos\tFine .\n\n{line}\n"
    fails(tmp_path, text, 3, "must be a category and a text", "textcat", columns="category,text")


def test_more_columns_need_a_setting(tmp_path):
    fails(tmp_path, "1\tFine .\tpos\n2\tDull .\tneg\n", 1, "3 columns; say with --vars.columns", "textcat")


def test_columns_that_are_alike_need_a_setting(tmp_path):
    text = "very good\tfine\nvery good\tgood\nvery bad\tdull\nvery bad\tbad\n"
    fails(tmp_path, text, 1, "either column may have the categories", "textcat")
    assert read(tmp_path, text, "textcat", columns="category,text")[0].cats == {"very good": 1.0, "very bad": 0.0}


def test_texts_in_place_of_categories(tmp_path):
    text = "".join(f"text {i}\tword\n" for i in range(1500))
    fails(tmp_path, text, 1001, "more than 1,000 categories in column 1", "textcat", columns="category,text")


def test_a_word_and_its_tag_are_no_text(tmp_path):
    text = "EU\tB-ORG\nsaid\tO\n"
    fails(tmp_path, text, 1, "looks like a word and the tag of its entity a line; for textcat", "textcat")


def test_conllu_is_no_text(tmp_path):
    fails(tmp_path, row(1, "Go"), 1, "looks like CoNLL-U; for textcat, give a category and a text", "textcat")
