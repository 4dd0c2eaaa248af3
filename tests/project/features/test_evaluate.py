"""Scores of words never seen in training, and of entities beside another scorer."""

import random

import pytest
import spacy
import srsly
from seqeval.metrics import classification_report, f1_score
from seqeval.scheme import IOB2
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from project.features.scripts import evaluate
from project.shared.corpora import read_docs
from project.shared.pipelines.scoring import score_unseen

NLP = spacy.blank("en")
WORDS = ["Anna", "Hall", "saw", "Oslo"]
GOLD = {"tags": ["A", "B", "C", "D"], "pos": ["PROPN", "PROPN", "VERB", "PROPN"], "heads": [2, 0, 2, 2],
        "deps": ["nsubj", "flat", "ROOT", "obj"], "ents": ["B-PER", "I-PER", "O", "B-LOC"]}  # fmt: skip
LABELS = ("PER", "LOC", "ORG", "MISC")


def example(**predicted):
    """Return an example whose prediction is right but for what is given."""
    return Example(Doc(NLP.vocab, words=WORDS, **(GOLD | predicted)), Doc(NLP.vocab, words=WORDS, **GOLD))


def test_words_that_training_has_are_left_out():
    predicted = example(tags=["X", "B", "X", "D"], pos=["X", "PROPN", "VERB", "X"])
    scores = score_unseen([predicted], seen={"Anna", "saw"})
    assert scores["words"] == 2
    assert (scores["tag_acc"], scores["pos_acc"]) == (1.0, 0.5)


def test_every_occurrence_counts():
    scores = score_unseen([example(tags=["A", "B", "C", "X"]), example(), example(tags=["X"] * 4)], seen=set(WORDS[:3]))
    assert scores["words"] == 3
    assert scores["tag_acc"] == pytest.approx(1 / 3)


def test_letter_case_makes_another_word():
    assert score_unseen([example()], seen={"anna", "Hall", "saw", "OSLO"})["words"] == 2


def test_heads_and_relations():
    predicted = example(heads=[2, 2, 2, 2], deps=["obj", "flat", "root", "obj"])
    scores = score_unseen([predicted], seen=set())
    assert scores["dep_uas"] == 3 / 4  # Hall has another head
    assert scores["dep_las"] == 2 / 4  # Anna another relation; letter case makes no difference, as in spaCy's scorer


def test_entity_counts_where_any_of_its_words_is_unseen():
    predicted = example(ents=["B-LOC", "I-LOC", "O", "B-LOC"])
    assert score_unseen([predicted], seen={"Anna", "saw"})["ents_f"] == pytest.approx(1 / 2)
    assert score_unseen([predicted], seen={"Anna", "Hall", "saw"})["ents_f"] == pytest.approx(1.0)
    assert score_unseen([predicted], seen={"saw", "Oslo"})["ents_f"] == 0.0


def test_entity_with_other_bounds_is_wrong():
    predicted = example(ents=["O", "B-PER", "O", "B-LOC"])  # one of two, and one found of two
    assert score_unseen([predicted], seen=set())["ents_f"] == pytest.approx(1 / 2)


def test_entities_of_several_sentences_are_one_score():
    predicted = [example(ents=["O"] * 4), example()]  # two of two are right, of four there are
    assert score_unseen(predicted, seen=set())["ents_f"] == pytest.approx(2 / 3)


def test_nothing_unseen():
    scores = score_unseen([example()], seen=set(WORDS))
    assert scores == {"words": 0}


def random_tags(rng, n_words):
    """Return tags in IOB2, with neighbours of one type and entities of several words among them."""
    tags = ["O"]
    for _ in range(n_words):
        choices = ["O", "O", f"B-{rng.choice(LABELS)}"]
        tags.append(rng.choice(choices + [f"I-{tags[-1][2:]}"] * (3 if tags[-1] != "O" else 0)))
    return tags[1:]


def read_tags(path, sentences):
    blocks = ("\n".join(f"w{i}\t{tag}" for i, tag in enumerate(tags)) for tags in sentences)
    path.write_text("\n\n".join(blocks), encoding="utf8")
    return read_docs(path, NLP.vocab)


@pytest.mark.parametrize("seed", range(3))
def test_entity_scores_agree_with_seqeval(tmp_path, seed):
    rng = random.Random(seed)
    gold = [random_tags(rng, rng.randint(1, 25)) for _ in range(100)]
    # Half of the sentences with other tags altogether, the rest right, so that there is something to be right about
    predicted = [random_tags(rng, len(tags)) if rng.random() < 0.5 else tags for tags in gold]
    docs = zip(read_tags(tmp_path / "predicted.iob", predicted), read_tags(tmp_path / "gold.iob", gold))
    ours = get_ner_prf([Example(*pair) for pair in docs])
    theirs = classification_report(gold, predicted, output_dict=True, mode="strict", scheme=IOB2)
    # tolerance: two orders of the same division
    assert ours["ents_f"] == pytest.approx(f1_score(gold, predicted), abs=1e-12)
    for label in LABELS:
        found = [ours["ents_per_type"][label][key] for key in "prf"]
        expected = [theirs[label][key] for key in ("precision", "recall", "f1-score")]
        assert found == pytest.approx(expected, abs=1e-12)


@pytest.fixture
def folder(tmp_path):
    """A pipeline that finds Oslo, and two sentences, the first of which is in training."""
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "Oslo"}])
    nlp.to_disk(tmp_path / "model")
    sentences = read_tags(tmp_path / "corpus.iob", [["B-PER", "O"]])
    docs = [*sentences, Doc(nlp.vocab, words=["w0", "Oslo", "Rome"], ents=["O", "B-LOC", "B-LOC"])]
    for name, part in (("train", docs[:1]), ("dev", docs), ("empty", [])):
        DocBin(docs=part).to_disk(tmp_path / f"{name}.spacy")
    return tmp_path


def arguments(folder, data):
    paths = [folder / "model", folder / data, "--train", folder / "train.spacy", "--output", folder / "scores.json"]
    return list(map(str, paths))


def test_scores_are_written(folder, call_main):
    assert call_main(evaluate.main, arguments(folder, "dev.spacy"))[0] == 0
    found = srsly.read_json(folder / "scores.json")
    # one of three is found, and nothing else; of those with an unseen word, one of two
    assert found["scores"]["ents_f"] == pytest.approx(1 / 2)
    assert (found["unseen"]["words"], found["unseen"]["ents_f"]) == (2, pytest.approx(2 / 3))
    assert found["scores"]["speed"] > 0
    assert found["raw"] == {}  # the spaces of the text are not known


@pytest.mark.parametrize(("tags", "expected"), [(["PROPN", "X"], True), (["NNP", "X"], None), (["", ""], None)])
def test_tags_that_are_upos_are_noted(tags, expected, folder, call_main):
    doc = Doc(NLP.vocab, words=["Oslo", "w0"], tags=tags, pos=["PROPN", "X"] if tags[0] else None)
    DocBin(docs=[doc]).to_disk(folder / "dev.spacy")
    assert call_main(evaluate.main, arguments(folder, "dev.spacy"))[0] == 0
    assert srsly.read_json(folder / "scores.json").get("tags_are_upos") is expected


def test_scores_from_raw_text(folder, call_main):
    nlp = spacy.load(folder / "model")
    docs = [Doc(nlp.vocab, words=["Oslo", "-Rome"], spaces=[False, False], ents=["B-LOC", "B-LOC"])]
    DocBin(docs=docs).to_disk(folder / "dev.spacy")
    assert call_main(evaluate.main, arguments(folder, "dev.spacy"))[0] == 0
    found = srsly.read_json(folder / "scores.json")
    assert found["scores"]["ents_r"] == pytest.approx(1 / 2)
    assert (found["raw"]["ents_r"], found["raw"]["token_f"]) == (pytest.approx(1 / 2), pytest.approx(2 / 5))


def test_empty_data(folder, call_main):
    code, _ = call_main(evaluate.main, arguments(folder, "empty.spacy"))
    assert "empty.spacy: no sentences in it" in code
    assert not (folder / "scores.json").exists()
