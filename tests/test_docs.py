"""The examples of README and docs, page by page, each in an empty directory.

Blocks of "python" run in order, in one namespace a page; "python notest" is for what needs files of the reader's.
Blocks of "bash" run where the line before is `<!-- run -->`.
"""

import ast
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^(?:```(python)|<!-- run -->\n```(bash))\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, *languages: str) -> Iterator[tuple[str, str, int]]:
    """Yield language, code and line number of the blocks in these languages."""
    text = page.read_text(encoding="utf8")
    for found in BLOCK.finditer(text):
        language = found[1] or found[2]
        if language in languages:
            yield language, found[3], text[: found.start(3)].count("\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    namespace = {"__name__": "__main__"}
    for language, code, line in blocks(page, "python", "bash"):
        if language == "python":
            exec(compile("\n" * line + code, str(page), "exec"), namespace)
        else:
            subprocess.run(["bash", "-euo", "pipefail", "-c", code], check=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_import_public_names(page: Path):
    nodes = (node for _, code, _ in blocks(page, "python") for node in ast.walk(ast.parse(code)))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module.startswith("spacy_elmo")]
    names = [(node.module, name.name) for node in imports for name in node.names]
    assert [(module, name) for module, name in names if name not in importlib.import_module(module).__all__] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_of_the_repository_exist(page: Path):
    """As "`docs/api.md`", and "`spacy_elmo.Encoder`" for what Python can import."""
    text = page.read_text(encoding="utf8")
    paths = re.findall(r"`((?:\.github|benchmarks|docs|project|spacy_elmo|tests)/[\w./-]*)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    for name in re.findall(r"`(spacy_elmo(?:\.[A-Za-z_]+)+)[`(]", text):
        assert pkgutil.resolve_name(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page: Path):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
