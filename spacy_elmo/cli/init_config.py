"""`python -m spacy elmo init-config` and `init-pretrain-config`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeAlias

from typer import Argument, Option
from wasabi import msg

from .common import WEIGHTS, clear_errors, write_text

Output: TypeAlias = Annotated[Path, Argument(help="Config file to write, or - to print it")]
Lang: TypeAlias = Annotated[str, Option("--lang", "-l", help="Code of the language")]
Force: TypeAlias = Annotated[bool, Option("--force", "-F", help="Replace files, a kept one too")]


def init_config(
    output: Output,
    lang: Lang = "en",
    pipeline: Annotated[
        str, Option("--pipeline", "-p", help="Names of trainable components, with commas between them")
    ] = "tagger,parser,ner",
    pretrained: Annotated[str, Option(help=WEIGHTS)] = "en_elmo_sm",
    recipe: Annotated[
        str, Option(help="listener: ELMo and word embeddings into a thin encoder; paper: into a full one")
    ] = "listener",
    keep_vectors: Annotated[bool, Option("--keep-vectors", help="Leave vectors on the Docs that come out")] = False,
    baseline: Annotated[bool, Option("--baseline", help="The same config without ELMo, to see what it brings")] = False,
    force: Force = False,
) -> None:
    """Write a complete config to train a pipeline on ELMo. Only the paths of the data are missing in it. A file in its
    place is kept as OUTPUT.bak.
    """
    with clear_errors():
        from ..models.load import check_loadable
        from ..pipeline.recipes import make_config

        check_loadable(pretrained)
        names = [name.strip() for name in pipeline.split(",") if name.strip()]
        choices: dict[str, Any] = {"recipe": recipe, "keep_vectors": keep_vectors, "baseline": baseline}
        config = make_config(lang=lang, pipeline=names, pretrained=pretrained, **choices).to_str()
        if str(output) == "-":
            print(config)
            return
        write_text(output, config, force=force)
    msg.good(f"Wrote {output}")
    print(f"python -m spacy train {output} --output trained --paths.train train.spacy --paths.dev dev.spacy")


def init_pretrain_config(
    output: Output,
    size: Annotated[str, Option(help="tiny, small, medium or original (as the published models)")] = "small",
    words: Annotated[int, Option(help="Words in the text, about")] = 10_000_000,
    epochs: Annotated[int, Option(help="Times through the text")] = 10,
    lang: Lang = "en",
    force: Force = False,
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
