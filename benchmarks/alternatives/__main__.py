"""Measure ELMo beside what else gives words vectors in spaCy, and print a table in Markdown.

python -m benchmarks.alternatives [--text FILE ...] [--treebank DIRECTORY]

Systems take turns, each time in a new process; medians are printed. Beside the speed stands how many parts of speech
a linear probe reads from the vectors. All words have been seen before, as most have in the middle of a long text.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from pathlib import Path
from statistics import median

import torch
from tqdm import tqdm

from spacy_elmo.util.batches import take_words

from ..children import in_child
from ..text import Sentences, count_words, read_sentences
from .measure import Measured, find_best_batch, measure
from .probe import DATA, N_DEV, N_TRAIN, Probed, find_treebank, probe, read_tagged
from .systems import SYSTEMS

SAMPLE = Path(__file__).parents[2] / "project" / "features" / "assets" / "sample"
SINGLE_WORDS = 1000  # of the text that is given one sentence at a time
HEADER = ("", "words/s, batches", "one sentence", "memory, MB", "load, s", "disk, MB", "probe", "unseen words")


def main() -> None:
    """Print the table of the systems that the command line asks for."""
    args = _parse()
    text = read_sentences(args.text) if args.text else read_tagged(SAMPLE, "train", N_TRAIN).words
    sentences = take_words(text, args.words)
    with tempfile.TemporaryDirectory() as name:
        folders = _write(args.systems, Path(name))
        batch_sizes = {key: _best_batch(key, folder, sentences, args.threads) for key, folder in folders.items()}
        measured = _measure(folders, batch_sizes, sentences, args)
        probed = {} if args.no_probe else _probe(folders, args, Path(name))
        sizes = {key: _count_bytes(folder) for key, folder in folders.items()}
    versions = f"torch {torch.__version__}, {args.threads} threads"
    print(f"\n{_processor()}; {versions}; {count_words(sentences):,} words, medians of {args.rounds} rounds\n")
    print("\n".join(make_table(measured, batch_sizes, sizes, probed)))


def make_table(
    measured: dict[str, list[Measured]],
    batch_sizes: dict[str, int],
    sizes: dict[str, int],
    probed: dict[str, Probed],
) -> list[str]:
    """Return the lines of a table in Markdown, a row a system.

    Args:
        measured: What each round of a system measured.
        batch_sizes: The sentences of its batches.
        sizes: Its bytes on disk.
        probed: What the probe found, of those that were probed.
    """
    lines = [f"| {' | '.join(HEADER)} |".replace("|  |", "| |"), "|---" * len(HEADER) + "|"]
    for key, rounds in measured.items():
        batches, single, added, load = map(median, zip(*rounds))
        shares = [f"{100 * share:.1f}" for share in probed[key]] if key in probed else ["-", "-"]
        speeds = f"{batches:,.0f} ({batch_sizes[key]})", f"{single:,.0f}"
        cells = (SYSTEMS[key].title, *speeds, f"{added:,.0f}", f"{load:.1f}", f"{sizes[key] / 1e6:,.0f}", *shares)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alternatives", description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, action="append", help="a text file; a sample of the repository if none")
    parser.add_argument("--treebank", type=Path, help=f"a folder of CoNLL-U files; EWT of {DATA} if none")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--words", type=int, default=8000, help="words of the text that are used")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--no-probe", action="store_true", help="leave the probe out")
    return parser.parse_args()


def _write(keys: list[str], place: Path) -> dict[str, Path]:
    """Return the folders of systems, without those whose packages are missing."""
    folders = {}
    for key in keys:
        if missing := SYSTEMS[key].missing():
            remedy = 'pip install -c constraints.txt -e ".[benchmarks]"'
            print(f"{key} is left out, because {' and '.join(missing)} cannot be imported: {remedy}")
        else:
            SYSTEMS[key].write(place / key)
            folders[key] = place / key
    return folders


def _best_batch(key: str, folder: Path, sentences: Sentences, threads: int) -> int:
    """Return the fastest on a quarter of the text, of which every length is there."""
    return in_child(find_best_batch, key, folder, sentences[::4], threads)


def _measure(
    folders: dict[str, Path], batch_sizes: dict[str, int], sentences: Sentences, args: argparse.Namespace
) -> dict[str, list[Measured]]:
    singles = take_words(sentences, min(SINGLE_WORDS, args.words))
    found: dict[str, list[Measured]] = {key: [] for key in folders}
    for _ in tqdm(range(args.rounds), desc="rounds"):
        for key, folder in folders.items():
            found[key].append(in_child(measure, key, folder, sentences, singles, batch_sizes[key], args.threads))
    return found


def _probe(folders: dict[str, Path], args: argparse.Namespace, place: Path) -> dict[str, Probed]:
    treebank = find_treebank(args.treebank, place / "treebank")
    if treebank is None:
        print(f"The probe is left out: name a treebank by --treebank, or the folder of the data by {DATA}")
        return {}
    train, dev = read_tagged(treebank, "train", N_TRAIN), read_tagged(treebank, "dev", N_DEV)
    trained = [key for key in folders if SYSTEMS[key].is_trained]
    return {key: in_child(probe, key, folders[key], train, dev, args.threads) for key in tqdm(trained, desc="probes")}


def _count_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _processor() -> str:
    """Return the name of the processor, as Linux has it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
