"""The component `elmo_senses`: the senses of words in context, from a few examples of each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import srsly
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import SimpleFrozenList

from ..pipeline import Elmo
from ..pipeline.names import Home
from ..tokens.data import get_data
from ..tokens.mix import Mix, check_mix, mix_layers, resolve_mix
from ..util.staging import staged
from ..util.types import Floats2d
from .labeled import LabeledUse, find_use, format_labeled, group_by_sense, parse_labeled, read_labeled
from .nearest import WordSenses

FILE = "examples.tsv"  # what the folder of the component holds


@Language.factory(
    "elmo_senses",
    requires=["doc._.elmo_data"],
    assigns=["token._.elmo_sense", "token._.elmo_sense_score"],
    default_config={"examples": None, "elmo": "elmo", "mix": "average"},
)
def make_elmo_senses(nlp: Language, name: str, examples: str | None, elmo: str, mix: Mix) -> ElmoSenses:
    """Build the component from a config; `ElmoSenses` has the settings."""
    return ElmoSenses(nlp, name, examples=examples, elmo=elmo, mix=mix)


class ElmoSenses:
    """Tag the uses of words with the sense whose examples are nearest, by the vectors of an `elmo` pipe before it.

    A token whose word has examples, in exactly this spelling, gets `token._.elmo_sense` and, as
    `token._.elmo_sense_score`, by how much the cosine of its vector with the mean of the examples is above that of the
    next sense, from 0 to 2. On other tokens both are None. Examples are saved with the pipeline. Their vectors are
    computed at the first use, and again where the `elmo` pipe has got other weights.

    Args:
        nlp: The pipeline that the component is made for.
        name: Name of the component.
        examples: A file of examples: a word, its sense and a sentence a line, with tabs between. It is read at the
            first use; pipelines loaded from disk do not look at it.
        elmo: Name of the `elmo` pipe.
        mix: Which layers make the vector: "average", "top", a layer number, or a weight for each that sum to 1.

    Raises:
        ValueError: For a `mix` that is none.
    """

    def __init__(
        self,
        nlp: Language,
        name: str = "elmo_senses",
        *,
        examples: str | None = None,
        elmo: str = "elmo",
        mix: Mix = "average",
    ):
        check_mix(mix)
        self.name = name
        self.elmo = elmo
        self.mix = mix
        self._home = Home(nlp)
        self._path = examples
        self._examples: list[LabeledUse] = []
        self._senses: dict[str, WordSenses] = {}
        self._weights: object = None  # those that the senses were computed with

    @property
    def examples(self) -> list[LabeledUse]:
        """All examples. Reads the file of the settings."""
        if self._path is not None:
            self._examples = read_labeled(self._path) + self._examples
            self._path = None
        return self._examples

    def add_examples(self, examples: Iterable[tuple[str, str, str]]) -> None:
        """Add examples: a word, its sense, and a sentence that has the word once.

        Raises:
            ValueError: Where one of the three is empty or has a tab.
        """
        lines = map("\t".join, examples)
        self._set([*self._examples, *parse_labeled(lines, self.name, start=len(self._examples) + 1)], path=self._path)

    def _set(self, examples: list[LabeledUse], *, path: str | None = None) -> None:
        self._examples, self._path, self._weights = examples, path, None

    def __call__(self, doc: Doc) -> Doc:
        """Tag the words of a Doc.

        Raises:
            ValueError: For a Doc without the layers of the `elmo` pipe, and for examples that cannot be used.
        """
        data = get_data(doc, self.elmo)
        if data is None or data.layers is None:
            raise ValueError(self._without_layers("a Doc has none of its layers"))
        senses = self._find_senses(doc)
        for token in doc:
            if token.text in senses:
                vector = self._mixed(getattr(token._, f"{self.elmo}_layers")[:, None])[0]
                token._.elmo_sense, token._.elmo_sense_score = senses[token.text].choose(vector)
        return doc

    def _without_layers(self, problem: str) -> str:
        remedy = f'put a pipe "elmo" with store = "layers" and the name \'{self.elmo}\' before it'
        return f"the pipe '{self.name}' needs a pipe '{self.elmo}': {problem}; {remedy}, or set `elmo` to its name"

    def _mixed(self, layers: np.ndarray) -> Floats2d:
        """Return (rows, width) of (L + 1, rows, width)."""
        return mix_layers(layers.astype("float32"), resolve_mix(self.mix, len(layers)))

    def _find_senses(self, doc: Doc | None = None) -> dict[str, WordSenses]:
        """Return the senses of each word, computed with the weights that the `elmo` pipe has now."""
        nlp = self._home.nlp
        if nlp is None and self._weights is not None:  # a copy in another process
            return self._senses
        if nlp is None or (doc is not None and doc.vocab is not nlp.vocab):
            remedy = "add one here by `add_pipe`, and give it the other's examples by `to_bytes` and `from_bytes`"
            raise ValueError(f"the pipe '{self.name}' was made for another pipeline; {remedy}")
        pipe = nlp.get_pipe(self.elmo) if self.elmo in nlp.component_names else None
        if not isinstance(pipe, Elmo) or pipe.storage.store != "layers":
            raise ValueError(self._without_layers("the pipeline has none, or one that keeps no layers"))
        pipe.load()
        # Weights that are trained have no digest: their changes are counted.
        weights = pipe.weights_digest or [(id(p), p._version) for p in pipe.shim.model.parameters()]
        if weights != self._weights:
            self._senses = self._compute(nlp, pipe)
            self._weights = weights
        return self._senses

    def _compute(self, nlp: Language, pipe: Elmo) -> dict[str, WordSenses]:
        senses = {}
        for word, groups in group_by_sense(self.examples, self._source()).items():
            uses = [use for group in groups.values() for use in group]
            docs = [nlp.make_doc(use.sentence) for use in uses]
            rows = [find_use(doc, use).i for doc, use in zip(docs, uses)]
            layers = [found[:, row] for found, row in zip(pipe.predict(docs), rows)]
            senses[word] = WordSenses(self._mixed(np.stack(layers, axis=1)), [use.sense for use in uses])
        return senses

    def _source(self) -> str:
        return f"the pipe '{self.name}' (set `examples` to a file, or call `add_examples`)"

    def __getstate__(self) -> dict[str, object]:
        """Return what a copy has, in which there is no pipeline to compute senses with."""
        if self._home.nlp is not None and self.elmo in self._home.nlp.component_names and self.examples:
            self._find_senses()
        return self.__dict__

    def to_bytes(self, *, exclude: Iterable[str] = SimpleFrozenList()) -> bytes:
        """Serialize the examples. Settings are the config's."""
        return srsly.msgpack_dumps(format_labeled(self.examples))

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = SimpleFrozenList()) -> ElmoSenses:
        """Load what `to_bytes` returned.

        Raises:
            ValueError: For anything else.
        """
        try:
            lines = srsly.msgpack_loads(bytes_data).split("\n")
            self._set(list(parse_labeled(lines, self.name)))
        except Exception as error:  # of MessagePack, and of what it finds in other bytes
            problem = f"cut short, or not what `to_bytes` returned ({error})"
            raise ValueError(f"bytes of the pipe '{self.name}': {problem}; serialize it again") from error
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()) -> None:
        """Write the examples into a folder."""
        text = format_labeled(self.examples).encode("utf8")
        with staged(Path(path), [FILE]) as stage:
            (stage / FILE).write_bytes(text)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()) -> ElmoSenses:
        """Load the examples of a folder; the setting `examples` is not looked at."""
        self._set(read_labeled(Path(path) / FILE))
        return self
