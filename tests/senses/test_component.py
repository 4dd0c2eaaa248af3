import pickle
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from spacy_elmo.senses import ElmoSenses
from tests.support.random_models import TINY, write_random_model

EXAMPLES = [
    ("bank", "money", "The bank lent us the money ."),
    ("bank", "money", "She works in a bank ."),
    ("bank", "river", "We sat on the bank of the river ."),
    ("bank", "river", "The boat lay near the bank ."),
    ("play", "game", "They play chess ."),
    ("play", "stage", "He wrote a play ."),
]
TEXT = "".join("\t".join(example) + "\n" for example in EXAMPLES)


@pytest.fixture
def pipe(nlp: Language) -> ElmoSenses:
    pipe = nlp.add_pipe("elmo_senses")
    pipe.add_examples(EXAMPLES)
    return pipe


def tags(doc: Doc) -> list[tuple[str | None, float | None]]:
    return [(token._.elmo_sense, token._.elmo_sense_score) for token in doc]


@pytest.mark.usefixtures("pipe")
@pytest.mark.parametrize(("word", "sense", "sentence"), [example for example in EXAMPLES if example[0] == "play"])
def test_the_only_example_of_a_sense_has_this_sense(nlp: Language, word: str, sense: str, sentence: str):
    doc = nlp(sentence)
    assert [token._.elmo_sense for token in doc] == [sense if token.text == word else None for token in doc]
    assert [token._.elmo_sense_score is None for token in doc] == [token.text != word for token in doc]


@pytest.mark.usefixtures("pipe")
def test_words_without_examples_have_no_sense(nlp: Language):
    assert {*tags(nlp("Bank and river banks")), *tags(nlp(""))} == {(None, None)}


def test_a_file_of_examples(nlp: Language, tmp_path: Path):
    (tmp_path / "examples.tsv").write_text(TEXT, encoding="utf8")
    nlp.add_pipe("elmo_senses", config={"examples": str(tmp_path / "examples.tsv"), "mix": 2})
    assert nlp("They play chess .")[1]._.elmo_sense == "game"


def test_the_mix_says_which_layers_count(nlp: Language):
    """In layer 0, all uses of a word are alike."""
    nlp.add_pipe("elmo_senses", config={"mix": 0}).add_examples(EXAMPLES)
    assert abs(nlp("They play chess .")[1]._.elmo_sense_score) < 1e-5  # float32


@pytest.mark.parametrize("way", ["disk", "bytes"])
def test_examples_are_saved_with_the_pipeline(nlp: Language, tmp_path: Path, way: str):
    file = tmp_path / "examples.tsv"
    file.write_text(TEXT, encoding="utf8")
    nlp.add_pipe("elmo_senses", config={"examples": str(file)})
    nlp.to_disk(tmp_path / "pipeline")
    content = nlp.to_bytes()
    file.unlink()
    if way == "disk":
        loaded = spacy.load(tmp_path / "pipeline")
        assert (tmp_path / "pipeline" / "elmo_senses" / "examples.tsv").read_text(encoding="utf8") == TEXT
    else:
        loaded = spacy.util.load_model_from_config(nlp.config, auto_fill=True).from_bytes(content)
    text = "The bank by the bank where we play ."
    assert tags(loaded(text)) == tags(nlp(text))


@pytest.mark.usefixtures("pipe")
def test_senses_stay_on_docs(nlp: Language):
    doc = nlp("We sat on the bank .")
    assert doc[4]._.elmo_sense
    (binned,) = DocBin(store_user_data=True, docs=[doc]).get_docs(nlp.vocab)
    for copy in (Doc(nlp.vocab).from_bytes(doc.to_bytes()), binned, pickle.loads(pickle.dumps(doc))):
        assert tags(copy) == tags(doc)


@pytest.mark.usefixtures("pipe")
def test_several_processes(nlp: Language):
    texts = ["We sat on the bank .", "They play well .", "The bank paid ."]
    alone = [tag for doc in nlp.pipe(texts) for tag in tags(doc) if tag[0]]
    found = [tag for doc in nlp.pipe(texts, n_process=2, batch_size=1) for tag in tags(doc) if tag[0]]
    assert [sense for sense, _ in found] == [sense for sense, _ in alone]
    np.testing.assert_allclose([score for _, score in found], [score for _, score in alone], atol=1e-5)  # other batches


def test_a_copy_knows_the_senses_without_the_pipeline(nlp: Language, pipe: ElmoSenses):
    """As for `n_process` with the start method spawn."""
    copy = pickle.loads(pickle.dumps(pipe))
    doc = nlp("We sat on the bank .")
    before = tags(doc)
    doc[4]._.elmo_sense = None
    assert tags(copy(doc)) == before


def test_other_weights_have_the_senses_computed_again(nlp: Language, pipe: ElmoSenses, tmp_path: Path):
    doc = nlp("We sat on the bank .")
    other = write_random_model(tmp_path / "other", TINY, seed=1)
    nlp.get_pipe("elmo").initialize(lambda: [], pretrained=str(other))
    fresh = spacy.blank("en")
    fresh.add_pipe("elmo", config={"pretrained": str(other)})
    fresh.add_pipe("elmo_senses").from_bytes(pipe.to_bytes())
    assert tags(nlp(doc.text)) == tags(fresh(doc.text)) != tags(doc)


def test_a_pipe_without_examples_says_so(nlp: Language):
    nlp.add_pipe("elmo_senses")
    with pytest.raises(ValueError, match=r"'elmo_senses' \(set `examples` to a file, or call `add_examples`\): no"):
        nlp("A bank.")


def test_a_pipeline_without_elmo_says_so():
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo_senses").add_examples(EXAMPLES)
    with pytest.raises(ValueError, match="needs a pipe 'elmo': a Doc has none of its layers; put a pipe"):
        nlp("A bank.")


def test_a_pipe_that_keeps_no_layers_is_refused(tiny_model: Path):
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model), "store": "mix"})
    nlp.add_pipe("elmo_senses").add_examples(EXAMPLES)
    with pytest.raises(ValueError, match='with store = "layers"'):
        nlp("A bank.")


def test_a_pipe_of_another_pipeline_is_refused(nlp: Language, pipe: ElmoSenses, tiny_model: Path):
    other = spacy.blank("en")
    other.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    other.add_pipe("elmo_senses", source=nlp)
    with pytest.raises(ValueError, match="was made for another pipeline; add one here"):
        other("A bank.")


@pytest.mark.parametrize("example", [("bank", "money", "A\tbank ."), ("bank", "", "A bank ."), ("bank", "A bank .")])
def test_an_example_that_is_none_is_named(pipe: ElmoSenses, example: tuple):
    with pytest.raises(ValueError, match="elmo_senses:7: "):
        pipe.add_examples([example])
    assert len(pipe.examples) == len(EXAMPLES)


@pytest.mark.parametrize("given", [b"", b"nothing", "half"])
def test_bytes_of_something_else_are_refused(pipe: ElmoSenses, given: bytes | str):
    whole = pipe.to_bytes()
    with pytest.raises(ValueError, match="bytes of the pipe 'elmo_senses': cut short, or not what `to_bytes` returned"):
        pipe.from_bytes(whole[: len(whole) // 2] if isinstance(given, str) else given)
    assert len(pipe.examples) == len(EXAMPLES)


def test_a_mix_that_is_none_is_refused(nlp: Language):
    with pytest.raises(ValueError, match="mix = 'best'"):
        nlp.add_pipe("elmo_senses", config={"mix": "best"})
