from pathlib import Path

import numpy as np
import spacy
from spacy.tokens import DocBin

from spacy_elmo.embedding import embed_files


def test_docs_have_the_data_of_the_pipe(tmp_path: Path, tiny_model: Path, nlp):
    (tmp_path / "a.txt").write_text("The bank. It rose.\nA river", encoding="utf8")
    for name in ("out", "again"):
        embed_files([tmp_path / "a.txt"], tmp_path / name, model=str(tiny_model), layers="all", format="spacy")
    file = tmp_path / "out" / "part-000000.spacy"
    assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
    docs = list(DocBin().from_disk(file).get_docs(spacy.blank("en").vocab))
    assert [doc.text for doc in docs] == ["The bank. It rose.", "A river"]
    for doc in docs:
        assert np.array_equal(doc._.elmo_layers, nlp(doc.text)._.elmo_layers)


def test_given_sentences_are_those_of_the_docs(tmp_path: Path, tiny_model: Path):
    (tmp_path / "a.txt").write_text("One . still one\n", encoding="utf8")
    settings = {"lines": "sentences", "dtype": "float16", "layers": "top"}
    embed_files([tmp_path / "a.txt"], tmp_path / "v.spacy", model=str(tiny_model), **settings)
    (doc,) = DocBin().from_disk(tmp_path / "v.spacy" / "part-000000.spacy").get_docs(spacy.blank("en").vocab)
    assert [sentence.text for sentence in doc.sents] == ["One . still one"]
    assert (doc._.elmo.shape, doc._.elmo.dtype, doc._.elmo_layers) == ((4, 8), np.float16, None)
    assert list(doc.user_data) == [("._.", "elmo_data", None, None)]
