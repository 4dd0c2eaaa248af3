"""A model as a wheel: a package whose entry point makes its name known.

The wheel is written as PEP 427 has it, a zip of files with their digests. `python -m build` would make the same from a
`setup.py`, and needs the network or build tools that may not be there, and a model has no code that is to be built.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version as installed_version
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import ZipFile, ZipInfo

from packaging.version import InvalidVersion, Version

from ..formats import WeightsError, is_model_directory, model_directory
from ..util.files import file_in, json_bytes, printable, read_json, read_text
from ..util.staging import staged
from .card import make_card, make_text, one_line
from .describe import describe_model
from .load import GROUP, find_model

Content: TypeAlias = tuple[str, bytes | Path]  # a name in the wheel, and what it is or where it lies

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+")  # of a module and of a package, which `pip` writes alike
ANY_LANGUAGE = "xx"  # as spaCy has it
FIRST_VERSION = "0.0.0"  # likewise
WANTED = ("lang", "version", "description", "author", "license", "license_text", "training_data")
WHEEL = {
    "Wheel-Version": "1.0",
    "Generator": "spacy-elmo",
    "Root-Is-Purelib": "true",
    "Tag": "py3-none-any",
}
PART = 2**20  # bytes that are copied at a time
MODULE = '''"""The ELMo model {name}."""

from pathlib import Path

__version__ = "{version}"


def path() -> Path:
    """Return the model directory."""
    return Path(__file__).parent / "model"
'''


def package_model(
    model: str | Path,
    output: str | Path,
    *,
    name: str | None = None,
    version: str | None = None,
    meta: Mapping[str, Any] | None = None,
    force: bool = False,
    notify: Callable[[str], object] = lambda line: None,
) -> Path:
    """Write a model directory as a wheel. The same model with the same facts gives the same bytes.

    Where the wheel is installed, `pretrained` finds the model by its name. Version, license and author of the model are
    those of the package, and its README is the model's card.

    Args:
        model: Name or path, as `find_model` takes it.
        output: Directory for the wheel, made if it is missing.
        name: Of the package and the model. None for that of the facts. A name is that of the language, "_" and more, as
            spaCy has it: without the first part, it gets it.
        version: Of the package and the model. None for that of the facts, or 0.0.0 where they have none.
        meta: Facts that replace those of the model; the text under "license_text" is the license.
        force: Whether to replace a wheel of this name and version.
        notify: Called with a warning of facts that are missing.

    Returns:
        The path of the wheel.

    Raises:
        WeightsError: The model is broken or no model directory, or its facts cannot be those of a package.
        ValueError: There is such a wheel.
        WriteError: The directory cannot be written.
    """
    folder = find_model(model)
    if not is_model_directory(folder):
        raise WeightsError(f"{folder}: no model directory; `convert` makes one from published weights")
    described = describe_model(folder)
    model_directory.check(folder)
    facts = {**read_json(file_in(folder, model_directory.META)), **(meta or {})}
    if "license_text" not in facts and (folder / model_directory.LICENSE).exists():
        facts["license_text"] = read_text(file_in(folder, model_directory.LICENSE))
    model_directory.check_meta(facts, source=folder / model_directory.META)
    _warn_of_missing({**facts, **({"version": version} if version else {})}, notify)
    facts["name"] = _package_name(name or facts.get("name"), facts.get("lang"))
    facts["version"] = _package_version(version or facts.get("version") or FIRST_VERSION)
    output, wheel = Path(output), _wheel(facts)
    if (output / wheel).exists() and not force:
        raise ValueError(f"{output / wheel}: exists; give another --version, or --force to replace it")
    with staged(output, [wheel]) as stage, ZipFile(stage / wheel, "w") as archive:
        _write(archive, _contents(facts, {**described, **facts}, folder), _info(facts))
    return output / wheel


def _warn_of_missing(facts: Mapping[str, Any], notify: Callable[[str], object]) -> None:
    missing = [key for key in WANTED if not facts.get(key)]
    if missing:
        remedy = "those who get the wheel will ask; --meta FACTS.json fills them in"
        notify(f"Warning: the model's facts lack {', '.join(missing)}: {remedy}")


def _package_name(name: object, lang: object) -> str:
    """Return a name as spaCy's packages have. Raises WeightsError where there is none, or it cannot be one."""
    if not name:
        raise WeightsError("name: the model has none, and a package needs one; give --name, as fr_elmo_sm")
    prefix = f"{lang or ANY_LANGUAGE}_"
    whole = str(name) if str(name).startswith(prefix) else f"{prefix}{name}"
    if not NAME.fullmatch(whole):
        problem = "no name of a package: letters, digits and single underscores, as fr_elmo_sm"
        raise WeightsError(f"name = {whole!r:.60}: {problem}; give another by --name")
    return whole


def _package_version(version: object) -> str:
    try:
        return str(Version(str(version)))
    except InvalidVersion as error:
        raise WeightsError(f"version = {version!r:.60}: no version of a package, as 1.0.0; correct it") from error


def _contents(facts: Mapping[str, Any], described: Mapping[str, Any], folder: Path) -> Iterator[Content]:
    """Yield the files of a wheel, but for the list of them."""
    name, version = facts["name"], facts["version"]
    info = _info(facts)
    kept = {key: value for key, value in facts.items() if key != "license_text"}
    own = {model_directory.META: json_bytes(kept, model_directory.META)}
    if facts.get("license_text"):
        own[model_directory.LICENSE] = facts["license_text"].encode("utf8")
        yield f"{info}/licenses/{model_directory.LICENSE}", own[model_directory.LICENSE]
    use = {"pretrained": name, "wheel": _wheel(facts)}
    yield f"{name}/__init__.py", MODULE.format(name=name, version=version).encode("utf8")
    for file in model_directory.FILES:
        if file in own or (folder / file).exists():
            yield f"{name}/model/{file}", own.get(file) or file_in(folder, file)
    yield f"{name}/model/README.md", printable(make_card(described, **use)).encode("utf8")
    yield f"{info}/METADATA", printable(f"{_metadata(facts)}\n{make_text(described, **use)}").encode("utf8")
    yield f"{info}/WHEEL", _fields(WHEEL).encode("utf8")
    yield f"{info}/entry_points.txt", f"[{GROUP}]\n{name} = {name}:path\n".encode()


def _wheel(facts: Mapping[str, Any]) -> str:
    return f"{facts['name']}-{facts['version']}-py3-none-any.whl"


def _info(facts: Mapping[str, Any]) -> str:
    return f"{facts['name']}-{facts['version']}.dist-info"


def _metadata(facts: Mapping[str, Any]) -> str:
    return _fields(
        {
            "Metadata-Version": "2.4",
            "Name": facts["name"],
            "Version": facts["version"],
            "Summary": facts.get("description") or f"The ELMo model {facts['name']}",
            "Home-page": facts.get("url"),
            "Author": facts.get("author"),
            "Author-email": facts.get("email"),
            "License": facts.get("license"),
            "License-File": model_directory.LICENSE if facts.get("license_text") else None,
            "Requires-Dist": f"spacy-elmo>={installed_version('spacy-elmo')}",
            "Description-Content-Type": "text/markdown",
        }
    )


def _fields(values: Mapping[str, Any]) -> str:
    return "".join(f"{key}: {one_line(value)}\n" for key, value in values.items() if value)


def _write(archive: ZipFile, contents: Iterable[Content], info: str) -> None:
    """Write files, and the list of them with their digests. Weights hardly shrink, so nothing is compressed."""
    lines = []
    for name, content in contents:
        digest, size = hashlib.sha256(), len(content) if isinstance(content, bytes) else content.stat().st_size
        opened = BytesIO(content) if isinstance(content, bytes) else content.open("rb")
        with opened as source, archive.open(_entry(name, size), "w") as target:
            while part := source.read(PART):
                digest.update(part)
                target.write(part)
        lines.append(f"{name},sha256={urlsafe_b64encode(digest.digest()).decode().rstrip('=')},{size}\n")
    record = "".join([*lines, f"{info}/RECORD,,\n"]).encode("utf8")
    archive.writestr(_entry(f"{info}/RECORD", len(record)), record)


def _entry(name: str, size: int) -> ZipInfo:
    """Return the entry of a file, with the date of no day and with rights for all to read."""
    entry = ZipInfo(name)
    entry.file_size, entry.external_attr, entry.create_system = size, 0o644 << 16, 3  # of Unix
    return entry
