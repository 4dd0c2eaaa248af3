"""The experiments as data: which runs answer which question of the paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import product
from typing import Any

from project.paper.components.systems import Encoder, Form, Layers, Place, System

from .tasks import TASKS

TWO: tuple[System, ...] = ("tok2vec", "elmo")
VARIED = ("crf-wnut17", "sentiment", "entailment-sick", "srl")  # in tables 2 and 3
LESS_DATA = {"srl": 0.1}  # there, to save time
SAMPLED = ("tagging", "crf-wnut17")  # in figure 1
SHARES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
COMPARED = ("tagging", "parsing", "crf-wnut17", "sentiment", "entailment-sick")  # with what people would pick instead
SEARCHED = ("tagging", "ner-bc5cdr")  # for the best recipe; WNUT-17 differs too much between seeds
SEARCH_SHARE = 0.25  # of their training data, to save time
ENCODERS: tuple[tuple[Encoder, int], ...] = (("bilstm", 1), ("bilstm", 2), ("cnn", 2), ("cnn", 4))
DROPOUTS = ((0.1, 0.2), (0.3, 0.4))  # of the training, and within a biLSTM
MOST_EPOCHS = 10  # times as many, where there are few data


@dataclass(frozen=True)
class Cell:
    """What is trained, with each of several seeds.

    Attributes:
        task: The task.
        system: What stands for words, see `make_tok2vec`, as of the settings up to `encoder_dropout`.
        form: What is embedded of the form of a word.
        place: Where ELMo comes in.
        layers: Those of ELMo that are taken.
        l2: Lambda of the weights of layers.
        layer_norm: Whether each layer is normalized before it is mixed.
        encoder: Between the vectors of words and the task.
        depth: Its layers.
        width: Of the vectors of words and of the encoder.
        encoder_dropout: Within a biLSTM.
        dropout: Of the training.
        longer: How many times as many epochs as the task has.
        share: Of the training data.
    """

    task: str
    system: System
    form: Form = "full"
    place: Place = "input"
    layers: Layers = "all"
    l2: float = 0.001
    layer_norm: bool = True
    encoder: Encoder = "bilstm"
    depth: int = 1
    width: int = 96
    encoder_dropout: float = 0.2
    dropout: float = 0.1
    longer: int = 1
    share: float = 1.0

    @property
    def variant(self) -> dict[str, Any]:
        """All that differs between the cells of a task and a system but for the share of the data."""
        return {name: value for name, value in asdict(self).items() if name not in ("task", "system", "share")}

    def count_epochs(self, epochs: int = 0) -> int:
        """Return the passes over the training data, from those with all of it; 0 for those of the task.

        With a share of the data, steps grow with its root, so that a tenth of the data is seen three times as often.
        """
        full = (epochs or TASKS[self.task].epochs) * self.longer
        return round(full * min(MOST_EPOCHS, self.share**-0.5))


@dataclass(frozen=True)
class Planned:
    """A run: a cell with a seed, the experiments that need it, and whether it is scored on the test data too."""

    cell: Cell
    seed: int
    experiments: tuple[str, ...]
    is_tested: bool


Cells = Callable[[str], Iterator[Cell]]  # those of a task


@dataclass(frozen=True)
class Experiment:
    """A question of the paper, or one of ours.

    Attributes:
        tasks: Those that it is asked of.
        cells: What is trained for one of them.
        is_tested: Whether it is answered on the test data too, and not on the development data alone.
        has_seeds: Whether all seeds are needed, and not the first one alone.
    """

    tasks: Sequence[str]
    cells: Cells
    is_tested: bool = False
    has_seeds: bool = True


def make_cell(task: str, system: System, **changes: Any) -> Cell:
    """Return a cell with the task's own settings but for some changes.

    Only ELMo and a transformer have a place, and only beside them less than the full form of a word is embedded.
    """
    settings = {**TASKS[task].encoder, **changes}
    if system not in ("elmo", "transformer"):
        settings.pop("place", None)
        settings.pop("form", None)
    return Cell(task, system, **settings)


def _both(task: str) -> Iterator[Cell]:
    return (make_cell(task, system) for system in TWO)


def _layers(task: str) -> Iterator[Cell]:
    share = LESS_DATA.get(task, 1.0)
    yield make_cell(task, "tok2vec", share=share)
    yield make_cell(task, "elmo", share=share, layers="last")
    yield from (make_cell(task, "elmo", share=share, l2=l2) for l2 in (1.0, 0.001))


def _places(task: str) -> Iterator[Cell]:
    places: tuple[Place, ...] = ("input", "output", "both")
    share = LESS_DATA.get(task, 1.0)
    yield make_cell(task, "tok2vec", share=share)
    yield from (make_cell(task, "elmo", share=share, place=place) for place in places)


def _shares(task: str) -> Iterator[Cell]:
    return (make_cell(task, system, share=share) for share, system in product(SHARES, TWO))


def _alternatives(task: str) -> Iterator[Cell]:
    systems: tuple[System, ...] = ("tok2vec", "floret", "transformer", "elmo")
    return (make_cell(task, system, place="input") for system in systems)  # a transformer would read twice for two


def _search(task: str) -> Iterator[Cell]:
    """The same number of trials for both systems: what makes sense for ELMo alone stands against wider vectors."""
    more: dict[System, list[dict[str, Any]]] = {
        "tok2vec": [{"width": 144}, {"width": 192}, {"width": 256}],
        "elmo": [{"layer_norm": False}, {"form": "shape"}, {"place": "both"}],
    }
    for system in TWO:
        make = partial(make_cell, task, system, share=SEARCH_SHARE, place="input", width=96, dropout=0.1)
        for (encoder, depth), (dropout, inner) in product(ENCODERS, DROPOUTS):
            yield make(encoder=encoder, depth=depth, dropout=dropout, encoder_dropout=inner)
        for encoder, depth in (ENCODERS[0], ENCODERS[-1]):
            cell = make(encoder=encoder, depth=depth)
            yield from (replace(cell, longer=2), *(replace(cell, **changes) for changes in more[system]))


EXPERIMENTS = {
    "tasks": Experiment(tuple(TASKS), _both, is_tested=True),  # table 1
    "layers": Experiment(VARIED, _layers),  # table 2
    "places": Experiment(VARIED, _places),  # table 3
    "shares": Experiment(SAMPLED, _shares),  # figure 1
    "alternatives": Experiment(COMPARED, _alternatives, is_tested=True),
    "search": Experiment(SEARCHED, _search, has_seeds=False),
}


def plan(tasks: Sequence[str], seeds: Sequence[int]) -> list[Planned]:
    """Return all runs, each once, however many experiments share it.

    Args:
        tasks: Those that are done.
        seeds: At least one.

    Returns:
        The runs in the order of the experiments. The first seed of all tasks comes before the second one.
    """
    found: dict[tuple[Cell, int], Planned] = {}
    for name, experiment in EXPERIMENTS.items():
        chosen = [task for task in tasks if task in experiment.tasks]
        for seed, task in product(seeds if experiment.has_seeds else seeds[:1], chosen):
            for cell in experiment.cells(task):
                known = found.get((cell, seed), Planned(cell, seed, (), False))
                found[cell, seed] = replace(
                    known,
                    experiments=(*known.experiments, name),
                    is_tested=known.is_tested or experiment.is_tested,
                )
    return list(found.values())
