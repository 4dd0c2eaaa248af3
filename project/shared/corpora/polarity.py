"""Sentence polarity (Pang and Lee 2005), of which NLTK has an archive without splits."""

from __future__ import annotations

import zlib
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from project.shared.assets import CorpusError
from spacy_elmo.util.staging import staged

SPLITS = ("train", "dev", "test")


def split_polarity(folder: Path) -> None:
    """Write `train.tsv`, `dev.tsv` and `test.tsv`: a tenth each for dev and test by a checksum of the sentence.

    Args:
        folder: Has `sentence_polarity.zip`; where it has not, nothing is done.

    Raises:
        CorpusError: The archive is broken.
    """
    if not (folder / "sentence_polarity.zip").is_file():
        return
    lines: dict[str, list[str]] = {split: [] for split in SPLITS}
    try:
        with ZipFile(folder / "sentence_polarity.zip") as archive:
            texts = {label: archive.read(f"sentence_polarity/rt-polarity.{label}") for label in ("pos", "neg")}
    except (BadZipFile, KeyError, zlib.error) as error:
        raise CorpusError(f"{folder}/sentence_polarity.zip: not the whole corpus ({error}); get it again") from error
    for label, text in texts.items():
        for line in text.decode("latin-1").split("\n"):
            if sentence := " ".join(line.split()):
                split = {8: "dev", 9: "test"}.get(zlib.crc32(sentence.encode("utf8")) % 10, "train")
                lines[split].append(f"{label}\t{sentence}")
    with staged(folder, [f"{split}.tsv" for split in SPLITS]) as stage:
        for split in SPLITS:
            (stage / f"{split}.tsv").write_text("\n".join(lines[split]) + "\n", encoding="utf8")
