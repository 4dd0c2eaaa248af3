"""From files to files of vectors."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple, TypeAlias

from tqdm import tqdm

from ..models import find_model
from ..text.hints import find_hint
from ..text.readers import CorpusError, describe_files, find_files
from ..text.tokenize import check_language
from ..util.checks import check_choice
from ..util.lock import claimed
from ..util.staging import file_to_write, staged
from .embedder import Counts, find_language, make_pipe
from .engines import default_processes, ray, run_local, run_ray
from .job import FOLDER, LOCK, MANIFEST, Job, find_differences, find_job, plan
from .outputs import OUTPUTS
from .records import INPUTS, Problems, Reading, Record
from .settings import LEARNED, Layers, Settings, learned_layers, parse_layers

NamedEngine: TypeAlias = Literal["local", "ray"]
Engine: TypeAlias = NamedEngine | Callable[[Path, Sequence[int]], Iterable[int]]
STDIN = "-"
PARTS = ".parts"  # behind the name of an output that is one file, the folder of its shards
FORMAT_OF = {".parquet": "parquet", ".npy": "npy", ".spacy": "spacy", ".hdf5": "allennlp", ".h5": "allennlp"}
WORD = 5  # characters, without the space: what a word has in English
MEBIBYTE = 2**20


class Done(NamedTuple):
    """What `embed_files` has done.

    Attributes:
        output: The file or directory.
        rows: Of all shards.
        words: Of all shards.
        shards: How many there are.
        new: How many of them were done now.
    """

    output: Path
    rows: int
    words: int
    shards: int
    new: int


class Input(NamedTuple):
    """A file to read, and what places in it are called."""

    file: Path
    name: str


def embed_files(
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    model: str = "en_elmo_sm",
    layers: str = "average",
    format: str | None = None,
    lang: str | None = None,
    engine: Engine = "local",
    n_process: int | None = None,
    address: str | None = None,
    notify: Callable[[str], object] = lambda line: None,
    progress: bool = False,
    **settings: Any,
) -> Done:
    """Embed files of text into files of vectors, shard by shard, or go on with what is there of the same job.

    Memory does not grow with the text. However the process ends, what is done stays, and the same call goes on: its
    files are those of a run without interruption, byte for byte.

    Args:
        inputs: Files, directories and patterns; "-" for standard input. Text, lines of JSON, CoNLL-U, IOB and Docs,
            also compressed.
        output: A directory, or for HDF5 a file.
        model: Model name, model directory or published weights; with learned layers, a trained pipeline.
        layers: "all", "top", "average", a layer number, a weight for each layer ("0.2,0.5,0.3"), or
            "learned:COMPONENT" for the mix of a component of the pipeline.
        format: "parquet", "npy", "spacy", "allennlp" or "elmoformanylangs". None for what the suffix of the output
            says, else "parquet".
        lang: Language whose tokenizer to use. None for that of the model, or English where it has none.
        engine: "local" for processes of this machine, "ray" for a cluster; or a function that takes the folder of the
            job and the numbers of shards, lets `do_shard` do each of them somewhere, and yields those that are done.
        n_process: How many processes. None for one for two cores; of Ray, for as many as the cluster has room for.
        address: Of a Ray cluster; None starts one here.
        notify: Called with lines for people.
        progress: Whether to show a bar with the time left, on a terminal.
        **settings: Fields of `Settings`.

    Raises:
        CorpusError: The inputs cannot be read, or the output is of something else.
        WeightsError: The model cannot be loaded.
        WriteError: The output cannot be written.
        ImportError: A package is missing.
        ValueError: A setting is out of range.
    """
    if not callable(engine):
        check_choice("engine", engine, NamedEngine)
    if n_process is not None and n_process < 1:
        raise ValueError(f"n_process = {n_process}: must be at least 1")
    output = Path(output)
    wanted = _settings(model, layers, format or FORMAT_OF.get(output.suffix, "parquet"), lang, settings)
    wanted, size = _check_model(wanted, notify)
    kind = OUTPUTS[wanted.format]
    kind.check()
    if engine == "ray":
        ray.check()
    folder = output if kind.merge is None else file_to_write(output).with_name(f"{output.name}{PARTS}")
    if kind.merge is not None and output.exists() and not (folder / FOLDER / MANIFEST).exists():
        raise CorpusError(f"{output}: exists; choose another name, or remove it")
    with ExitStack() as stack:
        found = list(_find(inputs, output, stack))
        find_job(folder)  # what is something else's is left alone
        stack.enter_context(claimed(folder / FOLDER / LOCK, named=folder, doing=f"is embedding into {output}"))
        job = _plan(found, folder, wanted, size, notify)
        todo = job.missing()
        with tqdm(
            total=job.size,
            initial=job.size - sum(job.shards[n].end - job.shards[n].start for n in todo),
            desc="Embedding text",
            unit="B",
            unit_scale=True,
            leave=False,
            disable=None if progress else True,
        ) as bar:
            for number in _run(engine, folder, todo, n_process, address):
                bar.update(job.shards[number].end - job.shards[number].start)
        done = _sum(job, output, new=len(todo))
        if kind.merge is not None and not output.exists():
            parts = [folder / f"{shard.name}{kind.suffixes[0]}" for shard in job.shards]
            with staged(output.parent, [output.name]) as stage:
                kind.merge(stage / output.name, parts, wanted, notify)
    if kind.merge is not None:
        _remove(folder)
    return done


def _remove(folder: Path) -> None:
    """Remove shards that were merged. Without its manifest, what is left is no job any more."""
    (folder / FOLDER / MANIFEST).unlink()
    shutil.rmtree(folder)


def _settings(model: str, layers: str, format: str, lang: str | None, more: dict[str, Any]) -> Settings:
    chosen: Layers
    if layers.startswith(LEARNED):
        chosen, place = learned_layers(model, layers.removeprefix(LEARNED))
        model = str(place)
    else:
        chosen = parse_layers(layers)
    found = find_model(model)
    if not (isinstance(model, str) and model.isidentifier()):
        model = str(found.resolve())  # for processes that are somewhere else
    try:
        return Settings(model, "", lang or "", format, chosen, **more)  # type: ignore[arg-type]
    except TypeError as error:
        raise ValueError(f"{error}; `Settings` has the names") from error


def _check_model(settings: Settings, notify: Callable[[str], object]) -> tuple[Settings, int]:
    """Return the settings with what the model says, and the bytes of the vectors of a word."""
    given = find_language(settings.model)
    lang = settings.lang or given or "en"
    check_language(lang)
    pipe = make_pipe(replace(settings, lang=lang))
    if not settings.lang and settings.lines != "sentences":
        whose = "the language of the model" if given else "as the model does not say its language"
        notify(f"words are those of spaCy's tokenizer for {lang!r}, {whose}; --lang overrides it")
    config = pipe.shim.config
    n_vectors = 1 + config.n_outputs * settings.layers.all
    size = n_vectors * config.width * (2 if settings.dtype == "float16" else 4)
    return replace(settings, lang=lang, digest=str(pipe.weights_digest)), size


def _find(inputs: Sequence[str | Path], output: Path, stack: ExitStack) -> Iterator[Input]:
    """Yield all files; standard input is one that is there as long as the stack."""
    for given in dict.fromkeys(map(str, inputs)):
        if given == STDIN:
            file = Path(stack.enter_context(TemporaryDirectory(prefix="spacy-elmo-"))) / "stdin"
            with file.open("wb") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy)
            yield Input(file, STDIN)
            continue
        if Path(given).is_dir() and output.resolve().is_relative_to(Path(given).resolve()):
            raise CorpusError(f"{output}: lies within {given}, which is to be read; choose another place")
        for file in find_files(given, INPUTS):
            yield Input(file, file.as_posix())


def _plan(found: Sequence[Input], folder: Path, settings: Settings, size: int, notify: Callable[[str], object]) -> Job:
    """Return the job that is asked for: the one that is there, or a new one."""
    described = describe_files(given.file for given in found)
    facts: dict[str, Any] = {
        "settings": settings.to_dict(),
        "inputs": [{**facts, "name": given.name} for facts, given in zip(described, found)],
        "versions": {name: version(name) for name in ("spacy-elmo", "spacy")},
    }
    job = find_job(folder)
    if job is not None:
        differences = find_differences(job, facts)
        if differences:
            remedy = "choose another place, or remove it"
            raise CorpusError(f"{folder}: has shards of another job ({'; '.join(differences)}); {remedy}")
        return job
    text = [given.file for given in found]
    if settings.lines == "paragraphs" and (hint := find_hint(text, "--lines")):
        notify(hint)
    problems = Problems(settings.on_error, notify)
    characters = max(1, settings.shard_mb * MEBIBYTE // size) * WORD
    counts = Counts(settings.lang) if settings.pooling == "sif" else None
    job = plan(folder, _records(found, settings, problems), facts, characters=characters, counts=counts)
    problems.tell()
    return job


def _records(found: Iterable[Input], settings: Settings, problems: Problems) -> Iterator[Record]:
    whole = settings.unit == "documents"
    reading = Reading(settings.lines, whole, settings.key, settings.lang, problems, settings.annotations)
    for given in found:
        yield from reading.records(*given)


def _run(
    engine: Engine, folder: Path, todo: Sequence[int], n_process: int | None, address: str | None
) -> Iterator[int]:
    if callable(engine):
        return iter(engine(folder.resolve(), todo))
    if engine == "ray" and todo:
        return run_ray(folder, todo, n_process=n_process, address=address)
    return run_local(folder, todo, n_process=min(n_process or default_processes(), max(1, len(todo))))


def _sum(job: Job, output: Path, *, new: int) -> Done:
    notes = [job.note(shard) for shard in job.shards]
    if not all(notes):
        raise CorpusError(f"{job.folder}: {notes.count(None)} shards are not done; the same command does them")
    rows, words = (sum(note[key] for note in notes if note) for key in ("rows", "words"))
    return Done(output, rows, words, len(notes), new)
