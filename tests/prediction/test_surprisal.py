from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from spacy_elmo.prediction import LanguageModel, log_probability
from spacy_elmo.pretraining import measure_files

TEXT = "The bank of  the river.\nWe sat on the shore of the river. It rains!"


@pytest.fixture
def nlp(predictor_folder: Path) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo_surprisal", config={"pretrained": str(predictor_folder)})
    return nlp


def surprisals(doc: Doc) -> np.ndarray:
    return np.stack([token._.elmo_surprisal for token in doc])


def test_the_mean_is_the_log_perplexity_that_the_command_prints(nlp: Language, predictor_folder: Path, tmp_path: Path):
    text = " ".join([TEXT.replace("\n", " ")] * 12)
    (tmp_path / "a.txt").write_text(text, encoding="utf8")
    (row,) = measure_files(str(predictor_folder), [tmp_path / "a.txt"])
    expected = np.log2([row["forward"], row["backward"]])
    assert nlp(text)._.elmo_surprisal == pytest.approx(expected, abs=1e-4)


def test_a_token_has_the_bits_of_both_directions(nlp: Language, predictor_folder: Path):
    doc = nlp("The bank. The shore")
    found = LanguageModel.load(predictor_folder).log_likelihoods([["The", "bank", "."], ["The", "shore"]])
    found = -found[:, [1, 2, 3, 6, 7]].T / np.log(2)
    assert surprisals(doc) == pytest.approx(found, abs=1e-5)  # float32
    assert (surprisals(doc) > 0).all()


def test_whitespace_is_not_predicted(nlp: Language):
    doc = nlp(TEXT)
    assert [np.isnan(token._.elmo_surprisal).all() for token in doc] == [token.is_space for token in doc]
    words = nlp(Doc(nlp.vocab, words=[token.text for token in doc if not token.is_space]))
    assert words._.elmo_surprisal == pytest.approx(doc._.elmo_surprisal)


def test_annotated_sentences_are_read(nlp: Language):
    words = ["the", "bank", "the", "river"]
    one, two = (Doc(nlp.vocab, words=words, sent_starts=starts) for starts in ([1, 0, 0, 0], [1, 0, 1, 0]))
    assert not np.allclose(nlp(one)._.elmo_surprisal, nlp(two)._.elmo_surprisal)


def test_sentences_add_up_to_the_doc_with_their_markers(nlp: Language):
    nlp.add_pipe("sentencizer", first=True)
    doc = nlp("The bank. We sat on the shore. It rains!")
    parts = [log_probability(sentence) for sentence in doc.sents]
    assert len(parts) == 3
    assert log_probability(doc) == pytest.approx(np.sum(parts, axis=0))
    n_predictions = len(doc) + 2 * 3 - 1
    assert doc._.elmo_surprisal == pytest.approx(-log_probability(doc) / np.log(2) / n_predictions)


def test_a_part_of_a_sentence_has_only_its_words(nlp: Language):
    span = nlp("The bank of the river.")[1:3]
    words = [token._.elmo_surprisal for token in span]
    assert span._.elmo_surprisal == pytest.approx(np.mean(words, axis=0))
    assert log_probability(span) == pytest.approx(-np.sum(words, axis=0) * np.log(2))


def test_a_merged_token_has_the_sum_of_its_parts(nlp: Language):
    doc = nlp("The bank of  the river.")
    before, mean = surprisals(doc), doc._.elmo_surprisal
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[1:4])
    assert doc[1]._.elmo_surprisal == pytest.approx(before[1] + before[2], abs=1e-5)  # float32
    assert doc[2]._.elmo_surprisal == pytest.approx(before[4])
    assert doc._.elmo_surprisal == pytest.approx(mean)


def test_a_long_sentence_is_cut_as_the_command_cuts_it(nlp: Language, predictor_folder: Path, tmp_path: Path):
    text = " ".join(["the bank of"] * 70)
    (tmp_path / "a.txt").write_text(text, encoding="utf8")
    (row,) = measure_files(str(predictor_folder), [tmp_path / "a.txt"])
    assert nlp(text)._.elmo_surprisal[0] == pytest.approx(np.log2(row["forward"]), abs=1e-4)


@pytest.mark.parametrize("text", ["", " \n "])
def test_a_doc_without_words_has_none(nlp: Language, text: str):
    doc = nlp(text)
    assert np.isnan(doc._.elmo_surprisal).all()
    assert log_probability(doc).tolist() == [0, 0]


def test_they_survive_a_docbin(nlp: Language):
    doc = nlp(TEXT)
    (again,) = DocBin().from_bytes(DocBin(docs=[doc], store_user_data=True).to_bytes()).get_docs(nlp.vocab)
    assert np.array_equal(surprisals(again), surprisals(doc), equal_nan=True)
    assert np.array_equal(again._.elmo_surprisal, doc._.elmo_surprisal)


def test_a_doc_that_the_pipe_has_not_seen_has_none(nlp: Language):
    doc = nlp.make_doc("The bank")
    assert doc._.elmo_surprisal is None
    assert doc[0]._.elmo_surprisal is None
    with pytest.raises(ValueError, match="no surprisals of a pipe 'elmo_surprisal': run one"):
        log_probability(doc)


def test_another_text_has_none_of_them(nlp: Language):
    part = nlp("The bank of the river.")[1:3].as_doc(copy_user_data=True)
    assert part._.elmo_surprisal is None


@pytest.mark.parametrize("data", [5, {}, {"bits": np.zeros((2, 2))}])
def test_data_of_another_program_are_refused(nlp: Language, data: object):
    doc = nlp.make_doc("The bank")
    doc._.elmo_surprisal_data = data
    with pytest.raises(ValueError, match=r"another version or program: run the pipe on the Doc again, or remove"):
        doc._.elmo_surprisal  # noqa: B018
