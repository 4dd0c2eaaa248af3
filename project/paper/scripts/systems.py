"""What systems know of words before a training: pretrained weights and static vectors, as far as they are there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from project.paper.components.transformer_embed import MINILM
from project.shared.pipelines.processes import weights_digest
from project.shared.workspace import Workspace
from spacy_elmo.models.load import find_model

from .sources.static_vectors import NAME as FLORET
from .sources.static_vectors import find_vectors, read_table_notes


@dataclass(frozen=True)
class Weights:
    """What is known before a training.

    Attributes:
        name: Of the weights; "" for none.
        md5: Their digest.
        paths: What the config is told of where they are, by its names.
        extra_bytes: Of what is not stored in the pipeline.
    """

    name: str = ""
    md5: str = ""
    paths: tuple[tuple[str, str], ...] = ()
    extra_bytes: int = 0


def find_weights(workspace: Workspace, pretrained: str, sample: float) -> tuple[dict[str, Weights], dict[str, str]]:
    """Return the weights of each system, and why systems are left out that lack something.

    Args:
        workspace: The project.
        pretrained: Name or path of a model.
        sample: The share of the documents that static vectors are to be of.

    Raises:
        WeightsError: There is no such model.
    """
    elmo = Weights(_name(pretrained), weights_digest(pretrained), (("paths.elmo", pretrained),))
    found, missing = {"tok2vec": Weights(), "elmo": elmo}, dict[str, str]()
    notes = read_table_notes(workspace)
    if notes and notes.sample == sample:
        found["floret"] = Weights(FLORET, notes.md5, (("paths.vectors", str(find_vectors(workspace))),))
    else:
        missing["floret"] = "no static vectors; the step `corpora` makes them where the text and floret are there"
    if lacking := [name for name in ("transformers", MINILM) if find_spec(name) is None]:
        missing["transformer"] = f'{lacking[0]} is not installed: pip install -c constraints.txt -e ".[benchmarks]"'
    else:
        found["transformer"] = _describe_transformer(Path(import_module(MINILM).get_model_path()))
    return found, missing


def _name(pretrained: str) -> str:
    """Return the name of a model directory, or of the folder of a published file."""
    path = find_model(pretrained)
    return path.name if path.is_dir() else path.absolute().parent.name


def _describe_transformer(folder: Path) -> Weights:
    files = [path for path in folder.iterdir() if path.suffix in (".safetensors", ".json", ".txt")]
    weights = b"".join(path.read_bytes() for path in sorted(folder.glob("*.safetensors")))
    return Weights(MINILM, hashlib.md5(weights).hexdigest(), extra_bytes=sum(path.stat().st_size for path in files))
