import gzip
import json
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from spacy.training.converters import conllu_to_docs

from spacy_elmo.embedding import records as module
from spacy_elmo.embedding.records import Problems, Reading, Record
from spacy_elmo.text.readers import CorpusError


def read(path: Path, content: str | bytes, *, on_error: str = "fail", **settings) -> list[Record]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf8"))
    given = {"lines": "paragraphs", "whole": False, "key": "text", "lang": "en", **settings}
    return list(Reading(**given, problems=Problems(on_error, said.append)).records(path, path.name))


said: list[str] = []


@pytest.fixture(autouse=True)
def silence():
    said.clear()


def test_a_line_is_a_record_with_its_place(tmp_path: Path):
    found = read(tmp_path / "a.txt", "\ufeffOne.\r\n\r\n  Two. \nThree.")
    assert found == [{"id": f"a.txt:{n}", "text": text} for n, text in ((1, "One."), (3, "Two."), (4, "Three."))]


def test_a_document_is_a_record_where_documents_are_wanted(tmp_path: Path):
    found = read(tmp_path / "a.txt", "One.\nTwo.\n\n\nThree.", whole=True)
    assert found == [{"id": "a.txt:1", "text": "One.\nTwo."}, {"id": "a.txt:5", "text": "Three."}]


def test_wrapped_lines_are_joined_up_to_a_blank_one(tmp_path: Path):
    found = read(tmp_path / "a.txt", "One\ntwo.\n\nThree.", lines="wrapped")
    assert found == [{"id": "a.txt:1", "text": "One two."}, {"id": "a.txt:4", "text": "Three."}]


def test_tokenized_lines_are_sentences(tmp_path: Path):
    found = read(tmp_path / "a.txt", "One  . two\nThree\n", lines="sentences")
    assert [record["sentences"] for record in found] == [[["One", ".", "two"]], [["Three"]]]


def test_a_blank_line_among_sentences_is_fatal_or_left_out(tmp_path: Path):
    with pytest.raises(CorpusError, match=r"a\.txt:2: a blank line, .*--on-error skip"):
        read(tmp_path / "a.txt", "One\n\nTwo", lines="sentences")
    found = read(tmp_path / "a.txt", "One\n\nTwo", lines="sentences", on_error="skip")
    assert [record["id"] for record in found] == ["a.txt:1", "a.txt:3"]
    assert said == ["Warning: a.txt:2: a blank line, where each line is a sentence; it is left out"]


def test_ten_thousand_blank_lines_are_told_in_a_few(tmp_path: Path):
    problems = Problems("skip", said.append)
    (tmp_path / "a.txt").write_text("\n" * 10_000 + "One", encoding="utf8")
    reading = Reading("sentences", False, "text", "en", problems)
    assert len(list(reading.records(tmp_path / "a.txt", "a.txt"))) == 1
    problems.tell()
    assert len(said) == module.SHOWN + 1
    assert "10,000 lines or records are left out" in said[-1]


def test_a_long_line_comes_in_pieces_with_ids_of_their_own(tmp_path: Path):
    found = read(tmp_path / "a.txt", "word " * 5000 + "\nnext")
    assert [record["id"] for record in found] == ["a.txt:1", "a.txt:1+1", "a.txt:1+2", "a.txt:2"]
    assert sum(len(record["text"].split()) for record in found) == 5001


def test_a_line_beyond_all_bounds_is_a_broken_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "LONGEST_LINE", 50)
    found = read(tmp_path / "a.jsonl", f'{{"text": "{"a " * 99}"}}\n{{"text": "b"}}', on_error="skip")
    assert [record["text"] for record in found] == ["b"]
    assert "a.jsonl:1: longer than 50 characters" in said[0]


def test_a_sentence_of_too_many_words_is_a_broken_record(tmp_path: Path):
    with pytest.raises(CorpusError, match="a sentence of more than 10,000 words; cut it"):
        read(tmp_path / "a.txt", "w " * 10_001, lines="sentences")


@pytest.mark.parametrize(("bad", "why"), [(b"caf\xe9", "of another encoding"), (b"a\0b", "a NUL character")])
def test_a_line_that_is_no_text_is_named(tmp_path: Path, bad: bytes, why: str):
    with pytest.raises(CorpusError, match=rf"a\.txt:2: not UTF-8 text \(.*{why}"):
        read(tmp_path / "a.txt", b"One.\n" + bad + b"\nThree.")
    assert len(read(tmp_path / "a.txt", b"One.\n" + bad + b"\nThree.", on_error="skip")) == 2


def test_objects_have_text_or_words_and_may_have_an_id(tmp_path: Path):
    lines = [{"text": "One. Two.", "id": 7}, {"text": ["a", "b"]}, {"text": [["a"], ["b", "c"]], "id": "x"}]
    found = read(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)))
    assert found == [
        {"id": "7", "text": "One. Two."},
        {"id": "a.jsonl:2", "sentences": [["a", "b"]]},
        {"id": "x", "sentences": [["a"], ["b", "c"]]},
    ]


def test_the_key_of_the_text_can_be_another(tmp_path: Path):
    assert read(tmp_path / "a.jsonl", '{"body": "One"}', key="body")[0]["text"] == "One"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"body": "x"}', 'no text or words under the key "text"'),
        ('{"text": "x', "not JSON"),
        ('{"text": "  "}', 'only blanks under the key "text"'),
        ('{"text": ["a", ""]}', "no text or words"),
        ("7", "no text or words"),
        ("", "a blank line"),
    ],
)
def test_broken_objects_are_named(tmp_path: Path, line: str, problem: str):
    content = f'{{"text": "One"}}\n{line}\n{{"text": "Two"}}'
    with pytest.raises(CorpusError, match=rf"a\.jsonl:2: {problem}"):
        read(tmp_path / "a.jsonl", content)
    assert [record["text"] for record in read(tmp_path / "a.jsonl", content, on_error="skip")] == ["One", "Two"]


def test_an_array_of_json_is_refused(tmp_path: Path):
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: an array of JSON"):
        read(tmp_path / "a.jsonl", '[{"text": "One"}]', on_error="skip")


def test_compressed_files_are_read(tmp_path: Path):
    assert read(tmp_path / "a.txt.gz", gzip.compress(b"One."))[0]["text"] == "One."


ROW = "{}\t{}\t_\t_\t_\t_\t_\t_\t_\t_\n"
CONLLU = (
    "# newdoc id = d1\n# text = du pain\n"
    + "".join(ROW.format(*row) for row in (("1-2", "du"), ("1", "de"), ("2", "le"), ("2.1", "x"), ("3", "pain")))
    + "\n"
    + ROW.format("1", "Oui")
    + "\n# newdoc\n"
    + ROW.format("1", "Non")
)


def test_words_of_conllu_are_those_of_spacys_converter(tmp_path: Path):
    found = read(tmp_path / "a.conllu", CONLLU)
    assert [record["id"] for record in found] == ["a.conllu:1", "a.conllu:9", "a.conllu:11"]
    words = [token.text for doc in conllu_to_docs(CONLLU, no_print=True) for token in doc]
    assert [word for record in found for sentence in record["sentences"] for word in sentence] == words


def test_conllu_is_known_by_its_lines_and_has_documents(tmp_path: Path):
    found = read(tmp_path / "a.txt", CONLLU, whole=True)
    assert [record["sentences"] for record in found] == [[["de", "le", "pain"], ["Oui"]], [["Non"]]]


def test_a_broken_line_of_conllu_is_named(tmp_path: Path):
    with pytest.raises(CorpusError, match=r"a\.conllu:2: 3 columns, where CoNLL-U has 10"):
        read(tmp_path / "a.conllu", ROW.format("1", "One") + "2\ttwo\t_\n")


def test_iob_in_lines_and_in_columns(tmp_path: Path):
    assert [r["sentences"] for r in read(tmp_path / "a.iob", "Anna|B-PER saw|VBD|O\nBob|B-PER\n")] == [
        [["Anna", "saw"]],
        [["Bob"]],
    ]
    found = read(tmp_path / "b.iob", "-DOCSTART- -X- O O\n\nAnna NNP B-PER\nsaw VBD O\n\nBob NNP B-PER\n", whole=True)
    assert [record["sentences"] for record in found] == [[["Anna", "saw"], ["Bob"]]]


def test_a_broken_line_of_iob_is_named(tmp_path: Path):
    with pytest.raises(CorpusError, match=r"a\.iob:2: 'saw' is not word\|TAG"):
        read(tmp_path / "a.iob", "Anna|B-PER\nsaw\n")


def test_docs_keep_words_spaces_and_sentences(tmp_path: Path):
    nlp = spacy.blank("de")
    docs = [nlp("Ja, z.B."), Doc(nlp.vocab, ["a", "b"], [False, True], sent_starts=[True, True]), nlp(" \n")]
    DocBin(docs=docs).to_disk(tmp_path / "a.spacy")
    found = read(tmp_path / "a.spacy", (tmp_path / "a.spacy").read_bytes(), on_error="skip")
    assert [record["words"] for record in found] == [["Ja", ",", "z.B."], ["a", "b"]]
    assert found[1] == {"id": "a.spacy:1", "words": ["a", "b"], "spaces": [False, True], "starts": [True, True]}
    assert said == ["Warning: a.spacy:2: a Doc without words; it is left out"]


ANNOTATED = "1\tPlays\tplay\tNOUN\tNNS" + "\t_" * 5 + "\n2\t_\t_\t_\t_" + "\t_" * 5 + "\n"


@pytest.mark.parametrize("whole", [False, True])
def test_annotations_of_conllu_are_read_where_they_are_wanted(tmp_path: Path, whole: bool):
    text = f"# newdoc\n{ANNOTATED}\n{ANNOTATED}"
    found = read(tmp_path / "a.conllu", text, annotations=True, whole=whole)
    sentence = [["play", "NOUN", "NNS"], ["", "", ""]]
    assert [record["annotations"] for record in found] == ([[sentence] * 2] if whole else [[sentence]] * 2)
    assert not any("annotations" in record for record in read(tmp_path / "a.conllu", text))


def test_annotations_of_docs_are_read_where_they_are_wanted(tmp_path: Path):
    vocab = spacy.blank("en").vocab
    docs = [
        Doc(vocab, ["Plays", "\n"], lemmas=["play", ""], pos=["NOUN", "SPACE"], tags=["NNS", ""]),
        Doc(vocab, ["Nothing"]),
    ]
    data = DocBin(docs=docs).to_bytes()
    found = read(tmp_path / "a.spacy", data, annotations=True)
    assert found[0]["annotations"] == [["play", "NOUN", "NNS"], ["", "SPACE", ""]]
    assert "annotations" not in found[1]
    assert "annotations" not in read(tmp_path / "a.spacy", data)[0]


def test_files_of_iob_have_no_annotations(tmp_path: Path):
    assert "annotations" not in read(tmp_path / "a.iob", "We|PRP|O play|VBP|O", annotations=True)[0]
