"""What an elmo pipe is called. A pipe that is sourced is in two pipelines, which may call it differently."""

from __future__ import annotations

from typing import Any
from weakref import ref

from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..tokens.extensions import set_extensions

_STORED_NAME: Any = vars(Pipe)["name"]  # what spaCy's own code reads, past the property below


class Home:
    """The pipeline that a pipe was made for. Copies and pickles only know what it was called there.

    Args:
        nlp: The pipeline; None where there is none.
        name: What the pipe is called there.

    Attributes:
        name: The same, as of the last `look_up`.
    """

    def __init__(self, nlp: Language | None = None, name: str | None = None):
        self._nlp = None if nlp is None else ref(nlp)
        self.name = name

    def __reduce__(self) -> tuple:
        return Home, (None, self.name)

    @property
    def nlp(self) -> Language | None:
        """The pipeline, if it still exists."""
        return None if self._nlp is None else self._nlp()

    def look_up(self, pipe: Any) -> str | None:
        """Return the name of the pipe there; None where it is not there."""
        components = [] if self.nlp is None else self.nlp.components
        self.name = next((name for name, component in components if component is pipe), None)
        return self.name


class SharedPipe:
    """A pipe whose extensions follow its name, and that keeps the name of each of the pipelines that share it.

    spaCy sets `name` whenever it links the components of a pipeline. Docs tell which pipeline they are of: those with
    the vocabulary that the pipe was made with are of its home.
    """

    vocab: Vocab
    _home: Home
    _name_elsewhere: str | None = None

    @property
    def name(self) -> str:
        """The name in the pipeline that was linked last."""
        return _STORED_NAME.__get__(self)

    @name.setter
    def name(self, name: str) -> None:
        _STORED_NAME.__set__(self, name)
        set_extensions(name)
        at_home = self._home.look_up(self)
        if at_home != name:
            self._name_elsewhere = None if at_home is None else name

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)  # type: ignore[misc]  # spaCy's class is beside this one
        set_extensions(self.name)

    def name_in(self, doc: Doc) -> str:
        """Return the name in the pipeline that a Doc is of."""
        at_home = self._home.name if doc.vocab is self.vocab else None
        return at_home or self._name_elsewhere or self.name

    def find_absence(self, doc: Doc) -> str | None:
        """Return why the pipe does not see a Doc, where it is known."""
        nlp = self._home.nlp
        if nlp is None or doc.vocab is not self.vocab:
            return None
        name = self._home.look_up(self)
        if name is None:
            return f"'{self.name}' was removed"
        return f"'{name}' is disabled" if name in nlp.disabled else None

    def find_pretrained(self) -> str | None:
        """Return what `[initialize.components.NAME]` names, which spaCy passes over for `frozen_components`."""
        nlp = self._home.nlp
        if nlp is None:
            return None
        components = nlp.config.interpolate()["initialize"]["components"]
        return components.get(self._home.look_up(self), {}).get("pretrained")
