"""Which room of the package may import which: every import that is written down, and fresh processes without spaCy.

A room is a folder, or a module with a row of its own. Imports within functions and for types count as well.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
SPACY = ("spacy", "thinc", "srsly", "confection", "catalogue")
TERMINAL = ("typer", "wasabi")


class Room(NamedTuple):
    """What a room is for, whether it knows spaCy and Thinc, and the rooms that it may import, each above it."""

    purpose: str
    knows_spacy: bool
    imports: tuple[str, ...]


ROOMS = {
    "util": Room("files, threads, checks, batches, types", False, ()),
    "bilm": Room("the model as it is written down", False, ("util",)),
    "bilm/inference": Room("the same numbers, fast", False, ("util", "bilm")),
    "formats": Room("how a model is kept", False, ("util", "bilm")),
    "models": Room("a name or a path becomes a model", False, ("util", "bilm", "formats")),
    "text/readers": Room("files into lines of text", False, ("util",)),
    "text": Room("files and Docs into sentences of words", True, ("util", "text/readers")),
    "tokens": Room("what a Doc carries", True, ("util",)),
    "layers": Room("Thinc layers", True, ("util", "bilm", "bilm/inference", "formats", "models", "text", "tokens")),
    "pipeline": Room(
        "the component, and configs to train with it",
        True,
        ("util", "bilm", "bilm/inference", "formats", "models", "text", "tokens", "layers"),
    ),
    "pretraining/corpus": Room("text as numbers on disk", False, ("util", "bilm", "text/readers")),
    "pretraining/network": Room(
        "the model with its own gradients",
        False,
        ("util", "bilm", "bilm/inference", "formats", "pretraining/corpus"),
    ),
    "pretraining/optimizers": Room("how weights change in a step", False, ("util",)),
    "pretraining/loop": Room(
        "steps, checkpoints, processes",
        False,
        (
            *("util", "bilm", "formats", "text/readers"),
            *("pretraining/corpus", "pretraining/network", "pretraining/optimizers"),
        ),
    ),
    "pretraining": Room(
        "configs and loggers of pretraining",
        True,
        (
            *("util", "bilm", "formats", "models", "text/readers", "text"),
            *("pretraining/corpus", "pretraining/network", "pretraining/optimizers", "pretraining/loop"),
        ),
    ),
    "senses": Room("senses of words, by examples", True, ("util", "tokens", "pipeline")),
    "search": Room(
        "uses of words by meaning",
        True,
        ("util", "bilm", "bilm/inference", "models", "text", "tokens", "pipeline", "senses"),
    ),
    "embedding": Room(
        "corpora into files of vectors", True, ("util", "models", "text/readers", "text", "tokens", "pipeline")
    ),
    "static": Room(
        "words of a corpus into one vector each",
        True,
        ("util", "models", "text/readers", "text", "tokens", "pipeline", "embedding"),
    ),
    "probing": Room("what a regression reads from vectors", True, ("util", "text/readers", "text", "embedding")),
    "prediction": Room(
        "what a language model expects",
        True,
        (
            *("util", "bilm", "bilm/inference", "formats", "models", "text", "tokens", "pipeline"),
            *("pretraining/corpus", "pretraining/network"),
        ),
    ),
}
ROOMS["search/index"] = Room(
    "corpora to be searched by meaning", True, ("util", "text/readers", "tokens", "search", "embedding")
)
ROOMS["cli"] = Room("commands", True, tuple(ROOMS))


def find_modules() -> dict[str, Path]:
    """Return the files of all modules, by a name such as `spacy_elmo.bilm.model`."""
    files = (ROOT / "spacy_elmo").rglob("*.py")
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in files}
    return {name.removesuffix(".__init__"): file for name, file in names.items()}


MODULES = find_modules()


def find_imports(name: str) -> set[str]:
    """Return what a module imports: modules of the package, and the names of other packages."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            members = {f"{source}.{alias.name}" for alias in node.names}
            found |= {member if member in MODULES else source for member in members}
    return {target if target in MODULES else target.partition(".")[0] for target in found}


IMPORTS = {name: find_imports(name) for name in MODULES}


def room_of(module: str) -> str:
    """Return the room of a module, "" for those at the root of the package."""
    path = module.replace(".", "/").removeprefix("spacy_elmo").removeprefix("/")
    rows = [room for room in ROOMS if f"{path}/".startswith(f"{room}/")]
    assert rows or module in ("spacy_elmo", "spacy_elmo.__main__"), f"{module}: its folder has no row in ROOMS"
    return max(rows, key=len, default="")


def arrows() -> Iterator[tuple[str, str]]:
    """Yield modules and what they import of other rooms, the root's own imports left out."""
    for module, targets in IMPORTS.items():
        for target in targets & set(MODULES):
            if room_of(module) not in ("", room_of(target)):
                yield module, target


def test_imports_are_those_that_the_table_allows():
    wrong = [
        f"{module} imports {target}"
        for module, target in arrows()
        if room_of(target) not in ROOMS[room_of(module)].imports
    ]
    assert wrong == []


def test_the_table_allows_only_rooms_further_up():
    rooms = list(ROOMS)
    assert [
        (room, other) for i, room in enumerate(rooms) for other in ROOMS[room].imports if other not in rooms[:i]
    ] == []


def test_rooms_without_spacy_stand_on_rooms_without_spacy():
    plain = {room for room, row in ROOMS.items() if not row.knows_spacy}
    assert [room for room in plain if not plain.issuperset(ROOMS[room].imports)] == []


def test_only_rooms_that_know_spacy_import_it():
    knowing = {"", *(room for room, row in ROOMS.items() if row.knows_spacy)}
    assert [name for name in MODULES if room_of(name) not in knowing and IMPORTS[name] & {*SPACY, *TERMINAL}] == []


def test_no_modules_import_each_other_in_a_circle():
    TopologicalSorter({name: targets & set(MODULES) for name, targets in IMPORTS.items()}).prepare()


def test_contributing_quotes_the_table():
    lines = ["| room | what for | spaCy | imports |", "|---|---|---|---|"]
    for name, room in ROOMS.items():
        imports = "all of them" if name == "cli" else ", ".join(f"`{other}`" for other in room.imports)
        lines.append(f"| `{name}` | {room.purpose} | {'yes' if room.knows_spacy else 'no'} | {imports or 'nothing'} |")
    assert "\n".join(lines) in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf8")


BLOCK = "import sys; sys.modules.update(dict.fromkeys({blocked!r})); "


def run(code: str, *, blocked: tuple[str, ...] = (*SPACY, *TERMINAL)) -> str:
    """Return what the code printed, in a process that cannot import the modules that are blocked."""
    command = [sys.executable, "-c", BLOCK.format(blocked=blocked) + code]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_package_is_imported_without_torch_where_there_is_no_spacy():
    code = "import spacy_elmo; print([name for name in ('torch', 'spacy', 'thinc') if sys.modules.get(name)])"
    assert run(code) == "[]\n"


IMPORT = """
from importlib import import_module
for name in {names!r}:
    try:
        import_module(name)
    except ImportError as error:
        print(f"{{name}}: {{error}}")
"""


def test_rooms_without_spacy_import_where_there_is_none():
    names = [name for name in MODULES if room_of(name) and not ROOMS[room_of(name)].knows_spacy]
    if find_spec("triton") is None:
        names.remove("spacy_elmo.pretraining.network.gpu.kernels")
    assert run(IMPORT.format(names=names)) == ""


MODEL_CODE = """
from spacy_elmo.bilm import BiLM, BiLMConfig, CharacterInput
model = BiLM(BiLMConfig(CharacterInput(4, ((1, 4),), 1), hidden_size=8, projection_size=4)).eval()
"""
COMPUTE = """
from spacy_elmo.bilm.inference.encoder import Encoder
print(model([["a", "b"]])[0][0].shape, Encoder(model).encode([["a", "b"]]).shape)
"""
READ_AND_WRITE = """
import tempfile, torch
from spacy_elmo.formats import allennlp, model_directory
for kind in (model_directory, allennlp):
    with tempfile.TemporaryDirectory() as folder:
        kind.write(folder, model, {})
        found = kind.read(folder).model
        print(all(torch.equal(a, b) for a, b in zip(model.parameters(), found.parameters(), strict=True)))
"""


@pytest.mark.parametrize(
    ("code", "printed"),
    [(COMPUTE, "torch.Size([3, 2, 8]) (3, 2, 8)\n"), (READ_AND_WRITE, "True\nTrue\n")],
    ids=["compute", "read and write"],
)
def test_the_model_and_its_formats_work_without_spacy(code: str, printed: str):
    assert run(MODEL_CODE + code) == printed
