"""docs/api.md, which is made from docstrings."""

import importlib
import pkgutil
import re
import runpy
from pathlib import Path

import spacy_elmo

MAKER = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "make_api.py"))
INNER = (
    *("cli", "cli.pretraining", "cli.published", "cli.words", "util", "util.text_files", "util.threads"),
    *("embedding.engines", "embedding.outputs"),
    *("pretraining.corpus", "pretraining.network", "pretraining.network.gpu"),
    *("pretraining.optimizers", "pretraining.loop"),
)
PAGE = MAKER["PAGE"].read_text(encoding="utf8")


def test_the_page_is_up_to_date():
    assert MAKER["make_api"]() == PAGE, "run: python docs/make_api.py"


def test_every_room_with_public_names_has_its_place():
    names = (module.name for module in pkgutil.walk_packages(spacy_elmo.__path__, "spacy_elmo.") if module.ispkg)
    rooms = [name for name in names if hasattr(importlib.import_module(name), "__all__")]
    inner = [f"spacy_elmo.{room}" for room in INNER]  # for those who change the package
    assert [room for room in rooms if room not in (*MAKER["ROOMS"], *inner)] == []


def test_links_of_the_page_lead_to_its_headings():
    anchors = {MAKER["anchor"](heading) for heading in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)}
    assert {link for link in re.findall(r"\]\(#([^)]*)\)", PAGE) if link not in anchors} == set()


def test_no_docstring_of_the_page_is_in_another_style():
    text = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    assert re.findall(r"^(?:RETURNS:|Raises [A-Z]|[a-z_, ]+: ).*", text, re.MULTILINE) == []
