"""Whether a checkpoint is all that its run needs to go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor

from ...util.files import WeightsError
from ..optimizers.soap import BASES
from .checkpoint import FACTS, TENSORS, Checkpoint
from .trainer import AVERAGE, Trainer, strip_prefix

NUMBER = (int, float)
FACT_TYPES = {
    **{"words": int, "seconds": NUMBER, "loss_seconds": NUMBER},
    **{"history": list, "best": (dict, type(None)), "optimizer": dict},
}
NOTE_TYPES = {
    **{"step": int, "words": int, "seconds": NUMBER, "loss": NUMBER},
    **{"forward": NUMBER, "backward": NUMBER, "perplexity": NUMBER},
}


def check_state(trainer: Trainer, checkpoint: Checkpoint) -> None:
    """Check that a run can go on from a checkpoint, before anything of it is taken.

    Args:
        trainer: The run.
        checkpoint: One of this run.

    Raises:
        WeightsError: A tensor or a fact is missing, or is not one of this run.
    """
    facts, step = checkpoint.facts, checkpoint.step
    place = str(checkpoint.path / FACTS)
    _check_types(place, facts, FACT_TYPES)
    for note in [*facts["history"], *([facts["best"]] if facts["best"] else [])]:
        _check_types(place, note, NOTE_TYPES)
    if (facts.get("step"), facts["optimizer"].get("n_steps")) != (step, step):
        raise WeightsError(f"{place}: is damaged, it is not of step {step}")
    for problem in (*_wrong_tensors(trainer, checkpoint.tensors), *_wrong_states(trainer, checkpoint.tensors)):
        raise WeightsError(f"{checkpoint.path / TENSORS}: is damaged, {problem}")


def _check_types(place: str, values: Any, types: Mapping[str, Any]) -> None:
    for key, kind in types.items():
        if not isinstance(values, dict) or not isinstance(values.get(key, ...), kind):
            raise WeightsError(f"{place}: is damaged, {key} is missing or of another type")


def _wrong_tensors(trainer: Trainer, tensors: Mapping[str, Tensor]) -> Iterable[str]:
    """Yield what is wrong with the tensors that are not of the optimizer."""
    wanted = {f"objective/{name}": (tuple(t.shape), t.dtype) for name, t in trainer.objective.state_dict().items()}
    wanted |= {f"{AVERAGE}{n}": (tuple(t.shape), t.dtype) for n, t in trainer.optimizer.averages.tensors.items()}
    for name in ("h", "c"):
        own = getattr(trainer.state, name)
        wanted[f"state/{name}"] = ((*own.shape[:2], own.shape[2] * trainer.world.size, *own.shape[3:]), own.dtype)
    wanted["loss"] = ((2,), tensors["loss"].dtype if "loss" in tensors else None)
    found = {n: (tuple(t.shape), t.dtype) for n, t in tensors.items() if not n.startswith("optimizer/")}
    for name in {**wanted, **found}:
        if found.get(name) != wanted.get(name):
            shapes = [values[name][0] if name in values else "missing" for values in (found, wanted)]
            yield f"{name} is {shapes[0]} there, {shapes[1]} in this run"


def _wrong_states(trainer: Trainer, tensors: dict[str, Tensor]) -> Iterable[str]:
    """Yield what is wrong with the state of the optimizer: parameters without any had no gradient yet."""
    states: dict[str, set[str]] = {name: set() for name in trainer.optimizer.parameters}
    for path, t in strip_prefix("optimizer/", tensors).items():
        name, _, key = path.rpartition("/")
        if not trainer.optimizer.fits(name, key, t):
            yield f"optimizer/{path} of shape {tuple(t.shape)} fits no parameter"
        elif key not in BASES:  # a matrix of which few rows have gradients has none
            states[name].add(key)
    wanted = set(trainer.optimizer.keys())
    for name, keys in states.items():
        if keys != wanted and (keys or trainer.uses_all_parameters):
            yield f"the state of the optimizer for {name} is {sorted(keys)} where {sorted(wanted)} is needed"
