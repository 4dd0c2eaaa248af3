"""The factory "srl": predicates and their arguments."""

import numpy as np
import pytest
import spacy
from spacy.ml.models.tok2vec import MultiHashEmbed
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from thinc.api import Model, fix_random_seed

from project.paper.components import code  # noqa: F401
from project.paper.components.role_tagger import build_semantic_roles
from project.paper.components.srl import SemanticRoles
from spacy_elmo.pipeline.mixes import find_mixes
from tests.support.pipelines import EMBED, LISTENER, train

NAMES, VERBS, THINGS = ["Anna", "Bob", "Carl"], ["read", "sold", "liked"], ["books", "letters"]


def make_doc(vocab, name, verb, thing):
    """Two predicates, the second of two words and with an argument in two pieces."""
    doc = Doc(vocab, words=[name, verb, "old", thing, "and", "wrote", "down", thing, "today"])
    roles = [(0, 1, "ARG0", 1), (1, 2, "V", 1), (2, 4, "ARG1", 1)]
    roles += [(0, 1, "ARG0", 5), (5, 7, "V", 5), (7, 8, "ARG1", 5), (8, 9, "C-ARG1", 5)]
    doc.spans["srl"] = [Span(doc, start, end, role, span_id=str(i)) for start, end, role, i in roles]
    return doc


def make_examples(nlp, n=6):
    pairs = [(name, verb, THINGS[i % 2]) for i, name in enumerate(NAMES) for verb in VERBS][:n]
    docs = [make_doc(nlp.vocab, *words) for words in pairs]
    return [Example(plain(doc), doc) for doc in docs]


def plain(doc):
    return Doc(doc.vocab, words=[token.text for token in doc])


def add(nlp, features=None, **settings):
    recipe = {"@architectures": "spacy-elmo.ElmoTok2Vec.v1", "embed": EMBED, "encode": {"@layers": "noop.v1", "*": {}}}
    model = {
        "tok2vec": {**recipe, "input": features, "output": None},
        "output": features,
        "width": 12,
        "depth": 2,
        "dropout": 0.0,
    }
    return nlp.add_pipe("srl", config={"model": {**model, **settings}})


def make_pipeline(**settings):
    fix_random_seed(0)
    nlp = spacy.blank("en")
    add(nlp, **settings)
    return nlp


def roles(docs):
    return [[(span.start, span.end, span.label_, span.id_) for span in doc.spans["srl"]] for doc in docs]


@pytest.fixture(scope="module")
def trained():
    """A pipeline that has learned its examples, these, and its losses."""
    nlp = make_pipeline()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    return nlp, examples, train(nlp, examples, steps=25)


def test_it_learns_predicates_and_roles(trained):
    nlp, examples, (first, last) = trained
    assert last["srl"] < 0.1 * first["srl"]
    scores = nlp.evaluate(examples)
    assert scores["srl_f"] == scores["predicates_f"] == scores["srl_perfect"] == pytest.approx(1.0)
    assert roles(nlp.pipe(plain(eg.reference) for eg in examples)) == roles(eg.reference for eg in examples)


def test_roles_of_a_token(trained):
    nlp, examples, _ = trained
    doc = nlp(plain(examples[0].reference))
    assert [(span.text, span.label_) for span in doc[1]._.srl] == [
        ("Anna", "ARG0"),
        ("read", "V"),
        ("old books", "ARG1"),
    ]
    assert doc[0]._.srl == plain(doc)[1]._.srl == []


def test_predicates_can_be_given(trained):
    nlp, examples, _ = trained
    doc = plain(examples[0].reference)
    doc.spans["predicates"] = [doc[5:7], doc[3:4]]
    assert [span.start for span in nlp(doc).spans["srl"] if span.label_ == "V"] == [3, 5]
    doc.spans["predicates"] = []
    assert len(nlp(doc).spans["srl"]) == 0


def test_frames_are_sentences(trained):
    nlp, _, _ = trained
    doc = Doc(nlp.vocab, words=["Anna", "read", "books", "Bob", "sold", "letters"], sent_starts=[1, 0, 0, 1, 0, 0])
    doc.spans["predicates"] = [doc[4:5]]
    together = nlp(doc)
    alone = Doc(nlp.vocab, words=["Bob", "sold", "letters"])
    alone.spans["predicates"] = [alone[1:2]]
    assert [[(a - 3, b - 3, role) for a, b, role, _ in roles([together])[0]]] == [
        [(a, b, role) for a, b, role, _ in roles([nlp(alone)])[0]]
    ]


def test_it_listens_to_elmo(tiny_model):
    fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    pipe = add(nlp, features=LISTENER)
    examples = make_examples(nlp, 3)
    nlp.initialize(lambda: examples)
    mixes = [node for node in pipe.model.walk() if node.has_param("gamma")]
    before = [node.get_param("gamma").copy() for node in mixes]
    first, last = train(nlp, examples, steps=5)
    assert last["srl"] < first["srl"]
    assert len(mixes) == 2
    assert [mix["place"] for mix in find_mixes(nlp)] == ["input", "output"]
    assert all((node.get_param("gamma") != value).all() for node, value in zip(mixes, before))


@pytest.mark.parametrize("place", ["before", "behind"])
def test_features_get_the_gradient_of_the_loss(place):
    fix_random_seed(0)
    nlp = spacy.blank("en")
    examples = make_examples(nlp, 2)
    rows, received = [np.random.randn(9, 8).astype("float32") for _ in examples], []
    features = Model("features", lambda model, docs, is_train: (rows[: len(docs)], received.append), dims={"nO": 8})
    before, behind = (features, None) if place == "before" else (MultiHashEmbed(6, ["NORM"], [50], False), features)
    pipe = SemanticRoles(nlp.vocab, build_semantic_roles(before, behind, width=6, depth=2, dropout=0.0))
    pipe.initialize(lambda: examples)
    inputs, step = ([eg.predicted for eg in examples], [[1, 5], [1, 5]]), 1e-2
    scores, backprop = pipe.model.begin_update(inputs)
    backprop(pipe.get_loss(examples, scores)[1])
    for doc, number in [(0, (1, 3)), (1, (5, 7)), (1, (8, 0))]:
        losses = []
        for change in (step, -2 * step):
            rows[doc][number] += change
            losses.append(pipe.get_loss(examples, pipe.model.predict(inputs))[0])
        rows[doc][number] += step
        slope = (losses[0] - losses[1]) / (2 * step)
        assert received[0][doc][number] == pytest.approx(slope, abs=2e-3, rel=0.02)  # float32


def test_predictions_do_not_depend_on_the_batch(trained):
    nlp, examples, _ = trained
    docs = [plain(eg.reference) for eg in examples[:3]] + [Doc(nlp.vocab, words=["Anna", "read"])]
    model = nlp.get_pipe("srl").model
    together = model.predict((docs, [[1]] * 4))
    for frame, end in zip(together.frames, [2, 11, 20, 29]):
        alone = model.predict(([docs[frame.doc]], [[1]]))
        rows = together.roles[end - len(frame.words) : end]
        assert rows == pytest.approx(alone.roles, abs=1e-5)  # sums in another order


def test_a_pipeline_comes_back_from_disk_and_from_bytes(trained, tmp_path):
    nlp, examples, _ = trained
    nlp.to_disk(tmp_path)
    for again in (spacy.load(tmp_path), make_pipeline().from_bytes(nlp.to_bytes())):
        assert again.get_pipe("srl").labels == ("ARG0", "ARG1", "C-ARG1", "V")
        docs = [Doc(again.vocab, words=[token.text for token in eg.reference]) for eg in examples]
        assert roles(again.pipe(docs)) == roles(eg.reference for eg in examples)
    assert b"data.pkl" not in nlp.get_pipe("srl").model.to_bytes()


@pytest.mark.parametrize("words", [[], ["read"], [" ", "\n"], ["Anna", "\n", "read", " "]])
def test_docs_of_few_words(trained, words):
    nlp, _, _ = trained
    doc = Doc(nlp.vocab, words=words)
    doc.spans["predicates"] = [doc[i : i + 1] for i in range(len(doc))]
    for found in (nlp(doc), nlp(Doc(nlp.vocab, words=words))):
        assert all(not span[0].is_space and not span[-1].is_space for span in found.spans["srl"])
    verbs = [span.start for span in doc.spans["srl"] if span.label_ == "V"]
    assert verbs == [i for i, word in enumerate(words) if word.strip()]


def test_training_takes_docs_of_few_words_and_without_annotation(trained):
    nlp, _, _ = trained
    docs = [Doc(nlp.vocab, words=words) for words in ([], [" "], ["Anna"])]
    assert nlp.update([Example(doc, doc.copy()) for doc in docs], sgd=False)["srl"] == 0.0


@pytest.mark.parametrize("words", [["Anna", "reread", "bo", "oks"], ["Anna", "re", "read", "books"]])
def test_tokens_may_differ_in_training(trained, words):
    nlp, _, _ = trained
    gold = Doc(nlp.vocab, words=["Anna", "reread", "books"])
    gold.spans["srl"] = [Span(gold, 1, 2, "V", span_id="1"), Span(gold, 2, 3, "ARG1", span_id="1")]
    spaces = [word not in ("bo", "re") for word in words]
    assert nlp.update([Example(Doc(nlp.vocab, words=words, spaces=spaces), gold)], sgd=False)["srl"] > 0.0


def test_examples_without_roles_are_an_error():
    nlp = make_pipeline()
    example = Example.from_dict(Doc(nlp.vocab, words=["Anna"]), {})
    with pytest.raises(ValueError, match="srl: no roles in the examples"):
        nlp.initialize(lambda: [example])


@pytest.mark.parametrize(
    ("role", "name", "problem"),
    [("ARG7", "1", "no such role: ARG7"), ("ARG0", "", "`span_id` ''"), ("ARG0", "9", "`span_id` '9'")],
)
def test_roles_that_cannot_be_learned_are_an_error(trained, role, name, problem):
    nlp, _, _ = trained
    doc = Doc(nlp.vocab, words=["Anna", "read"])
    doc.spans["srl"] = [Span(doc, 0, 1, role, span_id=name)]
    with pytest.raises(ValueError, match=problem):
        nlp.update([Example(plain(doc), doc)])


def test_predictions_fit_into_a_docbin(trained):
    nlp, examples, _ = trained
    docs = list(nlp.pipe(plain(eg.reference) for eg in examples))
    again = DocBin().from_bytes(DocBin(docs=docs).to_bytes()).get_docs(spacy.blank("en").vocab)
    assert roles(again) == roles(docs)


def test_it_cannot_predict_before_it_is_initialized():
    with pytest.raises(ValueError, match="a component without labels: initialize it"):
        make_pipeline()("Anna read books")
