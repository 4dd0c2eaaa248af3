"""The examples of README and docs, page by page, each in an empty directory.

Blocks of "python", and cells of a notebook, run in order, in one namespace a page. Blocks of "ini" become parts of a
config for their components, which is then filled and built. "notest" behind the language is for what needs files of the
reader's, or other software. Blocks of "bash" run where the line before is `<!-- run -->`.
"""

import ast
import importlib
import json
import os
import pkgutil
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from spacy.cli import app as spacy_app
from spacy.cli.init_config import init_config
from spacy.schemas import ConfigSchemaInit, ConfigSchemaTraining
from spacy.util import load_model_from_config, registry
from thinc.api import Config, use_ops
from typer.testing import CliRunner

from spacy_elmo.cli import app as elmo
from spacy_elmo.pipeline.recipes import COMPONENTS, make_config

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "docs").glob("*.ipynb"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *NOTEBOOKS]
BLOCK = re.compile(r"^(?:```(python|ini)|<!-- run -->\n```(bash))\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, *languages: str) -> Iterator[tuple[str, str, int]]:
    """Yield language, code and line number of the blocks in these languages."""
    if page in NOTEBOOKS:
        yield from (("python", "".join(cell["source"]), 0) for cell in code_cells(page))
        return
    text = page.read_text(encoding="utf8")
    for found in BLOCK.finditer(text):
        language = found[1] or found[2]
        if language in languages:
            yield language, found[3], text[: found.start(3)].count("\n")


def code_cells(notebook: Path) -> list[dict]:
    return [cell for cell in json.loads(notebook.read_text(encoding="utf8"))["cells"] if cell["cell_type"] == "code"]


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    namespace = {"__name__": "__main__"}
    with use_ops("cpu"):  # a page may change them
        for language, code, line in blocks(page, "python", "ini", "bash"):
            if language == "python":
                exec(compile("\n" * line + code, str(page), "exec"), namespace)
            elif language == "ini":
                build(code)
            else:
                run(code)


def run(code: str) -> None:
    """Run commands of a shell; those of spaCy, where nothing else is asked of the shell, without a new process."""
    lines = re.sub(r"\\\n\s*", "", code).splitlines()
    if not all(re.fullmatch(r"python -m spacy (elmo|train) [^|<>;&$*`]+", line) for line in lines):
        subprocess.run(["bash", "-euo", "pipefail", "-c", code], check=True)
        return
    for line in lines:
        threads = torch.get_num_threads()
        name, *arguments = shlex.split(line)[3:]
        result = CliRunner().invoke(*((elmo, arguments) if name == "elmo" else (spacy_app, [name, *arguments])))
        torch.set_num_threads(threads)
        assert result.exit_code == 0, result.output


def build(text: str) -> None:
    """Build the pipeline of a config that a block is put into, as `spacy train` does."""
    components = [name for name in re.findall(r"^\[components\.(\w+)", text, re.MULTILINE) if name in COMPONENTS]
    around = make_config(lang="en", pipeline=list(dict.fromkeys(components)) or ["tagger"], pretrained="en_elmo_sm")
    given = Config().from_str(parents(text, around) + text, interpolate=False)
    for name, component in given.get("components", {}).items():
        if {"factory", "source"} & set(component):
            del around["components"][name]
    config = around.merge(given)
    nlp = load_model_from_config(config, auto_fill=True)
    resolved = nlp.config.interpolate()
    registry.resolve(resolved["training"], schema=ConfigSchemaTraining)
    registry.resolve(resolved["initialize"], schema=ConfigSchemaInit)


def parents(text: str, around: Config) -> str:
    """Return the headers that a block needs in front and that the config has: no section without the ones around it."""
    sections = re.findall(r"^\[([\w.]+)\]", text, re.MULTILINE)
    needed = {section.rsplit(".", n)[0] for section in sections for n in range(1, section.count(".") + 1)}
    known = set(re.findall(r"^\[([\w.]+)\]", around.to_str(), re.MULTILINE))
    return "".join(f"[{section}]\n" for section in sorted((needed & known) - set(sections)))


def test_the_config_that_comes_from_a_transformer_fits_into_one_of_spacy():
    """The block, and the rest as spaCy's quickstart writes it."""
    page = (ROOT / "docs" / "from-transformers.md").read_text(encoding="utf8")
    (block,) = re.findall(r"^```ini\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    rest = init_config(lang="en", pipeline=["ner"], optimize="accuracy")
    for section in ("paths", "initialize", "nlp"):
        rest[section].clear() if section != "nlp" else rest[section].pop("pipeline")
    del rest["components"]
    given = Config().from_str(f"[initialize]\n[components]\n{block}", interpolate=False)
    given["paths"] |= {"train": None, "dev": None, "vectors": None, "init_tok2vec": None}
    nlp = load_model_from_config(Config(rest).merge(given), auto_fill=True)
    assert nlp.pipe_names == ["elmo", "ner"]


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


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_notebooks_are_small_and_carry_what_their_cells_show(notebook: Path):
    cells = code_cells(notebook)
    assert notebook.stat().st_size < 150_000
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    assert [cell["id"] for cell in cells if not cell["outputs"]] == []
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert {output.get("name", "stdout") for output in outputs} == {"stdout"}
    assert re.findall(r"https?:|/(?:home|root|tmp|Users)/", notebook.read_text(encoding="utf8")) == []


def test_pictures_are_described_and_small():
    pages = "".join(page.read_text(encoding="utf8") for page in PAGES)
    shown = {path: words for words, path in re.findall(r"!\[([^\]]*)\]\(images/([^)]+)\)", pages)}
    files = {file.name: file.stat().st_size for file in (ROOT / "docs" / "images").iterdir()}
    assert set(shown) == set(files)
    assert min(map(len, shown.values())) >= 40
    assert max(files.values()) <= 60_000


def test_messages_of_the_troubleshooting_page_exist():
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf8")
    quoted = [text for row in re.findall(r'^\| "(.*?)" \|', page, re.MULTILINE) for text in row.split('" or "')]
    source = "".join(file.read_text(encoding="utf8") for file in (ROOT / "spacy_elmo").rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", source)  # strings over several lines
    parts = [part for text in quoted for part in re.split(r"'x'|3 layers|options\.json", text)]  # what messages fill in
    assert len(quoted) >= 10
    assert [part for part in parts if part.strip() and part.strip() not in joined] == []


def test_the_entry_for_the_universe_runs():
    entry = json.loads((ROOT / "docs" / "universe.json").read_text(encoding="utf8"))
    assert {"id", "title", "slogan", "description", "pip", "code_example", "category", "tags"} <= set(entry)
    exec("\n".join(entry["code_example"]), {})
