"""What raw text seems to be, by some of its files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from project.shared.assets import CorpusError
from spacy_elmo.text.readers import describe_files

from ..cleaning.alphabet import Alphabet
from ..cleaning.files import encoding_of, find_text, open_file
from ..cleaning.paragraphs import find_fault, key_of
from .findings import Findings, name_some

MOST_FILES = 40  # that are looked into
LOOKED_AT = 2**18  # bytes of a file
DOCUMENTS = 20  # of a file
LITTLE = 1_000_000  # words


def check_text(paths: Sequence[str], alphabet: Alphabet, findings: Findings) -> int:
    """Say what raw text is, and whether it is of the language of a treebank. Return its size in bytes."""
    files: list[Path] = []
    for name in paths:
        with findings.collecting():
            files += find_text([name])
    if not files:
        return 0
    size = sum(path.stat().st_size for path in files)
    sampled = files[:: len(files) // MOST_FILES + 1]
    encodings: Counter[str] = Counter()
    bad: list[str] = []
    foreign: list[Path] = []
    far: list[Path] = []
    n_words, n_bytes = 0.0, 0
    for path in sampled:
        try:
            encodings[encoding_of(path, alphabet, LOOKED_AT).name] += 1
            text, faults = _sample(path, alphabet)
        except CorpusError as error:
            bad.append(str(error))
            continue
        n_words += alphabet.words(text)
        n_bytes += min(path.stat().st_size, len(text.encode("utf8", "replace")))
        if 2 * faults > len(text):
            foreign.append(path)
        elif alphabet.is_far(text):
            far.append(path)
    about = round(size * n_words / max(1, n_bytes))
    names = ", ".join(f"{name} {n}" for name, n in encodings.most_common())
    findings.infos.append(
        f"text: files {len(files):,}, bytes {size:,}, words about {about:,}; encodings of some files: {names}"
    )
    for what, named in (
        ("cannot be used, and are left out", bad),
        ("are mostly of other letters than the treebank's, or no sentences, and these are left out", foreign),
        ("seem to be of another language than the treebank", far),
    ):
        if named:
            of = f"of {len(sampled)} files that were looked into, {len(named)}"
            findings.warnings.append(f"text: {of} {what}: {name_some(named)}")
    if len(bad) + len(foreign) == len(sampled):
        findings.errors.append("text: none of the files that were looked into can be used; correct `text` or `lang`")
    elif about < LITTLE:
        findings.warnings.append(f"text: about {about:,} words are little; the French example has 15 million")
    if doubles := _count_doubles(files):
        findings.warnings.append(f"text: {doubles:,} files are the same as others, and are read once")
    return size


def _sample(path: Path, alphabet: Alphabet) -> tuple[str, int]:
    """Return the begin of the text of a file, and how many characters of it are in paragraphs that cannot be used."""
    with open_file(path, alphabet, Counter(), first=LOOKED_AT) as file:
        documents = list(islice(file.documents, DOCUMENTS))
        paragraphs = [paragraph for document in documents for paragraph in document]
        faulty = [p for p in paragraphs if find_fault(p, key_of(p), alphabet, is_markup=file.is_markup)]
    return "\n".join(paragraphs), sum(len(paragraph) + 1 for paragraph in faulty)


def _count_doubles(files: Sequence[Path]) -> int:
    sizes = defaultdict(list)
    for path in files:
        sizes[path.stat().st_size].append(path)
    alike = [path for size, same in sizes.items() if size and len(same) > 1 for path in same]
    try:
        digests = Counter(facts["digest"] for facts in describe_files(alike))
    except ValueError:  # of files that cannot be read, which are named elsewhere
        return 0
    return sum(n - 1 for n in digests.values())
