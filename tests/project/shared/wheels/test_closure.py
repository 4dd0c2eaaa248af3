"""What wheels need."""

from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace
from zipfile import ZipFile

import pytest

from project.shared.arguments import StepError
from project.shared.wheels import closure


@pytest.fixture
def find(tmp_path, monkeypatch):
    """Return the names of the closure of a wheel named `own`, by the requirements of what is installed."""

    def call(required, others, *, more=()):
        wheels = []
        for name, requires in {"own": required, **dict(more)}.items():
            wheels.append(tmp_path / f"{name}-1.0-py3-none-any.whl")
            lines = [f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {line}" for line in requires)]
            with ZipFile(wheels[-1], "w") as archive:
                archive.writestr(f"{name}-1.0.dist-info/METADATA", "\n".join(lines))

        def distribution(name):
            if name not in others:
                raise PackageNotFoundError(name)
            return SimpleNamespace(metadata={"Name": name}, requires=others[name])

        monkeypatch.setattr(closure, "distribution", distribution)
        return [dist.metadata["Name"] for dist in closure.find_closure(wheels)]

    return call


def test_what_is_needed_by_what_is_needed(find):
    assert find(["a>=1"], {"a": ["b"], "b": ["a"], "c": None}) == ["a", "b"]


def test_extras_that_are_asked_for(find):
    others = {"a": ["b; extra == 'more'", "c; extra == 'most'"], "b": None, "c": None}
    assert find(["a"], others) == ["a"]
    assert find(["a[more]"], others) == ["a", "b"]


def test_what_other_systems_need_is_left_out(find):
    assert find(["a; python_version < '3'", "b"], {"b": None}) == ["b"]


def test_the_wheels_themselves_are_left_out(find):
    assert find(["spacy_Elmo"], {"torch": None}, more=[("spacy-elmo", ["torch"])]) == ["torch"]


def test_what_is_not_installed_is_named(find):
    with pytest.raises(StepError, match="a: is not installed, and own needs it; pip install a"):
        find(["a"], {})
