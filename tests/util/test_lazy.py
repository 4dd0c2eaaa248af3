import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

NAME = "lazy_names_example"
INIT = """
from spacy_elmo.util.lazy import lazy_names
__getattr__ = lazy_names(__name__, {"SIZE": ".sizes", "gone": ".sizes", "deep": ".room.inner"})
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A package with two modules whose names are lazy."""
    (tmp_path / NAME / "room").mkdir(parents=True)
    for file, code in (("__init__.py", INIT), ("sizes.py", "SIZE = [3]"), ("room/inner.py", "deep = 'value'")):
        (tmp_path / NAME / file).write_text(code, encoding="utf8")
    (tmp_path / NAME / "room" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module(NAME)
    for module in [module for module in sys.modules if module.split(".")[0] == NAME]:
        del sys.modules[module]


def test_a_module_is_imported_when_its_name_is_first_used(package: ModuleType):
    assert f"{NAME}.sizes" not in sys.modules
    assert package.SIZE == [3]
    assert f"{NAME}.sizes" in sys.modules


def test_other_modules_stay_where_they_are(package: ModuleType):
    assert package.SIZE
    assert f"{NAME}.room" not in sys.modules


def test_each_use_gives_the_same_object(package: ModuleType):
    assert package.SIZE is package.SIZE is import_module(f"{NAME}.sizes").SIZE


def test_a_name_may_live_in_a_folder_within_the_package(package: ModuleType):
    assert package.deep == "value"


def test_a_from_import_finds_the_name(package: ModuleType):
    names: dict[str, object] = {}
    exec(f"from {NAME} import SIZE", names)
    assert names["SIZE"] is package.SIZE


def test_an_unknown_name_is_refused_and_nothing_is_imported(package: ModuleType):
    with pytest.raises(AttributeError, match=f"^module '{NAME}' has no attribute 'SIZES'$"):
        package.SIZES  # noqa: B018
    assert f"{NAME}.sizes" not in sys.modules


def test_a_name_that_left_its_module_is_an_error_that_names_both(package: ModuleType):
    with pytest.raises(AttributeError, match=f"'{NAME}.sizes' has no attribute 'gone'"):
        package.gone  # noqa: B018
