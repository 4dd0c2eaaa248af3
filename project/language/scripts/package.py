"""Make wheels of the shipped pipeline and of what it needs, install them in a new environment, and try them there.

python -m scripts.package --lang LANG [--name NAME]

What is there, and made from the same, is not made again. The new environment has nothing but the wheels and, where
they are not all made here, what they need, of this environment.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import spacy
from spacy.tokens import DocBin
from spacy.vocab import Vocab
from tqdm import tqdm
from wasabi import msg

from project.shared.arguments import StepError, clear_errors
from project.shared.wheels.build import build_pipeline, build_this_package, digest_this_package
from project.shared.wheels.closure import find_closure
from project.shared.wheels.folder import WheelFolder
from project.shared.wheels.repack import describe as describe_installed
from project.shared.wheels.repack import repack
from project.shared.wheels.trial import Environment, compare, installed
from project.shared.workspace import Workspace
from spacy_elmo.models import package_model

from .assemble import assemble
from .description import describe, write_documents
from .figures import read_runs
from .progress import announce
from .settings import Job, Settings, read_job

N_DOCS = 5  # of dev, which are tried
SHOWN = ("license", "author", "sources")  # of what `spacy info` says


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    job, settings = read_job(workspace, list(arguments), "Make wheels of a pipeline and try them")
    announce(job, settings, "package")
    texts = find_texts(job)
    with TemporaryDirectory() as folder:
        model = Path(folder) / "pipeline"
        save(job, settings, model)
        folder_of_wheels = WheelFolder(job.packages)
        wheel = make_wheels(folder_of_wheels, model, job, settings)
        if folder_of_wheels.is_tried():
            msg.info(f"{wheel}: made and tried before, from the same pipeline")
            return
        msg.info("Installing it in a new environment")
        lent = [] if settings.wheels == "all" else find_closure([job.packages / name for name in folder_of_wheels.kept])
        with installed(wheel, links=job.packages, lent=lent) as environment:
            try_pipeline(environment, wheel, model, texts)
        folder_of_wheels.note_trial()
    msg.good(f"{wheel}: installed and tried in a new environment, with the same annotations")


def save(job: Job, settings: Settings, model: Path) -> None:
    """Write the shipped pipeline, with all that it says of itself."""
    nlp = assemble(job)
    describe(nlp, job, settings, read_runs(job, settings))
    nlp.to_disk(model)
    write_documents(nlp, model, job)


def make_wheels(folder: WheelFolder, model: Path, job: Job, settings: Settings) -> Path:
    """Make the wheels that are not there, remove those that are of no use any more, and return the pipeline's."""
    msg.info("Making the wheels")
    wheel = folder.keep(digest_folder(model), partial(build_pipeline, model))
    own = [wheel, folder.keep(digest_this_package(), build_this_package)]
    own.append(folder.keep(digest_folder(job.model), partial(package_model, job.model, notify=msg.warn)))
    if settings.wheels == "all":
        needed = tqdm(find_closure(own), unit=" wheels", leave=False, disable=None)
        own += [folder.keep(describe_installed(dist), partial(repack, dist)) for dist in needed]
    folder.remove_others()
    msg.text(f"{len(own)} wheels, {sum(path.stat().st_size for path in own) / 1e6:,.1f} MB")
    return wheel


def digest_folder(folder: Path) -> str:
    """Return a digest of all files of a folder."""
    digest = hashlib.md5()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)} {path.stat().st_size} ".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def find_texts(job: Job) -> list[str]:
    """Return texts of dev. Raises StepError where there is none."""
    path = job.annotated / "dev.spacy"
    if not path.is_file():
        raise StepError(
            f"{path}: no such file, and the wheels are tried on its sentences; run the step `treebank` again"
        )
    docs = DocBin().from_disk(path).get_docs(Vocab())
    return [doc.text for doc, _ in zip(docs, range(N_DOCS))]


def try_pipeline(environment: Environment, wheel: Path, model: Path, texts: Sequence[str]) -> None:
    """Raise StepError unless an installed pipeline annotates as it does here, and says whose work it is."""
    name = wheel.name.partition("-")[0]
    compare(environment, name, model, texts)
    said = environment.call("-m", "spacy", "info", name, "--markdown")
    meta = spacy.util.load_meta(model / "meta.json")
    for known in (meta["license"], *(source["name"] for source in meta["sources"])):
        if known not in said and repr(known)[1:-1] not in said:  # lists are shown as Python writes them
            raise StepError(f"`spacy info {name}` does not name {known!r}; make the wheel again\n{said}")
    for line in said.splitlines():
        if any(f"**{key}:**" in line for key in SHOWN):
            msg.text(line.replace("*", "").strip("- "))


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
