"""`nlp.add_pipe("elmo_surprisal")`: how surprising each word is to a language model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.tokens import Doc
from spacy.util import SimpleFrozenList, minibatch
from spacy.vocab import Vocab

from ..formats import model_directory
from ..formats.softmax import lossless_head_dtype
from ..models.describe import read_facts
from ..pipeline.credits import Credits
from ..pipeline.serialization import check_language, check_override, read_folder
from .language_model import LanguageModel
from .surprisal import measure, set_extensions, set_surprisals


class ElmoSurprisal(Pipe):
    """Store the surprisals of the words of a Doc by a language model, forward and backward.

    A Doc is read as `perplexity` reads a document: sentences one after the other with their markers, all of which are
    predicted, from the zero state. It is read as if it were alone, on the CPU: what else is in a batch does not matter.
    Words outside the vocabulary are predicted as `<UNK>`.

    Args:
        vocab: The shared vocabulary.
        name: Name of the component; its extension carries it, see `set_extensions`.
        pretrained: Where the model comes from, at first use: a name, a model directory or published weights, with a
            softmax. Pipelines loaded from disk do not look at it.
    """

    def __init__(self, vocab: Vocab, name: str = "elmo_surprisal", *, pretrained: str):
        self.vocab = vocab
        self.name = name
        self.pretrained = pretrained
        self._model: LanguageModel | None = None
        set_extensions(name)

    def load(self) -> LanguageModel:
        """Return the language model, which is loaded at the first time.

        Raises:
            WeightsError: For weights that are missing or broken, and for a model without a softmax.
        """
        if self._model is None:
            self._model = LanguageModel.load(self.pretrained)
            check_language(self.pretrained, self._model.meta.get("lang"), self.vocab.lang)
        return self._model

    def __call__(self, doc: Doc) -> Doc:
        """Add the surprisals to a Doc."""
        self._add([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Yield a stream of Docs with surprisals, in order, without those that went to the error handler.

        Args:
            stream: Docs.
            batch_size: How many are computed side by side at most.

        Raises:
            WeightsError: For a model that cannot be loaded, past the handler.
        """
        self.load()
        for docs in minibatch(stream, batch_size):
            try:
                self._add(docs)
            except Exception:
                yield from super().pipe(docs, batch_size=batch_size)  # one by one: the handler gets those that fail
            else:
                yield from docs

    def _add(self, docs: Sequence[Doc]) -> None:
        for doc, data in zip(docs, measure(self.load(), docs)):
            set_surprisals(doc, data, self.name)

    def to_bytes(self, *, exclude: Iterable[str] = SimpleFrozenList()) -> bytes:
        """Serialize the model with its softmax and its meta."""
        return self.load().to_bytes()

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = SimpleFrozenList()) -> ElmoSurprisal:
        """Load what `to_bytes` returned. Raises WeightsError for bytes that are cut short, or of something else."""
        self._model = LanguageModel(model_directory.from_bytes(bytes_data), f"bytes of the pipe '{self.name}'")
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()) -> None:
        """Write a model directory with its softmax, each in the smallest type that keeps its numbers."""
        found = self.load()
        dtype, head_dtype = model_directory.lossless_dtype(found.model), lossless_head_dtype(found.head)
        model_directory.write(path, found.model, found.meta, head=found.head, dtype=dtype, head_dtype=head_dtype)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()) -> ElmoSurprisal:
        """Load a model directory with its softmax; `pretrained` is not looked at."""
        check_override(path, self.pretrained)
        self._model = LanguageModel(read_folder(path, with_head=True), path)
        return self

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)  # type: ignore[misc]  # spaCy's class has it from Cython
        set_extensions(self.name)


@Language.factory(
    "elmo_surprisal",
    assigns=[
        "doc._.elmo_surprisal_data",
        "doc._.elmo_surprisal",
        "span._.elmo_surprisal",
        "token._.elmo_surprisal",
    ],
    default_config={"pretrained": "en_elmo_sm"},
)
def make_surprisal(nlp: Language, name: str, pretrained: str) -> ElmoSurprisal:
    """Build the component from a config; `ElmoSurprisal` has the setting."""
    Credits(nlp).update(read_facts(pretrained))
    return ElmoSurprisal(nlp.vocab, name, pretrained=pretrained)
