"""`python -m spacy elmo init-config`."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Option
from wasabi import msg

from .common import WEIGHTS, ConfigFile, ForceConfig, LangOfConfig, clear_errors, write_text


def init_config(
    output: ConfigFile,
    lang: LangOfConfig = "en",
    pipeline: Annotated[
        str, Option("--pipeline", "-p", help="Names of trainable components, with commas between them")
    ] = "tagger,parser,ner",
    pretrained: Annotated[str, Option(help=WEIGHTS)] = "en_elmo_sm",
    recipe: Annotated[
        str, Option(help="listener: ELMo and word embeddings into a thin encoder; paper: into a full one")
    ] = "listener",
    keep_vectors: Annotated[bool, Option("--keep-vectors", help="Leave vectors on the Docs that come out")] = False,
    baseline: Annotated[bool, Option("--baseline", help="The same config without ELMo, to see what it brings")] = False,
    force: ForceConfig = False,
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
