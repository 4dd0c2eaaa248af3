"""`python -m spacy elmo init-pretrain-config`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from typer import Option, echo
from wasabi import msg

from ..common import ConfigFile, ForceConfig, Init, LangOfConfig, Tokenizer, clear_errors, say, write_text

SIZE, WORDS, EPOCHS = "small", 10_000_000, 10  # without hours


def init_pretrain_config(
    output: ConfigFile,
    hours: Annotated[
        float | None, Option(help="Hours of training: sizes and schedule are chosen by the speed of this machine")
    ] = None,
    size: Annotated[
        str | None, Option(help="tiny, small, medium or original (as published models); small, or by the hours")
    ] = None,
    words: Annotated[int | None, Option(help=f"Words in the text, about; {WORDS:,}, or those of --text")] = None,
    text: Annotated[list[str] | None, Option(help="Text to train on, which the config then names, of --hours")] = None,
    epochs: Annotated[int | None, Option(help=f"Times through the text, without --hours; {EPOCHS}")] = None,
    lang: LangOfConfig = "en",
    tokenizer: Tokenizer = None,
    init: Init = None,
    threads: Annotated[int | None, Option(min=1, help="Threads of the run, of --hours; torch's own number")] = None,
    tokens_per_second: Annotated[
        float | None, Option(help="Of training by --size or --init, to plan --hours without measuring")
    ] = None,
    force: ForceConfig = False,
) -> None:
    """Write a complete config to train a model from raw text: for a size and an amount of text, or for the hours that
    there are. A file in its place is kept as OUTPUT.bak."""
    with clear_errors():
        is_printed = str(output) == "-"
        if hours is None:
            _check_unused(
                text=text, tokenizer=tokenizer, init=init, threads=threads, tokens_per_second=tokens_per_second
            )
            from ...pretraining.config import make_config

            config = make_config(size=size or SIZE, words=_or(words, WORDS), lang=lang, epochs=_or(epochs, EPOCHS))
        else:
            if epochs is not None:
                raise ValueError("--epochs: the hours decide how often the text is read; leave one of them out")
            from ...pretraining.plan import plan_run

            tell = partial(echo, err=True) if is_printed else say
            plan = plan_run(
                hours=hours,
                lang=lang,
                words=words,
                text=text or (),
                tokenizer=tokenizer,
                init=init,
                size=size,
                threads=threads,
                tokens_per_second=tokens_per_second,
                notify=tell,
            )
            for line in plan.lines:
                tell(line)
            config = plan.config
        if is_printed:
            print(config.to_str())
            return
        write_text(output, config.to_str(), force=force)
    msg.good(f"Wrote {output}")
    print(f"python -m spacy elmo pretrain {output} --output pretrained" + ("" if text else " --paths.train text"))


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _check_unused(**options: object) -> None:
    """Raise ValueError for an option that is of --hours alone."""
    for name, value in options.items():
        if value:
            raise ValueError(f"--{name.replace('_', '-')}: is for --hours; give them, or leave it out")
