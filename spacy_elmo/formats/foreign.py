"""What people hand over that is no model, and what to do with it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

# How files begin, what they are then, and what to do. The first that fits is the one.
_STARTS = (
    (b"PK\x03\x04", "a ZIP archive", "unpack it, as by `python -m zipfile -e {path} FOLDER`, and name what is in it"),
    (b"\x1f\x8b", "a gzip archive", "unpack it, as by `python -m tarfile -e {path} FOLDER`, and name what is in it"),
    (b"BZh", "a bzip2 archive", "unpack it, and name what is in it"),
    (b"\xfd7zXZ", "an xz archive", "unpack it, and name what is in it"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it, and name what is in it"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself", "get it by `git lfs pull`"),
    (b"<", "a web page or XML, not weights", "download the file itself"),
    (b"\x80", "a Python pickle, which is never opened", "use HDF5 weights or a model directory"),
)
_SUFFIXES = {
    (".pt", ".pth", ".th", ".bin", ".ckpt"): (
        "weights of a PyTorch program, which are never unpickled",
        "use the HDF5 weights that belong to them",
    ),
    (".meta", ".data-00000-of-00001", ".pb"): (
        "a part of a TensorFlow model",
        "name the `.index` of a checkpoint of bilm-tf; of another, let its program write HDF5",
    ),
    (".txt", ".vec", ".tsv"): (
        "a text file, and vectors of words alone are no ELMo",
        "give the path of HDF5 weights or a model directory",
    ),
}
_FOLDERS = (
    (("checkpoints",), "a run of `pretrain` that has no model yet", "go on with it by --resume"),
    (("pytorch_model.bin", "model.safetensors"), "a transformer, and no ELMo", "use it with spacy-transformers"),
)


def explain(path: str | Path) -> str:
    """Return what a path is that is no model, and what to do, for a message."""
    path = Path(path)
    kind, remedy = "neither a model directory nor HDF5 weights", "give the path of one of these"
    if path.is_dir():
        found = ((what, do) for names, what, do in _FOLDERS if any((path / name).exists() for name in names))
        kind, remedy = next(found, (kind, remedy))
    elif path.is_file():
        return explain_file(path) or f"{kind}; {remedy}"
    return f"{kind}; {remedy}"


def explain_file(path: Path) -> str | None:
    """Return what a file is by its first bytes or its suffix, and what to do; None where neither says it."""
    start = b""
    with suppress(OSError), path.open("rb") as file:
        start = file.read(64)
    by_suffix = next((found for suffixes, found in _SUFFIXES.items() if path.suffix in suffixes), None)
    by_start = next(((what, do) for signature, what, do in _STARTS if start.startswith(signature)), None)
    if path.suffix == ".json" or start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        return "JSON, but no options of an ELMo with its weights beside it; name the weights, or put them beside it"
    found = by_suffix or by_start
    return None if found is None else "; ".join(found).format(path=path)
