"""How much time is left for all steps together, said at the start of each.

What the job has measured itself counts; before that, what it takes on two cores of an ordinary machine. So the first
lines are a rough guess, and the later ones are close.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path
from statistics import fmean

from thinc.api import Config
from wasabi import msg

from project.shared.durations import format_duration
from project.shared.pipelines.processes import weights_digest
from spacy_elmo.models.describe import read_facts

from .cleaning.files import find_text
from .pages.curve import read_history
from .results import BASELINE, ELMO, INIT, Results, systems
from .settings import KINDS, Job, Settings, read_notes

TEXT_BYTES_A_SECOND = 1_500_000  # cleaned
TREEBANK_BYTES_A_SECOND = 200_000  # read, with the tokenizer that is taught
CONLLU_BYTES_A_WORD = 60
WORDS_A_SECOND = {
    **{("listener", ELMO): 1_700, ("listener", BASELINE): 1_900},
    **{("paper", ELMO): 650, ("paper", BASELINE): 1_100},
}  # of a training that has one core
PLAN = 75  # seconds, most of which are measuring
CHECKS = 15  # of what is found done, or is nearly
WHEELS = {"own": 90, "all": 300}
REPORT = 30


def announce(job: Job, settings: Settings, step: str) -> None:
    """Say how long a step and all after it will take.

    Args:
        job: The files of the language.
        settings: What is asked for.
        step: One of `STEPS`.
    """
    names = list(STEPS)
    left = {name: STEPS[name](job, settings) for name in names[names.index(step) :]}
    parts = ", ".join(f"{name} {_about(seconds)}" for name, seconds in left.items())
    place = f"step {names.index(step) + 2} of {len(names) + 1}"
    msg.info(f"{step}: {place}; about {_about(sum(left.values()))} left for all ({parts})")


def _about(seconds: float) -> str:
    """Return a duration no more exact than it is known."""
    return format_duration(10 * ceil(seconds / 10) if seconds < 50 else 60 * round(seconds / 60 + 0.01))


def _treebank(job: Job, settings: Settings) -> float:
    if read_notes(job.treebank / "notes.json"):
        return CHECKS
    return CHECKS + _size([*settings.treebank, *settings.ner]) / TREEBANK_BYTES_A_SECOND


def _text(job: Job, settings: Settings) -> float:
    if read_notes(job.text / "notes.json"):
        return CHECKS
    return CHECKS + _size(find_text(settings.text)) / TEXT_BYTES_A_SECOND


def _plan(job: Job, settings: Settings) -> float:
    return CHECKS if job.plan.is_file() else PLAN


def _pretrain(job: Job, settings: Settings) -> float:
    """Return the time of the words that are still to be read, as fast as those before."""
    notes, planned = read_history(job.run), _planned_words(job)
    if not notes or planned is None:
        return CHECKS + 3600 * settings.hours
    words, seconds = max(notes[-1]["words"], 1), notes[-1]["seconds"]
    return CHECKS + max(0, planned - words) * seconds / words


def _planned_words(job: Job) -> int | None:
    """Return how many words the plan has the biLM read, None where it does not say."""
    try:
        training = Config().from_disk(job.plan)["training"]
        return int(training["max_steps"] * training["batch_size"] * training["unroll_steps"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _train(job: Job, settings: Settings) -> float:
    """Return the time of the runs that have no line yet, each as long as others of its kind took."""
    lines = Results(job).lines
    has_ner = settings.ner or (job.ner / "train.spacy").is_file()
    kinds = [kind for kind in KINDS if (has_ner if kind == "ner" else settings.treebank or not settings.ner)]
    seconds, current = 0.0, _digest_of_model(job)
    for kind in kinds:
        for system in systems(settings):
            same = [line for line in lines if (line["kind"], line["system"]) == (kind, system)]
            took = [line["train_seconds"] for line in same if line.get("train_seconds")]
            words = _words(job, settings, kind) * settings.epochs
            each = fmean(took) if took else words / WORDS_A_SECOND[settings.recipe, ELMO if system == INIT else system]
            done = {line["seed"] for line in same if system != ELMO or line.get("weights_md5") == current}
            seconds += each * len(set(settings.seeds) - done)
    return CHECKS + seconds / min(settings.jobs, len(kinds) * len(systems(settings)) * len(settings.seeds))


def _digest_of_model(job: Job) -> str | None:
    """Return the digest of the weights that pipelines are to have, None where they are not trained yet."""
    is_trained = job.model.is_dir() and read_facts(job.model).get("run") == job.run.name
    return weights_digest(str(job.model)) if is_trained else None


def _words(job: Job, settings: Settings, kind: str) -> float:
    """Return the words of the training part, by the size of its file where they were not counted yet."""
    figures = read_notes(job.treebank / "notes.json").get("figures", {})
    counted = figures if kind == "treebank" else figures.get("ner", figures)
    if "train" in counted:
        return float(counted["train"]["words"])
    files = (settings.ner if kind == "ner" else []) or settings.treebank
    return _size(files[:1]) / CONLLU_BYTES_A_WORD


def _package(job: Job, settings: Settings) -> float:
    return WHEELS[settings.wheels]


def _report(job: Job, settings: Settings) -> float:
    return REPORT


def _size(files: Sequence[str | Path]) -> int:
    return sum(path.stat().st_size for path in map(Path, files) if path.is_file())


STEPS: dict[str, Callable[[Job, Settings], float]] = {
    "treebank": _treebank,
    "text": _text,
    "plan": _plan,
    "pretrain": _pretrain,
    "train": _train,
    "package": _package,
    "report": _report,
}  # all but the first, which checks
