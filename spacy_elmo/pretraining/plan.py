"""Sizes and schedule of a run, from the hours that there are, the amount of text, and the speed of this machine.

The rule: the largest size that reads enough tokens in the time. A larger model learns more from a token, and reads
fewer of them, so it pays from an amount on (`FEWEST_TOKENS`): where its curve falls below that of the next smaller one.
These amounts come from the law of losses in parameters and tokens of Hoffmann et al. (2022), with the speeds that the
sizes have here, and round numbers are all that it is good for. At some thousand tokens a second, the tiny size is right
for some minutes, the small one for up to a day, and the medium one for days.

Text that is read again teaches like new text up to four times, and hardly at all after sixteen (Muennighoff et al.
2023): the fifth time does not count for the size, and no text is read more than sixteen times.

A run ends when its steps are done, and its rate is 0 then. There are as many as the hours have room for at the speed
that was measured, less the evaluations. A clock in the schedule would be exact, but then no run could go on to the last
digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from thinc.api import Config

from ..models.load import load_model
from ..text.estimate import estimate_words
from .config import SIZES, TOKENS_A_WORD, make_config
from .schema import MOST_PROCESSES, check_whole
from .speed import measure_speed

FEWEST_TOKENS = {"tiny": 0, "small": 1_000_000, "medium": 40_000_000}  # that each must read, the smallest first
TIMES_SLOWER = 4  # that the medium size is at least than the small one: only then its speed is measured
FULL_PASSES, MOST_PASSES = 4, 16  # over a text: so many teach like new text, and after so many it is known by heart
PASSES_WITHOUT_DROPOUT, DROPOUT = 3, 0.1
FEWEST_WORDS, LITTLE_TEXT = 400, 1_000_000  # of a text that can be trained on, and for a model that knows something
RESERVE = 0.05  # of the time: checkpoints, the models at the end, and minutes in which the machine does other things
MOST_EVALUATIONS, EVALUATION_SHARE = 20, 0.05  # of the time
EVALUATION_COST = 2  # tokens of training to one that is evaluated, whose softmax is over the whole vocabulary
DEV_SHARE, DEV_WORDS = 0.01, 50_000  # of the text at most, that are held out
RATE, RATE_CELLS, RATE_LANES = 0.006, 512, 64  # the best for SOAP in docs/pretraining.md, and what it was best for
RATE_STEPS, RATE_POWER = 1500, 1 / 3  # of these trials; longer runs want less, or vectors of words grow without end
RATE_SHARE_OF_INIT = 1 / 3
WARMUP = 200  # steps at most


class Plan(NamedTuple):
    """A run that fits into its time.

    Attributes:
        config: A whole config, not interpolated.
        size: Name of the size, "" where the dimensions are those of a model to go on from.
        words: In the text, about.
        tokens_per_second: Of training, in each direction.
        steps: Of the run.
        passes: How often the text is read.
        seconds: That training and evaluations take, by that speed.
        lines: What was found and chosen, for people.
    """

    config: Config
    size: str
    words: int
    tokens_per_second: float
    steps: int
    passes: float
    seconds: float
    lines: tuple[str, ...]


def plan_run(
    *,
    hours: float,
    lang: str,
    words: int | None = None,
    text: Sequence[str | Path] = (),
    dev_words: int | None = None,
    tokenizer: str | None = None,
    init: str | None = None,
    size: str | None = None,
    threads: int | None = None,
    tokens_per_second: float | None = None,
    notify: Callable[[str], object] = lambda line: None,
) -> Plan:
    """Return a config for a run that ends when the hours end. The speed of this machine is measured, up to a minute.

    Args:
        hours: Of training, with its evaluations. The text is prepared before.
        lang: Code of the language of the text.
        words: In the text, about. None to estimate it from `text`.
        text: Files, directories and patterns, which the config then names.
        dev_words: In text that is held out by itself. None to hold out 1% of the text, and 50,000 words at most.
        tokenizer: Name or path of a pipeline whose tokenizer splits the text, as of `tokenize_files`.
        init: Name or path of a model to go on from, with its dimensions and a third of the rate.
        size: One of "tiny", "small", "medium". None to choose.
        threads: Of torch. None for its own number.
        tokens_per_second: Of training by that size or model, to plan without measuring. With it, the same is planned on
            any machine.
        notify: Called with a line before something is measured.

    Raises:
        ValueError: The hours have no room for a step, there is too little text, or something is not there.
    """
    _check(hours, size, init, tokens_per_second)
    if threads is not None:
        check_whole("threads", threads, high=MOST_PROCESSES)
    if words is None:
        if not text:
            raise ValueError("hours: the plan needs the amount of text; give its words, or the text itself")
        words = estimate_words(text, lang=lang, tokenizer=tokenizer)
    if words < FEWEST_WORDS:
        raise ValueError(f"words = {words}: too little to train on; give text of {FEWEST_WORDS} words at least")
    paths = [str(path) for path in text]
    given = {
        "system.threads": threads,
        "paths.init": init,
        "paths.train": paths[0] if len(paths) == 1 else paths or None,
    }
    draft = partial(_draft, words=words, lang=lang, tokenizer=tokenizer, given=given)

    def measure(size: str) -> float:
        if tokens_per_second is not None:
            return tokens_per_second
        whose = f"of {init}" if init else f"of the size {size}"
        notify(f"measures how many tokens a second training {whose} reads, for some seconds")
        return float(f"{measure_speed(draft(size)):.3g}")

    reason = ""
    if init is not None:
        size = _nearest_size(init)
        speed = measure(size)
    elif size is None:
        size, speed, reason = _choose(hours, words, measure)
    else:
        speed = measure(size)
    plan = _schedule(draft(size), speed, hours, words, dev_words)
    return plan._replace(size="" if init else size, lines=_describe(plan, size, init, hours, reason))


def _check(hours: float, size: str | None, init: str | None, tokens_per_second: float | None) -> None:
    if not 0 < hours < math.inf:
        raise ValueError(f"hours = {hours}: must be a number above 0")
    if size is not None and size not in FEWEST_TOKENS:
        raise ValueError(f"size = {size!r}: hours are planned for {', '.join(FEWEST_TOKENS)}; take one of them")
    if size is not None and init is not None:
        raise ValueError(f"size = {size!r}: the dimensions are those of {init}; give a size or a model, not both")
    if tokens_per_second is not None and not 0 < tokens_per_second < math.inf:
        raise ValueError(f"tokens_per_second = {tokens_per_second}: must be a number above 0")
    if tokens_per_second is not None and size is None and init is None:
        raise ValueError("tokens_per_second: of which size? Give the size as well, or the model to go on from")


def _draft(size: str, *, words: int, lang: str, tokenizer: str | None, given: Mapping[str, Any]) -> Config:
    """Return a config of a size, without a schedule."""
    config = make_config(size=size, words=words, lang=lang, tokenizer=tokenizer)
    for place, value in given.items():
        section, key = place.split(".")
        config[section][key] = value
    config["training"]["dropout"] = 0.0
    config["training"]["optimizer"]["@misc"] = "spacy-elmo.SOAP.v1"
    return config


def _find_rate(config: Config, steps: int) -> float:
    """Return the highest rate of a run of so many steps."""
    init = config["paths"]["init"]
    cells = load_model(init, with_head=False).model.config.hidden_size if init else config["model"]["hidden_size"]
    rate = RATE * math.sqrt(RATE_CELLS / cells * config["training"]["batch_size"] / RATE_LANES)
    rate *= RATE_SHARE_OF_INIT if init else min(1, (RATE_STEPS / steps) ** RATE_POWER)
    return float(f"{rate:.2g}")


def _nearest_size(init: str) -> str:
    """Return the size whose lanes and negatives serve a model."""
    cells = load_model(init, with_head=False).model.config.hidden_size
    return min(FEWEST_TOKENS, key=lambda size: abs(math.log(SIZES[size].hidden_size / cells)))


def _choose(hours: float, words: int, measure: Callable[[str], float]) -> tuple[str, float, str]:
    """Return the largest size that reads enough, its speed, and why it is not a larger one."""
    new = FULL_PASSES * words * TOKENS_A_WORD

    def lacks(size: str, speed: float) -> str:
        read, fewest = hours * 3600 * speed, FEWEST_TOKENS[size]
        if min(read, new) >= fewest:
            return ""
        of_text = f"the text has {new:,.0f} when it is read {FULL_PASSES} times"
        found = f"{read:,.0f} at most would be read in this time" if read < fewest else of_text
        return f"the {size} size pays from {fewest:,} tokens on, and {found}"

    speed = measure("small")
    if reason := lacks("small", speed):
        return "tiny", measure("tiny"), reason
    if not (reason := lacks("medium", speed / TIMES_SLOWER)):
        medium = measure("medium")
        if not (reason := lacks("medium", medium)):
            return "medium", medium, ""
    return "small", speed, reason


def _schedule(config: Config, speed: float, hours: float, words: int, dev_words: int | None) -> Plan:
    """Return a plan with as many steps as there is time for, without its lines."""
    training, tokens = config["training"], words * TOKENS_A_WORD
    step = training["batch_size"] * training["unroll_steps"]
    if dev_words is None:
        share = min(DEV_SHARE, DEV_WORDS / words)
        config["corpus"]["dev_size"], dev_words = float(f"{share:.3g}"), round(share * words)
    evaluation = max(1, dev_words) * TOKENS_A_WORD * EVALUATION_COST
    room = hours * 3600 * (1 - RESERVE) * speed
    evaluations = max(1, min(MOST_EVALUATIONS, int(EVALUATION_SHARE * room / evaluation)))
    steps = min(int((room - evaluations * evaluation) / step), math.ceil(MOST_PASSES * tokens / step))
    if steps < 1:
        least = 1.05 * (step + evaluation) / (3600 * (1 - RESERVE) * speed)  # two digits of it are not too few
        what = f"a step of {step:,} tokens and an evaluation of {dev_words:,} words, at {speed:,g} tokens a second"
        raise ValueError(f"hours = {hours:g}: no room for {what}; give {least:.2g} or more")
    passes = steps * step / tokens
    training["dropout"] = DROPOUT if passes > PASSES_WITHOUT_DROPOUT else 0.0
    training |= {"max_steps": steps, "eval_frequency": math.ceil(steps / evaluations)}
    training["optimizer"]["learn_rate"] |= {"rate": _find_rate(config, steps), "warmup": min(WARMUP, steps // 10)}
    seconds = (steps * step + evaluations * evaluation) / speed
    return Plan(config, "", words, speed, steps, passes, seconds, ())


def _describe(plan: Plan, size: str, init: str | None, hours: float, reason: str) -> tuple[str, ...]:
    """Return what was found and chosen, for people."""
    training, model = plan.config["training"], plan.config["model"]
    learn_rate = training["optimizer"]["learn_rate"]
    read = plan.steps * training["batch_size"] * training["unroll_steps"]
    cells = f"the {size} size, {model['hidden_size']} cells projected to {model['projection_size']}"
    schedule = f"{plan.steps:,} steps of {training['batch_size']} lanes, which read {read:,} tokens, or the text"
    schedule += f" {plan.passes:.2g} times; an evaluation every {training['eval_frequency']:,} steps"
    lines = [
        f"text: about {plan.words:,} words",
        f"speed: {plan.tokens_per_second:,g} tokens a second of training, in each direction",
        f"model: {f'that of {init}' if init else cells}" + (f"; {reason}" if reason else ""),
        f"schedule: {schedule}; {_tell(plan.seconds)} in all",
        f"rate: up to {learn_rate['rate']:g} in {learn_rate['warmup']} steps, then in a cosine to 0 at the last",
    ]
    again = f"--tokens-per-second {plan.tokens_per_second:g} with {f'--init {init}' if init else f'--size {size}'}"
    lines.append(f"the same plan again, without measuring: {again}")
    if training["dropout"]:
        lines.append(f"dropout: {training['dropout']}, because text is read more than {PASSES_WITHOUT_DROPOUT} times")
    if plan.seconds < hours * 3600 * (1 - RESERVE) / 2:
        lines.append(f"a text is read {MOST_PASSES} times at most, so {hours:g} hours are not used up; more text would")
    if plan.words < LITTLE_TEXT and not init:
        remedy = "find more text, or go on from a model of the language, if there is one"
        lines.append(f"Warning: a model from fewer than {LITTLE_TEXT:,} words knows little; {remedy}")
    return tuple(lines)


def _tell(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{seconds / 60:.1f} min"
