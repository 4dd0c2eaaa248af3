import gzip
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_elmo.text import estimate as module
from spacy_elmo.text.estimate import estimate_words
from spacy_elmo.text.readers import CorpusError
from tests.support.tokenizers import write_tokenizer

LINE = "A sentence of seven words, or so.\n"  # 9 words


def test_a_small_text_is_counted(tmp_path: Path):
    (tmp_path / "a.txt").write_text(LINE * 3)
    (tmp_path / "b.txt").write_text("")
    assert estimate_words([tmp_path], lang="en") == 27


def test_of_much_text_a_part_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "SAMPLE", 50_000)
    monkeypatch.setattr(module, "MOST_FILES", 2)
    for name in "abcd":
        (tmp_path / f"{name}.txt").write_text((LINE + "\n") * 10_000)
    (tmp_path / "e.txt.gz").write_bytes(gzip.compress(LINE.encode()))
    assert estimate_words([tmp_path], lang="en") == pytest.approx(4 * 90_000, rel=0.2)


def test_the_tokenizer_and_the_lines_decide_on_the_words(tmp_path: Path):
    (tmp_path / "a.txt").write_text("so so, so")
    tokenizer = write_tokenizer(tmp_path / "p", exception="so")
    path = [tmp_path / "a.txt"]
    assert estimate_words(path, lang="en", tokenizer=tokenizer) == 7
    assert estimate_words(path, lang="en", lines="sentences") == 3


def test_docs_are_counted(tmp_path: Path):
    DocBin(docs=[spacy.blank("en")("Two words")]).to_disk(tmp_path / "a.spacy")
    assert estimate_words([tmp_path], lang="en") == 2


def test_text_without_words_is_named(tmp_path: Path):
    (tmp_path / "a.txt").write_text(" \n")
    with pytest.raises(CorpusError, match=r"a.txt: no word was found in it"):
        estimate_words([tmp_path], lang="en")
