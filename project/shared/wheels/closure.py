"""What wheels need, of what is installed here."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import Distribution, PackageNotFoundError, PathDistribution, distribution
from pathlib import Path
from zipfile import Path as ZipPath
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from project.shared.arguments import StepError


def read_wheel(wheel: Path) -> Distribution:
    """Return what a wheel says of itself."""
    with ZipFile(wheel) as archive:
        (metadata,) = (
            name for name in archive.namelist() if name.count("/") == 1 and name.endswith(".dist-info/METADATA")
        )
    return PathDistribution(ZipPath(wheel, metadata.removesuffix("METADATA")))


def find_closure(wheels: Sequence[Path]) -> list[Distribution]:
    """Return the installed distributions that wheels need, and that these need, by name. The wheels are not among them.

    Raises:
        StepError: One is not installed here.
    """
    own = list(map(read_wheel, wheels))
    there = {canonicalize_name(wheel.metadata["Name"]) for wheel in own}
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    queue = [(text, "", wheel.metadata["Name"]) for wheel in own for text in wheel.requires or ()]
    while queue:
        text, extra, of = queue.pop()
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if name in there or (requirement.marker and not requirement.marker.evaluate({"extra": extra})):
            continue
        if name not in found:
            found[name] = _distribution(name, of)
        for wanted in {"", *requirement.extras}:
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                queue += [(text, wanted, name) for text in found[name].requires or ()]
    return [found[name] for name in sorted(found)]


def _distribution(name: str, of: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError as error:
        raise StepError(f"{name}: is not installed, and {of} needs it; pip install {name}") from error
