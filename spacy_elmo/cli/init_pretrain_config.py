"""`python -m spacy elmo init-pretrain-config`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option
from wasabi import msg

from .common import clear_errors, write_text


def init_pretrain_config(
    output: Annotated[Path, Argument(help="Config file to write, or - to print it")],
    size: Annotated[str, Option(help="tiny, small, medium or original (as the published models)")] = "small",
    words: Annotated[int, Option(help="Words in the text, about")] = 10_000_000,
    epochs: Annotated[int, Option(help="Times through the text")] = 10,
    lang: Annotated[str, Option("--lang", "-l", help="Code of the language")] = "en",
    force: Annotated[bool, Option("--force", "-F", help="Replace files, a kept one too")] = False,
) -> None:
    """Write a complete config to train a model from raw text, for a size and an amount of text. A file in its place is
    kept as OUTPUT.bak."""
    with clear_errors():
        from ..pretraining.config import make_config

        config = make_config(size=size, words=words, lang=lang, epochs=epochs).to_str()
        if str(output) == "-":
            print(config)
            return
        write_text(output, config, force=force)
    msg.good(f"Wrote {output}")
    print(f"python -m spacy elmo pretrain {output} --output pretrained --paths.train text")
