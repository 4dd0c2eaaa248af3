"""The names that a program imports from the package."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import spacy_elmo

ROOMS = [
    "spacy_elmo",
    *(module.name for module in pkgutil.walk_packages(spacy_elmo.__path__, "spacy_elmo.") if module.ispkg),
]
DOCBIN = """
from spacy.tokens import Doc, Span, Token
print(Doc.has_extension("elmo"), Span.has_extension("elmo_layers"), Token.has_extension("elmo"))
print(sorted(set(spacy_elmo.__all__) - {name for name in spacy_elmo.__all__ if hasattr(spacy_elmo, name)}))
nlp = spacy.blank("en")
nlp.add_pipe("elmo")
print(nlp("A word.")._.elmo.shape)
"""


def run(code: str) -> str:
    """Return what the code printed in a new process."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_is_public(room: str):
    module = importlib.import_module(room)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="module 'spacy_elmo' has no attribute 'Elmos'"):
        spacy_elmo.Elmos  # noqa: B018


def test_the_order_of_imports_does_not_matter():
    first, second = run("import spacy; import spacy_elmo" + DOCBIN), run("import spacy_elmo; import spacy" + DOCBIN)
    assert first == second == "True True True\n[]\n(3, 256)\n"


def test_public_names_are_imported_when_they_are_used():
    code = "import sys; import spacy_elmo; print('spacy_elmo.models' in sys.modules); spacy_elmo.load_model"
    assert run(f"{code}; print('spacy_elmo.models' in sys.modules)") == "False\nTrue\n"
