"""A job with a small treebank, without the steps before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from project.language.scripts.cleaning.alphabet import Alphabet
from project.language.scripts.settings import Job, Settings
from project.shared.workspace import Workspace

SENTENCES = [
    "Le conseil municipal se réunit chaque mardi à la mairie de la ville.",
    "Où étiez-vous hier soir, quand le marché a été fermé à cause de la neige ?",
    "Ça me paraît très étrange, même si l'été dernier fut plutôt pluvieux.",
    "Le maïs, le blé et la forêt brûlent ; le feu gagne déjà le château.",
    "Elle a reçu une lettre de sa sœur, qui habite près de la gare.",
    "Nous avons mangé des pâtes et bu du thé avec les élèves du village.",
]
HELD_OUT = "La rivière déborde souvent au printemps, lorsque la neige des montagnes fond."


@pytest.fixture(scope="session")
def alphabet() -> Alphabet:
    """French, by a few sentences."""
    return Alphabet(SENTENCES, sum(len(text.split()) for text in SENTENCES))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of French, whose text is one folder."""
    return Settings(
        name="fr_elmo_sm",
        lang="fr",
        segmenter="",
        text=[str(tmp_path / "raw")],
        treebank=[],
        ner=[],
        init="",
        hours=0.1,
        recipe="listener",
        seeds=[0],
        epochs=1,
        jobs=1,
        threads=1,
        facts={},
        wheels="own",
    )


@pytest.fixture
def job(workspace: Workspace, settings: Settings) -> Job:
    """A job whose settings are written, and whose treebank is there."""
    job = Job(workspace, settings.name)
    job.keep(settings)
    job.treebank.mkdir(parents=True)
    nlp = spacy.blank("fr")
    for split, texts in {"train": SENTENCES, "dev": [HELD_OUT], "test": SENTENCES[:1]}.items():
        DocBin(docs=[_one_sentence(nlp(text)) for text in texts]).to_disk(job.treebank / f"{split}.spacy")
    return job


def _one_sentence(doc: Doc) -> Doc:
    for token in doc:
        token.is_sent_start = token.i == 0
    return doc


@pytest.fixture
def raw(settings: Settings, job: Job) -> Callable[..., Path]:
    """Write a file of raw text."""
    folder = Path(settings.text[0])

    def write(name: str, content: str | bytes, encoding: str = "utf8") -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture(scope="session")
def english() -> Alphabet:
    """English, by the sample of the other project."""
    path = Path(__file__).parents[3] / "project" / "features" / "assets" / "sample" / "train.conllu"
    lines = path.read_text(encoding="utf8").splitlines()
    texts = [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]
    return Alphabet(texts, sum(len(text.split()) for text in texts))
