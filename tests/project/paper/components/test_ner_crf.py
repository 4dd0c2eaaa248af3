"""The factory "ner_crf": entities by a biLSTM and a conditional random field."""

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from thinc.api import fix_random_seed

from project.paper.components import code  # noqa: F401
from tests.support.pipelines import EMBED, LISTENER, make_examples, train, unannotated

LSTM = {"@architectures": "spacy-elmo-paper.BiLSTM.v1", "width": 12, "depth": 1, "dropout": 0.0}


def tok2vec(features=None, encode=LSTM):
    recipe = {"@architectures": "spacy-elmo.ElmoTok2Vec.v1", "embed": EMBED, "encode": encode}
    return {**recipe, "input": features, "output": features}


def add(nlp, **settings):
    return nlp.add_pipe("ner_crf", config={"model": {"tok2vec": tok2vec(**settings)}})


def make_pipeline(**settings):
    fix_random_seed(0)
    nlp = spacy.blank("en")
    add(nlp, **settings)
    return nlp


def entities(docs):
    return [[(ent.start, ent.end, ent.label_) for ent in doc.ents] for doc in docs]


@pytest.fixture(scope="module")
def trained():
    """A pipeline that has learned its examples, these, and its losses."""
    nlp = make_pipeline()
    examples = make_examples(nlp, 6)
    nlp.initialize(lambda: examples)
    return nlp, examples, train(nlp, examples, steps=12)


def test_it_learns(trained):
    nlp, examples, (first, last) = trained
    assert last["ner_crf"] < 0.1 * first["ner_crf"]
    assert nlp.evaluate(examples)["ents_f"] == 1.0


def test_it_listens_to_elmo(tiny_model):
    fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model), "frozen": False})
    pipe = add(nlp, features=LISTENER)
    examples = make_examples(nlp, 4)
    nlp.initialize(lambda: examples)
    before = [node.get_param("gamma").copy() for node in pipe.model.walk() if node.has_param("gamma")]
    first, last = train(nlp, examples, steps=10)
    after = [node.get_param("gamma") for node in pipe.model.walk() if node.has_param("gamma")]
    assert last["ner_crf"] < first["ner_crf"]
    assert len(before) == 2
    assert all((one != two).all() for one, two in zip(before, after))


def test_predictions_do_not_depend_on_the_batch(trained):
    nlp, examples, _ = trained
    docs = unannotated(examples)
    docs.insert(1, Doc(nlp.vocab, words=["Anna", "saw"]))
    alone = [nlp.get_pipe("ner_crf").model.predict([doc])[0][0] for doc in docs]
    together = nlp.get_pipe("ner_crf").model.predict(docs)[0]
    for one, two in zip(alone, together):
        assert one == pytest.approx(two, abs=1e-5)  # sums in another order


def test_a_pipeline_comes_back_from_disk_and_from_bytes(trained, tmp_path):
    nlp, examples, _ = trained
    expected = entities(nlp.pipe(unannotated(examples)))
    nlp.to_disk(tmp_path)
    for again in (spacy.load(tmp_path), make_pipeline().from_bytes(nlp.to_bytes())):
        assert again.get_pipe("ner_crf").labels == ("PERSON", "PLACE")
        assert entities(again.pipe(unannotated(make_examples(again, 6)))) == expected


def test_weights_are_not_pickled(trained):
    nlp, _, _ = trained
    saved = nlp.get_pipe("ner_crf").model.to_bytes()
    assert b"data.pkl" not in saved
    assert b"lstm.weight_ih_l0" in saved


@pytest.mark.parametrize("words", [[], ["Anna"], [" ", "\n"], ["Anna", "\n", "Bob", " "]])
def test_docs_of_few_words(trained, words):
    nlp, _, _ = trained
    doc = nlp(Doc(nlp.vocab, words=words))
    assert all(not ent[0].is_space and not ent[-1].is_space for ent in doc.ents)
    assert [token.text for token in doc if token.ent_type_ == "PERSON"] == [word for word in words if word.strip()]


def test_training_takes_docs_of_few_words(trained):
    nlp, _, _ = trained
    examples = [Example.from_dict(Doc(nlp.vocab, words=words), {}) for words in ([], [" "], ["Anna"])]
    assert nlp.update(examples, sgd=False)["ner_crf"] == 0.0


def test_words_without_annotation_teach_nothing(trained):
    nlp, examples, _ = trained
    blank = [Example(doc, doc.copy()) for doc in unannotated(examples)]
    assert nlp.update(blank, sgd=False)["ner_crf"] == pytest.approx(0.0, abs=1e-4)  # the same sum, twice


def test_spaces_within_entities_and_before_them(trained):
    nlp, _, _ = trained
    words, ents = ["\n", "New", " ", "York", "shines"], ["O", "B-PLACE", "I-PLACE", "I-PLACE", "O"]
    eg = Example(Doc(nlp.vocab, words=words), Doc(nlp.vocab, words=words, ents=ents))
    gold = nlp.get_pipe("ner_crf")._find_gold(eg, [1, 3, 4])
    assert gold[1].tolist() == [False, False, False, True, False]
    assert gold[3].tolist() == [False, False, False, False, True]
    assert gold[4].tolist() == [True, False, False, False, False]


def test_labels_can_be_given():
    nlp = make_pipeline()
    examples = make_examples(nlp, 3)
    nlp.config["initialize"]["components"]["ner_crf"] = {"labels": ["PLACE", "PERSON", "TIME"]}
    nlp.initialize(lambda: examples)
    assert nlp.get_pipe("ner_crf").label_data == ("PLACE", "PERSON", "TIME")
    train(nlp, examples, steps=1)


def test_examples_without_entities_are_an_error():
    nlp = make_pipeline()
    example = Example.from_dict(Doc(nlp.vocab, words=["Anna"]), {})
    with pytest.raises(ValueError, match="ner_crf: no entities in the examples"):
        nlp.initialize(lambda: [example])


def test_labels_unknown_to_it_are_an_error(trained):
    nlp, _, _ = trained
    example = Example.from_dict(Doc(nlp.vocab, words=["Anna"]), {"entities": ["U-GOD"]})
    with pytest.raises(ValueError, match="ner_crf: no such label: GOD"):
        nlp.update([example])


def test_an_odd_width_is_an_error():
    with pytest.raises(ValueError, match="width = 13: must be even"):
        make_pipeline(encode={**LSTM, "width": 13})


def test_predictions_fit_into_a_docbin(trained):
    nlp, examples, _ = trained
    docs = list(nlp.pipe(unannotated(examples)))
    again = DocBin().from_bytes(DocBin(docs=docs).to_bytes()).get_docs(spacy.blank("en").vocab)
    assert entities(again) == entities(docs)


def test_the_same_seed_gives_the_same_model():
    def losses():
        nlp = make_pipeline(encode={**LSTM, "dropout": 0.5})
        examples = make_examples(nlp, 3)
        nlp.initialize(lambda: examples)
        fix_random_seed(1)
        return train(nlp, examples, steps=3)

    assert losses() == losses()


def test_it_cannot_predict_before_it_is_initialized():
    with pytest.raises(ValueError, match="a component without labels: initialize it"):
        make_pipeline()("Anna read books")
