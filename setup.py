"""The kernel in C, built where there is a compiler that knows GCC's vectors; pyproject.toml has everything else."""

import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

FOLDER = "spacy_elmo/bilm/inference"


class BuildLibrary(build_ext):
    """Builds a plain shared library: it needs nothing of Python, and one fits every version."""

    def get_ext_filename(self, fullname: str) -> str:
        """Return a name without the version of Python."""
        return str(Path(*fullname.split("."))) + (".dll" if sys.platform == "win32" else ".so")

    def get_export_symbols(self, ext: Extension) -> list[str]:
        """Return none: there is no function for Python to import."""
        return []


class PlatformWheel(bdist_wheel):
    """A wheel for one platform and every version of Python."""

    def get_tag(self) -> tuple[str, str, str]:
        """Return the tag, without a version and an ABI."""
        return "py3", "none", super().get_tag()[2]


setup(
    ext_modules=[
        Extension(
            "spacy_elmo.bilm.inference._native",
            [f"{FOLDER}/native.c", "spacy_elmo/pretraining/network/training.c"],
            depends=[f"{FOLDER}/native_width.h", f"{FOLDER}/native_words.h"],
            extra_compile_args=["-std=gnu11", "-O3", "-ffp-contract=fast", "-fno-trapping-math", "-fvisibility=hidden"],
            optional=True,  # without it, torch computes
        )
    ],
    cmdclass={"build_ext": BuildLibrary, "bdist_wheel": PlatformWheel},
)
