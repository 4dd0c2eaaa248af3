"""The command `python -m spacy elmo info`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option
from wasabi import msg

from ..util.files import printable
from .common import AsJson, clear_errors, print_json, write_text


def info(
    model: Annotated[str, Argument(help="Model name, model directory (as in a pipeline) or published weights")],
    as_json: AsJson = False,
    check: Annotated[bool, Option("--check", help="Read all files, and compare them with their digests")] = False,
    card: Annotated[Path | None, Option("--card", help="Write a model card, as README.md, for a hub")] = None,
) -> None:
    """Describe weights: dimensions, parameters, size, licence, training data."""
    with clear_errors():
        from ..models.card import make_card, table_rows
        from ..models.describe import check_files, describe_model

        facts = describe_model(model)
        if check:
            check_files(model)
        if card is not None:
            write_text(card, printable(make_card(facts)), force=False)
    if as_json:
        print_json(facts)
        return
    rows = [(title, printable(text)) for title, text in table_rows(facts)]
    msg.table(rows, title=printable(f"ELMo weights {facts.get('name', model)}"))
    if check:
        msg.good("All files are as they were written")
    if card is not None:
        msg.good(f"Wrote {printable(str(card))}")
