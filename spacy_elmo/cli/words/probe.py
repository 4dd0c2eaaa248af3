"""The command `python -m spacy elmo probe`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from typer import Argument, Option
from wasabi import msg

from ...util.files import printable
from ..common import AsJson, clear_errors, print_json

if TYPE_CHECKING:
    from ...probing import ProbeReport, Score, Share

HEADER = ("Vectors", "Model", "All words", "95%", "Unseen words", "95%")


def probe(
    corpus: Annotated[Path, Argument(help="CoNLL-U, or Docs (.spacy) as `spacy convert` writes them")],
    dev: Annotated[
        Path | None, Option("--dev", help="Another file, to test on; a fifth of the sentences of CORPUS if none")
    ] = None,
    model: Annotated[
        list[str] | None, Option("--model", "-m", help="Model name or path; several are compared with the first")
    ] = None,
    task: Annotated[
        str | None, Option("--task", help="xpos, upos, feats, deprel or ner; the first that CORPUS has tags for")
    ] = None,
    layers: Annotated[
        str | None, Option("--layers", help="Some of these, as 0,2,average,all (side by side); each if none")
    ] = None,
    limit: Annotated[
        int, Option("--limit", min=1, help="Sentences to learn from, at most; a quarter as many are tested")
    ] = 4000,
    seed: Annotated[int, Option("--seed", help="Of which sentences are held out, where there is no --dev")] = 0,
    as_json: AsJson = False,
) -> None:
    """Measure what a model knows of words: the share of words whose tag a linear regression reads from the vectors of
    each layer, of their mean, and of all layers side by side; of all words, and of those that it has not learned from.
    """
    with clear_errors():
        from ...probing import probe_models

        report = probe_models(
            model or ["en_elmo_sm"],
            corpus,
            dev,
            task=cast(Any, task),
            layers=None if layers is None else [part.strip() for part in layers.split(",")],
            limit=limit,
            seed=seed,
            progress=True,
        )
    if as_json:
        print_json(report.to_dict())
        return
    msg.table(list(_rows(report)), header=HEADER, divider=True, aligns=("l", "l", "r", "r", "r", "r"), max_col=60)
    train, tested = report.train, report.dev
    print(f"{report.task}, {report.tags} tags: learned from {train.words:,} words of {train.sentences:,} sentences,")
    print(f"tested on {tested.words:,} words of {tested.sentences:,} sentences, of which {report.unseen:,} are unseen.")
    if report.unknown:
        print(f"{report.unknown:,} words have tags that are not among those to learn, and count as wrong.")
    print("95%: a bootstrap over sentences.")


def _rows(report: ProbeReport) -> Iterator[tuple[str, ...]]:
    for name, score in report.guesses.items():
        yield name, "-", *_cells(score)
    for model, scores in report.models.items():
        for kind, score in scores.items():
            yield _title(kind), printable(model), *_cells(score)
    for model, scores in report.differences.items():
        for kind, score in scores.items():
            yield f"{_title(kind)}, less the first", printable(model), *_cells(score, "+")


def _title(kind: str) -> str:
    return f"layer {kind}" if kind.isdecimal() else {"all": "all layers"}.get(kind, kind)


def _cells(score: Score, sign: str = "") -> tuple[str, ...]:
    return *_pair(score.words, sign), *_pair(score.unseen, sign)


def _pair(share: Share | None, sign: str) -> tuple[str, str]:
    if share is None:
        return "-", "-"
    low, high = (f"{100 * value:{sign}.1f}" for value in share.interval)
    return f"{100 * share.value:{sign}.1f}%", f"{low} to {high}"
