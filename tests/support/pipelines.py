"""Pipelines on a tiny ELMo: configs, annotated examples for every trainable pipe, and a pipe whose maths is plain."""

from itertools import cycle, islice

import numpy as np
import spacy
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import copy_config
from thinc.api import Adam, Linear, Model, chain, fix_random_seed, with_array

PIPES = ["tagger", "morphologizer", "trainable_lemmatizer", "parser", "senter", "ner", "spancat", "textcat"]
PIPES += ["textcat_multilabel"]
SETTINGS = {
    "parser": {"min_action_freq": 1},
    "trainable_lemmatizer": {"min_tree_freq": 1},
    "spancat": {"threshold": 0.1},  # most of the spans that are suggested are wrong, so scores stay low for long
    "textcat_multilabel": {"threshold": 0.4},
}
MIX = {"@architectures": "spacy-elmo.ScalarMix.v1", "dropout": 0.0, "layer_norm": True}  # random weights: small vectors
LISTENER = {"@architectures": "spacy-elmo.ElmoListener.v1", "upstream": "elmo", "mix": MIX}
EMBED = {
    "@architectures": "spacy.MultiHashEmbed.v2",
    "width": 12,
    "attrs": ["NORM"],
    "rows": [50],
    "include_static_vectors": False,
}
ENCODE = {
    "@architectures": "spacy.MaxoutWindowEncoder.v2",
    "width": 12,
    "depth": 1,
    "window_size": 1,
    "maxout_pieces": 2,
}
LSTM = {"@architectures": "spacy.TorchBiLSTMEncoder.v1", "width": 12, "depth": 1, "dropout": 0.0}

NOUNS = ["cats", "banks", "rivers", "dogs", "Birds"]
VERBS = ["saw", "met", "liked"]
NAMES = ["Anna", "Bob", "Paris", "Rome"]


def listener(**settings):
    """The config of a listener; settings of the mix, or `upstream`."""
    upstream = settings.pop("upstream", "elmo")
    return {**LISTENER, "upstream": upstream, "mix": {**MIX, **settings}}


def recipe(encode=ENCODE, **listeners):
    """The config of the paper's recipe, with listeners as `input` and `output`."""
    return {"@architectures": "spacy-elmo.ElmoTok2Vec.v1", "embed": EMBED, "encode": encode, **listeners}


def make_examples(nlp, n=12):
    """Two sentences each, with the annotation of every pipe."""
    sentences = [(name, verb, noun) for noun in NOUNS for name in NAMES for verb in VERBS]
    chosen = iter(islice(cycle(sentences[::7] + sentences[::5]), 2 * n))
    return [_make_example(nlp, next(chosen), next(chosen), i) for i in range(n)]


def _make_example(nlp, one, two, i):
    words = [*one, ".", *two, "."]
    annotation = {
        "words": words,
        "tags": ["NNP", "VBD", "NNS", "."] * 2,
        "pos": ["PROPN", "VERB", "NOUN", "PUNCT"] * 2,
        "morphs": ["Number=Sing", "Tense=Past", "Number=Plur", ""] * 2,
        "lemmas": [word if word == "." else word[:-1] for word in words],  # one rule, soon learned
        "heads": [1, 1, 1, 1, 5, 5, 5, 5],
        "deps": ["nsubj", "ROOT", "obj", "punct"] * 2,
        "sent_starts": [1, -1, -1, -1] * 2,
        "entities": ["U-PLACE" if word in NAMES[2:] else "U-PERSON" if word in NAMES else "O" for word in words],
        "cats": {"place": float(one[0] in NAMES[2:]), "person": float(one[0] in NAMES[:2])},
    }
    example = Example.from_dict(Doc(nlp.vocab, words=words), annotation)
    reference = example.reference
    reference.spans["sc"] = [reference.char_span(*_span(reference, k), label="EVENT") for k in (0, 4)]
    return example


def _span(doc, start):
    return doc[start].idx, doc[start + 2].idx + len(doc[start + 2])


def unannotated(examples):
    """Fresh Docs with the words of examples."""
    return [Doc(eg.reference.vocab, words=[token.text for token in eg.reference]) for eg in examples]


def add_listening(nlp, pipe, tok2vec=LISTENER, name=None, **settings):
    """Add a pipe of spaCy's with its default model and another tok2vec."""
    model = copy_config(Language.get_factory_meta(pipe).default_config["model"])
    config = {**SETTINGS.get(pipe, {}), **settings, "model": {**model, "tok2vec": tok2vec}}
    return nlp.add_pipe(pipe, name=name, config=config)


def make_pipeline(tiny_model, *pipes, tok2vec=LISTENER, **elmo):
    """elmo, with its settings, and pipes that listen to it."""
    fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model), **elmo})
    for pipe in pipes:
        add_listening(nlp, pipe, tok2vec)
    return nlp


def train(nlp, examples, steps=30, **settings):
    """Return the losses of the first and of the last step."""
    optimizer = settings.pop("sgd", None) or Adam(0.03, L2=0.0)
    losses = [nlp.update(examples, sgd=optimizer, **settings) for _ in range(steps)]
    return losses[0], losses[-1]


def annotations(doc):
    """What pipes have set on a Doc, without the scores of categories."""
    json = doc.to_json()
    return {key: json.get(key) for key in ("tokens", "ents", "sents", "spans")}


def find_listeners(nlp, pipe):
    return [node for node in nlp.get_pipe(pipe).model.walk() if "elmo_upstream" in node.attrs]


def features(nlp, doc, pipe="tagger"):
    """Return (tokens, width), of the first listener of a pipe."""
    return find_listeners(nlp, pipe)[0].predict([doc])[0]


def initialized(nlp):
    examples = make_examples(nlp, 4)
    nlp.initialize(lambda: examples)
    return nlp


class Probe(TrainablePipe):
    """Predicts two numbers of each word from its features: a linear layer and a squared loss, summed over words."""

    def __init__(self, vocab, model, name):
        self.vocab, self.model, self.name, self.cfg = vocab, model, name, {}

    def predict(self, docs):
        return self.model.predict(docs)

    def set_annotations(self, docs, scores):
        for doc, rows in zip(docs, scores):
            doc.user_data[self.name] = rows

    def get_loss(self, examples, scores):
        gradients = [rows - targets(eg.predicted) for rows, eg in zip(scores, examples)]
        return 0.5 * float(sum((d**2).sum() for d in gradients)), gradients

    def initialize(self, get_examples, *, nlp=None):
        docs = [eg.predicted for eg in get_examples()]
        self.model.initialize(X=docs, Y=[targets(doc) for doc in docs])


def targets(doc):
    """Return (tokens, 2): numbers that are as good as random, but those of the word."""
    seeds = [sum(token.text.encode()) for token in doc]
    return np.array([[seed * 37 % 11 / 5 - 1, seed * 53 % 7 / 3 - 1] for seed in seeds], dtype="float32").reshape(-1, 2)


@Language.factory("elmo_probe", default_config={"model": {"@architectures": "tests.Probe.v1", "tok2vec": LISTENER}})
def make_probe(nlp, name, model: Model):
    return Probe(nlp.vocab, model, name)


@spacy.registry.architectures("tests.Probe.v1")
def build_probe(tok2vec: Model) -> Model:
    return chain(tok2vec, with_array(Linear(nO=2)))
