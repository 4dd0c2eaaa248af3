"""The folders of a spaCy project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """A project's folder, which its steps run in, and what they read and write below it.

    Attributes:
        root: The absolute path of the folder that has project.yml.
    """

    root: Path

    @property
    def repository(self) -> Path:
        """Return the folder that holds all projects, in `project/`; commands are usually given there."""
        return self.root.parents[1]

    @property
    def assets(self) -> Path:
        """Return the folder of what steps begin with."""
        return self.root / "assets"

    @property
    def corpus(self) -> Path:
        """Return the folder of corpora in spaCy's binary format."""
        return self.root / "corpus"

    @property
    def training(self) -> Path:
        """Return the folder of runs and what they have trained."""
        return self.root / "training"

    @property
    def results(self) -> Path:
        """Return the folder of figures and tables."""
        return self.root / "results"

    @property
    def packages(self) -> Path:
        """Return the folder of what is ready to be given away."""
        return self.root / "packages"

    def find(self, path: str) -> Path:
        """Return a file named from the project's folder, or else from the repository."""
        here, outside = self.root / path, self.repository / path
        return outside if outside.is_file() and not here.is_file() else here
