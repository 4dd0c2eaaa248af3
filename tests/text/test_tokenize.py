import json
import random

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_elmo.text import tokenize as module
from spacy_elmo.text.readers import CorpusError
from spacy_elmo.text.sentences import configure_sentences
from spacy_elmo.text.tokenize import tokenize_files
from tests.support.tokenizers import write_tokenizer

TEXT = "Mr. O'Neil isn't here. Is he?  No!\nNext paragraph, without an end\n\nA second document (short).\n"


def write(path, text=TEXT):
    path.write_text(text, encoding="utf8")
    return path


def test_sentences_are_those_the_pipe_sees_in_the_text(tmp_path):
    doc = spacy.blank("en")("Mr. O'Neil isn't here. Is he?  No!\nNext paragraph, without an end")
    spans = configure_sentences()([doc])[0]
    expected = [[token.text for token in span if not token.is_space] for span in spans if span.text.strip()]
    first, second = tokenize_files([write(tmp_path / "a.txt")])
    assert first == expected
    assert second == [["A", "second", "document", "(", "short", ")", "."]]


def test_long_sentences_are_cut(tmp_path):
    (document,) = tokenize_files([write(tmp_path / "a.txt", "word " * 250)])
    assert list(map(len, document)) == [100, 100, 50]


def test_any_number_of_processes_gives_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BATCH_CHARACTERS", 50)
    monkeypatch.setattr(module, "FEW", 2)
    texts = [f"Document {i} is here. It has two sentences." for i in range(40)]
    path = write(tmp_path / "a.jsonl", "".join(json.dumps({"text": text}) + "\n" for text in texts))
    tokenizer = write_tokenizer(tmp_path / "p", exception="two")
    alone = list(tokenize_files([path, path], tokenizer=tokenizer))
    assert len(alone) == 80
    assert alone[0][1] == ["It", "has", *"two", "sentences", "."]
    assert list(tokenize_files([path, path], tokenizer=tokenizer, n_process=2)) == alone


PIECES = """: ) :) 8-) don't can not cannot U.S. a.m. 10a.m. z.B. z. B. l'homme (e.g. x). "He said." http://a.b/c?d=1
1,000km ... !? Hello.World co-op “No” 。 's — e g.""".split()


@pytest.mark.parametrize("lang", ["en", "de", "fr", "xx"])
def test_words_are_those_of_the_tokenizer_whatever_stands_between(lang):
    rng, nlp, get_sentences = random.Random(0), spacy.blank(lang), configure_sentences()
    tokenizer = module._Tokenizer(lang)
    assert tokenizer.by_pieces
    for _ in range(400):
        gaps = rng.choices([" ", "  ", "\t", "\u00a0", " \n"], weights=[30, 1, 1, 1, 1], k=9)
        text = "".join(rng.choice(PIECES) + gap for gap in gaps).strip()
        (found,) = tokenizer([text])
        spans = get_sentences([nlp.make_doc(text)])[0]
        expected = [[token.text for token in span if not token.is_space] for span in spans]
        assert [words for words in module._sentences(*found) if words] == [words for words in expected if words], text


def test_a_piece_has_the_same_words_whatever_was_read_with_it():
    texts = ["'", "'em!'", "''", "'tis", "end.''", "see 'em.’", "x'"]
    together, alone = module._Tokenizer("en"), module._Tokenizer("en")
    assert together(texts) == [alone([text])[0] for text in texts]
    assert together(["see 'em.’"])[0][0] == ["see", "'em", ".", "’"]


def test_no_process_starts_for_text_that_is_done_sooner_without(tmp_path, monkeypatch):
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor.submit", None)
    assert len(list(tokenize_files([write(tmp_path / "a.txt")], n_process=2))) == 2


def test_sentences_of_words_between_spaces_stay_as_they_are(tmp_path):
    lines = ["今天 天气 很 好 啊", "Mr. Smith 's co-operation ( e.g. it ) .", "It did n't work . vs .", "w " * 300]
    path = write(tmp_path / "a.txt", "\n".join(lines[:3]) + "\n\n \n" + lines[3])
    sentences = [line.split() for line in lines]
    assert list(tokenize_files([path], lang="no such", lines="sentences")) == [sentences[:3], sentences[3:]]


def test_words_do_not_depend_on_how_the_lines_are_wrapped(tmp_path):
    text = "Prices had been rising for months. Nobody expected them to fall soon, he said.\n"
    wrapped = write(tmp_path / "b.txt", text.replace("for ", "for\n").replace("expected ", "expected\n"))
    whole = list(tokenize_files([write(tmp_path / "a.txt", text)]))
    assert list(tokenize_files([wrapped], lines="wrapped")) == whole != list(tokenize_files([wrapped]))


def test_lines_are_of_a_few_kinds():
    with pytest.raises(ValueError, match="lines = 'words': must be one of 'paragraphs', 'wrapped', 'sentences'"):
        list(tokenize_files([], lines="words"))


def test_a_doc_bin_is_known_by_its_first_bytes(tmp_path):
    DocBin(docs=[spacy.blank("en")("One.")]).to_disk(tmp_path / "docs.bin")
    assert list(tokenize_files([tmp_path / "docs.bin"])) == [[["One", "."]]]


def test_a_broken_doc_bin_is_named(tmp_path):
    (tmp_path / "a.spacy").write_bytes(b"nothing")
    with pytest.raises(CorpusError, match=r"a\.spacy: not a whole DocBin"):
        list(tokenize_files([tmp_path]))


def test_a_tokenizer_that_knows_too_many_words_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_LEXEMES", 0)
    monkeypatch.setattr(module, "BATCH_CHARACTERS", 1)
    write(tmp_path / "a.txt", "One document.\n\nAnd another.")
    assert list(tokenize_files([tmp_path])) == [[["One", "document", "."]], [["And", "another", "."]]]
    assert module._tokenizer.cache_info().currsize == 0


def test_the_language_decides_on_the_words(tmp_path):
    path = write(tmp_path / "a.txt", "isn't z.B.")
    assert next(tokenize_files([path], lang="de")) == [["isn't", "z.B."]]
    assert next(tokenize_files([path], lang="en"))[0][:2] == ["is", "n't"]


@pytest.mark.parametrize("lang", ["xyz", "no such"])
def test_a_language_that_spacy_does_not_have_is_named(tmp_path, lang):
    with pytest.raises(ValueError, match=f"lang = '{lang}': spaCy cannot make its tokenizer"):
        list(tokenize_files([write(tmp_path / "a.txt")], lang=lang))


def test_annotated_sentences_of_a_doc_bin_are_used_and_others_guessed(tmp_path):
    nlp = spacy.blank("en")
    annotated = Doc(nlp.vocab, ["a.", "b", "\n", "c"], sent_starts=[True, False, False, True])
    docs = [annotated, nlp("One. Two."), nlp("")]
    DocBin(docs=docs).to_disk(tmp_path / "a.spacy")
    assert list(tokenize_files([tmp_path])) == [[["a.", "b"], ["c"]], [["One", "."], ["Two", "."]]]


def test_documents_of_whitespace_are_left_out(tmp_path):
    path = write(tmp_path / "a.jsonl", '{"text": " \\n\\t"}\n{"text": "One"}')
    assert list(tokenize_files([path])) == [[["One"]]]


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_path_without_text_is_named(tmp_path, content):
    write(tmp_path / "a.txt")
    (tmp_path / "b").mkdir()
    write(tmp_path / "b" / "empty.txt", content)
    with pytest.raises(CorpusError, match="b: holds no text"):
        list(tokenize_files([tmp_path / "a.txt", tmp_path / "b"]))


def test_an_empty_file_among_others_is_passed_over(tmp_path):
    write(tmp_path / "a.txt", "")
    write(tmp_path / "b.txt", "One")
    assert list(tokenize_files([tmp_path])) == [[["One"]]]


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(CorpusError, match="nowhere: no such file"):
        list(tokenize_files([tmp_path / "nowhere"]))


def test_no_process_is_an_error():
    with pytest.raises(ValueError, match="n_process = 0"):
        list(tokenize_files([], n_process=0))
