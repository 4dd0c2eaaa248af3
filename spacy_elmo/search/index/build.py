"""From files of text to an index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from ...embedding import embed_files
from ...embedding.records import INPUTS
from ...text.readers import CorpusError, describe_files, find_files
from ...util.digests import describe_file
from ...util.lock import claimed
from ...util.staging import is_stage
from .approximate import check, write_graph
from .files import GRAPH, INDEX, LOCK, PROJECTION, TEXTS, Manifest, read_manifest, spell_layers, write_manifest
from .index import Index
from .lookup import describe_texts
from .query import load_embedder


class Built(NamedTuple):
    """What `build_index` has done.

    Attributes:
        output: The directory.
        words: Of the whole index.
        sentences: Of the whole index.
        new: Words that were added now.
    """

    output: Path
    words: int
    sentences: int
    new: int


def build_index(
    inputs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    model: str | None = None,
    layers: str | None = None,
    lang: str | None = None,
    lines: str = "paragraphs",
    key: str = "text",
    on_error: str = "fail",
    n_process: int | None = None,
    approximate: bool = False,
    notify: Callable[[str], object] = lambda line: None,
    progress: bool = False,
) -> Built:
    """Build an index of the words of texts, or add texts to one.

    Texts that are in the index are not computed again. However the process ends, the index is as it was or has the new
    texts, and the same call goes on where it was.

    Args:
        inputs: Files, directories and patterns, of the kinds that `embed_files` reads.
        output: A directory.
        model: Model name, model directory or published weights. None for that of the index, "en_elmo_sm" for a new one.
        layers: "all", or "average", "top", the number of a layer or a weight for each, for an index that knows no
            others. None for those of the index, "all" for a new one.
        lang: Language whose tokenizer to use. None for that of the index; for a new one, that of the model, or English.
        lines: As of `embed_files`.
        key: As of `embed_files`.
        on_error: As of `embed_files`.
        n_process: How many processes. None for one for two cores.
        approximate: Whether to add a graph for searches of many millions of words, to all texts of the index. It needs
            usearch, and some 0.6 GB of memory for a million words.
        notify: Called with lines for people.
        progress: Whether to show a bar with the time left, on a terminal.

    Raises:
        CorpusError: The texts cannot be read or have changed, or the index has other weights or layers or is broken.
        WeightsError: The model cannot be loaded.
        WriteError: The output cannot be written.
        ImportError: usearch is missing.
        ValueError: A setting is out of range.
    """
    output = Path(output)
    if approximate:
        check()
    _check_place(output)
    with claimed(output / LOCK, named=output, doing=f"is building the index {output}"):
        manifest = read_manifest(output) if (output / INDEX).exists() else None
        new = list(_find_new(inputs, output, manifest, notify))
        if manifest is not None:
            _check_same(output, manifest, layers=layers, lang=lang)
            if new or model:
                load_embedder(manifest, model)
            model, layers, lang = model or manifest.model, manifest.layers, manifest.lang
        elif not new:
            raise CorpusError("no inputs: name files of text")
        added = 0
        if new:
            number = len(manifest.texts) if manifest else 0
            done = embed_files(
                new,
                output / f"{TEXTS}{number:06}",
                model=model or "en_elmo_sm",
                layers=layers or "all",
                format="npy",
                dtype="float16",
                lang=lang,
                notify=notify,
                progress=progress,
                n_process=n_process,
                lines=lines,
                key=key,
                on_error=on_error,
                annotations=True,
            )
            manifest, added = _add(output, manifest, number), done.words
        assert manifest is not None
        if approximate and not all(texts.has_graph for texts in manifest.texts):
            manifest = _add_graphs(Index(output, model), progress)
    return Built(output, manifest.rows, manifest.sentences, added)


def _add(output: Path, manifest: Manifest | None, number: int) -> Manifest:
    """Add texts that are computed, and return what the index then says of itself."""
    job, texts, shape = describe_texts(output, number)
    if manifest is None:
        used = job.settings
        manifest = Manifest(used.model, used.digest, used.lang, spell_layers(used.layers), shape)
    manifest = replace(manifest, texts=[*manifest.texts, texts])
    write_manifest(output, manifest)
    return manifest


def _add_graphs(index: Index, progress: bool) -> Manifest:
    """Add a graph to texts without one, and return what the index then says of itself."""
    folder, texts = index.folder, []
    bar = tqdm(
        total=len(index), desc="Linking vectors", unit_scale=True, leave=False, disable=None if progress else True
    )
    with bar:
        for given in index.manifest.texts:
            if not given.has_graph:
                path = folder / given.name
                write_graph(path, partial(index.vectors, given), sum(given.rows), count=bar.update)
                graph = {name: describe_file(path / name) for name in (GRAPH, PROJECTION)}
                given = replace(given, files={**given.files, **graph})
            texts.append(given)
    manifest = replace(index.manifest, texts=texts)
    write_manifest(folder, manifest)
    return manifest


def _check_place(output: Path) -> None:
    """Raise CorpusError where something else is."""
    if output.exists() and not output.is_dir():
        raise CorpusError(f"{output}: exists and is no directory; choose another place")
    others = output.is_dir() and any(not _is_ours(path) for path in output.iterdir())
    if others:
        raise CorpusError(f"{output}: not empty, and no index; choose another place")


def _is_ours(path: Path) -> bool:
    return path.name in (INDEX, LOCK) or path.name.startswith(TEXTS) or is_stage(path)


def _find_new(
    inputs: Sequence[str | os.PathLike[str]], output: Path, manifest: Manifest | None, notify: Callable[[str], object]
) -> Iterator[Path]:
    """Yield the files that are not in an index.

    Raises:
        CorpusError: There are none at all, or one has changed since it was added.
    """
    known = [file for texts in manifest.texts for file in texts.inputs] if manifest else []
    digests, names = {file["name"]: file["digest"] for file in known}, {file["digest"]: file["name"] for file in known}
    for given in inputs:
        if Path(given).is_dir() and output.resolve().is_relative_to(Path(given).resolve()):
            raise CorpusError(f"{output}: lies within {given}, which is to be read; choose another place")
        files = find_files(os.fspath(given), INPUTS)
        for file, facts in zip(files, describe_files(files)):
            name, digest = file.as_posix(), facts["digest"]
            if digests.get(name, digest) != digest:
                raise CorpusError(f"{name}: has changed since it was added to {output}; build another index")
            if digest not in names:
                yield file
            elif names[digest] != name:
                notify(f"{name}: the same text as {names[digest]}; it is there once")
            digests[name], names[digest] = digest, names.get(digest, name)


def _check_same(output: Path, manifest: Manifest, **asked: str | None) -> None:
    for key, value in asked.items():
        if value not in (None, getattr(manifest, key)):
            has = f"{output} has {getattr(manifest, key)!r}"
            raise CorpusError(f"{key} = {value!r}: {has}; leave it out, or build another index")
