from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from spacy_elmo.probing import corpus
from spacy_elmo.probing.corpus import TaggedWord, find_task, read_corpus, select, split_corpus
from spacy_elmo.text import CorpusError
from tests.support.tagged import conllu, write_corpus

UD = """# newdoc
# text = Wo zum
1\tWo\two\tADV\tPWAV\t_\t0\troot\t_\t_
2-3\tzum\t_\t_\t_\t_\t_\t_\t_\t_
2\tzu\tzu\tADP\tAPPR\t_\t1\tcase\t_\t_
3\tdem\tder\tDET\t_\tCase=Dat\t1\tdet\t_\t_
3.1\tist\tsein\t_\t_\t_\t_\t_\t_\t_

"""


def write(folder: Path, text: str) -> Path:
    path = folder / "corpus.conllu"
    path.write_text(text, encoding="utf8")
    return path


def test_words_of_conllu_have_the_tags_of_all_tasks(tmp_path: Path):
    (sentence,) = read_corpus(write(tmp_path, UD))
    assert sentence == [
        TaggedWord("Wo", "PWAV", "ADV", "_", "root"),
        TaggedWord("zu", "APPR", "ADP", "_", "case"),
        TaggedWord("dem", "", "DET", "Case=Dat", "det"),
    ]


def test_so_many_sentences_are_read_as_are_asked_for(tmp_path: Path):
    path = write_corpus(tmp_path / "a.conllu")
    assert read_corpus(path, 3) == read_corpus(path)[:3]
    assert len(read_corpus(path)) == 40


def make_doc(**annotation: list[str]) -> Doc:
    words = ["Ann", " ", "sings", ".", "Bo", "too"]
    doc = Doc(spacy.blank("xx").vocab, words, sent_starts=[True, False, False, False, True, False], **annotation)
    doc.ents = [Span(doc, 0, 1, "PERSON")]
    return doc


def test_words_of_docs_have_the_tags_that_the_docs_have(tmp_path: Path):
    pos = ["PROPN", "SPACE", "VERB", "PUNCT", "PROPN", "ADV"]
    doc = make_doc(pos=pos, morphs=["Number=Sing", "", "", "", "", ""])
    DocBin(attrs=["POS", "MORPH", "SENT_START", "ENT_IOB", "ENT_TYPE"], docs=[doc]).to_disk(tmp_path / "a.spacy")
    found = read_corpus(tmp_path / "a.spacy")
    assert [[word.text for word in sentence] for sentence in found] == [["Ann", "sings", "."], ["Bo", "too"]]
    assert found[0][0] == TaggedWord("Ann", "", "PROPN", "Number=Sing", "", "B-PERSON")
    assert found[0][1] == TaggedWord("sings", "", "VERB", "_", "", "O")


def test_docs_without_features_or_sentences_have_none(tmp_path: Path):
    doc = Doc(spacy.blank("xx").vocab, ["a", "b"], tags=["X", "Y"])
    DocBin(attrs=["TAG"], docs=[doc]).to_disk(tmp_path / "a.spacy")
    assert read_corpus(tmp_path / "a.spacy") == [[TaggedWord("a", "X"), TaggedWord("b", "Y")]]


def test_a_fifth_is_held_out_by_the_seed(tmp_path: Path):
    sentences = read_corpus(write_corpus(tmp_path / "a.conllu"))
    train, dev = split_corpus(sentences, "a", 0)
    assert (len(train), len(dev)) == (32, 8)
    assert sorted([*train, *dev]) == sorted(sentences)
    assert split_corpus(sentences, "a", 0) == (train, dev) != split_corpus(sentences, "a", 1)


def test_too_few_sentences_to_hold_out_are_refused(tmp_path: Path):
    with pytest.raises(CorpusError, match="a: 4 sentences, of which none can be held out; give at least 5"):
        split_corpus([[TaggedWord("a")]] * 4, "a", 0)


def test_the_task_is_the_first_that_has_tags(tmp_path: Path):
    assert find_task([[TaggedWord("a", "X", "Y")]], "a") == "xpos"
    assert find_task([[TaggedWord("a", "", "Y", "_")]], "a") == "upos"
    assert find_task([[TaggedWord("a", ner="O")]], "a") == "ner"
    with pytest.raises(CorpusError, match="a: no word has a tag of any kind"):
        find_task([[TaggedWord("a", feats="_")]], "a")


def test_words_are_selected_with_the_tags_of_a_task():
    found = select([[TaggedWord("a", "X"), TaggedWord("b")], [TaggedWord("c", "Y")]], "xpos", "a")
    assert found.words == [["a", "b"], ["c"]]
    assert found.tags == [["X", ""], ["Y"]]


def test_a_task_without_tags_names_those_with_tags():
    with pytest.raises(
        CorpusError, match=r"a: no word has a tag of the task ner; choose another --task \(upos, deprel\)"
    ):
        select([[TaggedWord("a", upos="X", deprel="det")]], "ner", "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "corpus.conllu: has no sentences"),
        ("# only = a comment\n", "corpus.conllu: has no sentences"),
        (UD + "1\ta\tb\n", "corpus.conllu:9: 3 columns, where CoNLL-U has 10 with tabs between them; correct it"),
        ("Some text.\n", "corpus.conllu:1: 1 columns, .*`spacy convert` makes Docs of other formats"),
        ("1\ta\0\n", "corpus.conllu:1: not UTF-8 text .*NUL"),
        (conllu([("a", "X")] * 10_001), "corpus.conllu: sentence 1: longer than 10,000 words; cut it"),
    ],
    ids=["empty", "comment", "columns", "text", "binary", "long"],
)
def test_broken_conllu_is_refused(tmp_path: Path, text: str, message: str):
    with pytest.raises(CorpusError, match=message):
        read_corpus(write(tmp_path, text))


def test_files_that_are_none_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="no such file; correct the path of the corpus"):
        read_corpus(tmp_path / "missing")
    with pytest.raises(ValueError, match="a directory, a pipe or a device"):
        read_corpus(tmp_path)
    (tmp_path / "a.spacy").write_bytes(b"x\x9cbroken")
    with pytest.raises(CorpusError, match="a.spacy: not a whole DocBin"):
        read_corpus(tmp_path / "a.spacy")


def test_compressed_conllu_is_read(tmp_path: Path):
    import gzip

    (tmp_path / "a.conllu.gz").write_bytes(gzip.compress(UD.encode("utf8")))
    assert len(read_corpus(tmp_path / "a.conllu.gz")) == 1


def test_every_task_is_a_field_of_words():
    assert corpus.get_args(corpus.Task) == TaggedWord._fields[1:]
