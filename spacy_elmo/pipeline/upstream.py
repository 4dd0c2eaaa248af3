"""The pipe as other pipes see it: they listen to its layers, and may train it."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Sequence, cast

from spacy.pipeline import EntityLinker, TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Model, Optimizer

from ..layers.listener import Links, is_listener, link, set_dims, unlink
from ..layers.sentence_cache import SentenceCache
from ..layers.shim import BiLMShim
from ..tokens.data import ElmoData, get_data, set_data, spread_rows
from ..util.types import Floats3d
from .pending_step import TrainingBatch


class UpstreamPipe(TrainablePipe):
    """spaCy's protocols `ListenedToComponent` and `TrainableComponent`, for a model of Docs to (layers, tokens, width).

    A subclass sets vocab, model, name and the settings below, and calls `set_up_listeners`.
    """

    frozen: bool
    train_cache_mb: float
    dtype: str

    def load(self) -> None:
        """Make sure that the weights are loaded."""
        raise NotImplementedError

    def make_data(self, doc: Doc, layers: Floats3d) -> ElmoData:
        """Return what the Doc gets for (layers, tokens, width)."""
        raise NotImplementedError

    def set_up_listeners(self) -> None:
        """Start without listeners."""
        self.listener_map: dict[str, list[Model]] = {}
        self._links = Links()
        self._batch: TrainingBatch | None = None
        self._optimizer: Optimizer | None = None

    @property
    def shim(self) -> BiLMShim:
        """Thinc's holder of the biLM."""
        return cast(BiLMShim, self.model.shims[0])

    @property
    def is_trainable(self) -> bool:
        """Whether spaCy gives the pipe an optimizer and logs its loss."""
        return not self.frozen

    @property
    def listeners(self) -> list[Model]:
        """The layers of later pipes that get their features here."""
        return [listener for listeners in self.listener_map.values() for listener in listeners]

    @property
    def has_listeners(self) -> bool:
        """Whether a layer of any pipeline listens. `listener_map` forgets those of the pipeline that this pipe was
        sourced from, since both have the same pipe."""
        return bool(self.listener_map or self._links)

    @property
    def listening_components(self) -> list[str]:
        return list(self.listener_map)

    def add_listener(self, listener: Model, component_name: str) -> None:
        """Join a listener of a later pipe to this one."""
        known = self.listener_map.setdefault(component_name, [])
        if not any(other is listener for other in known):
            known.append(listener)
        self._links.add(link(listener, self))
        self._set_dims(listener)

    def remove_listener(self, listener: Model, component_name: str) -> bool:
        """RETURNS (bool): whether it was there."""
        known = self.listener_map.get(component_name, [])
        remaining = [other for other in known if other is not listener]
        if len(remaining) == len(known):
            return False
        self._links.discard(unlink(listener))
        self.listener_map[component_name] = remaining
        if not remaining:
            del self.listener_map[component_name]
        return True

    def find_listeners(self, component: Any) -> None:
        """Add all listeners of a later pipe that name this one. Raises ValueError for a pipe that predicts on parts of
        Docs, which have no vectors."""
        model = getattr(component, "model", None)
        for node in model.walk() if isinstance(model, Model) else ():
            if not is_listener(node) or node.attrs["elmo_upstream"] not in ("*", self.name):
                continue
            if isinstance(component, EntityLinker):
                raise ValueError(
                    f"the pipe '{component.name}' predicts on parts of Docs, where a listener finds no vectors: set "
                    '@architectures = "spacy-elmo.InlineElmo.v1" in its tok2vec'
                )
            self.add_listener(node, component.name)

    def fit_listeners(self) -> None:
        """Make listeners fit the weights, once there are weights."""
        for listener in self.listeners:
            self._set_dims(listener)

    def _set_dims(self, listener: Model) -> None:
        """Tell a listener how many layers there are and how wide, once that is known."""
        if self.shim.is_loaded:
            config = self.shim.model.config
            set_dims(listener, config.n_outputs, config.width)

    def is_in_training(self, doc: Doc) -> bool:
        """Return whether the Doc is of a batch whose gradients are still to come."""
        return self._batch is not None and get_data(doc, self.name) in self._batch

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Give the Docs of a batch to the listeners. A biLM that is trained takes their gradients later: at the next
        call, or when its parameters are needed.

        drop (float): not used; the mix of each listener has a dropout of its own.
        RETURNS (dict): the losses; that of a trained biLM is the sum of the squares of what listeners send.
        """
        losses = {} if losses is None else losses
        docs = [example.predicted for example in examples]
        self.load()
        if self.frozen and self.has_listeners:
            self.open_cache()
            self.set_annotations(docs, self.predict(docs))
        elif not self.frozen:
            self.finish_batch()
            self._batch = self._optimizer = None  # a step that no gradients came for is not taken
            losses.setdefault(self.name, 0.0)
            layers, backprop = self.model.begin_update(docs)
            data = [self.make_data(doc, doc_layers) for doc, doc_layers in zip(docs, layers)]
            for doc, doc_data in zip(docs, data):
                set_data(doc, doc_data, self.name)
            self._batch = TrainingBatch(data, backprop, losses)
            if sgd is not None:
                self.finish_update(sgd)
        return losses

    def open_cache(self) -> None:
        """Keep the vectors of sentences from now on, until text comes that is not of a training, or `close_cache`."""
        if self.shim.cache is None and self.train_cache_mb > 0:
            self.shim.cache = SentenceCache(int(self.train_cache_mb * 2**20), self.dtype)
        if self.shim.cache is not None:
            self.shim.cache.note_update()

    def close_cache(self) -> None:
        """Give the memory of the training cache back."""
        self.shim.cache = None

    def receive_gradient(self, docs: Sequence[Doc], d_layers: Sequence[Floats3d]) -> None:
        """Take the gradients of a listener for the last batch of `update`."""
        for doc, d_doc in zip(docs, d_layers):
            data = get_data(doc, self.name)
            if self._batch is not None and data is not None and data in self._batch:
                self._batch.add_gradient(data, spread_rows(d_doc, doc, data))
                self._batch.losses[self.name] += float((d_doc**2).sum())

    def finish_update(self, sgd: Optimizer) -> None:
        """Train the biLM by the gradients of the listeners. spaCy may call this before they have any (`nlp.update` with
        an optimizer does): then the optimizer is kept until they come."""
        self._optimizer = sgd
        if self._batch is not None and self._batch.has_gradients:
            self.finish_batch()

    def finish_batch(self) -> None:
        """Take the step that is due, if the gradients for it have come."""
        if self._batch is not None and self._batch.has_gradients:
            self._batch.backpropagate()
            self._batch = None
        if self._optimizer is not None and any(p.grad is not None for p in self.shim.model.parameters()):
            self.model.finish_update(self._optimizer)
            self._optimizer = None

    def use_params(self, params: dict) -> Iterator[None]:
        """Compute with other parameters, e.g. the averages of an optimizer, for a while. As of all pipes of spaCy, this
        is the generator behind `nlp.use_params`, not a context manager."""
        self.finish_batch()
        with self.model.use_params(params):
            yield
