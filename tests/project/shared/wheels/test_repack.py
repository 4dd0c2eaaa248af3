"""Installed distributions as wheels again."""

import base64
import csv
import hashlib
import json
from importlib.metadata import PathDistribution
from pathlib import Path
from zipfile import ZipFile

import pytest

from project.shared.arguments import StepError
from project.shared.wheels.repack import repack

FILES = {
    "lib/python3/site-packages/some_thing/__init__.py": "x = 1\n",
    "lib/python3/site-packages/some_thing/__pycache__/__init__.cpython-311.pyc": "code",
    "lib/python3/site-packages/Some.Thing-1.0.dist-info/METADATA": "Name: Some.Thing\nVersion: 1.0\n",
    "lib/python3/site-packages/Some.Thing-1.0.dist-info/WHEEL": "Tag: py2-none-any\nTag: py3-none-any\n",
    "lib/python3/site-packages/Some.Thing-1.0.dist-info/INSTALLER": "pip\n",
    "lib/python3/site-packages/Some.Thing-1.0.dist-info/entry_points.txt": "[console_scripts]\nmade = some_thing:x\n",
    "bin/made": "#!/venv/bin/python3\n",
    "bin/own": "#!/venv/bin/python3\nprint(1)\n",
    "share/man/own.1": "a page",
}
INFO = "some_thing-1.0.dist-info"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The folder that a distribution is installed in."""
    site = tmp_path / "lib/python3/site-packages"
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf8")
    names = [name.removeprefix("lib/python3/site-packages/") for name in FILES]
    lines = [f"{name if 'ome' in name else f'../../../{name}'},," for name in names]
    (site / "Some.Thing-1.0.dist-info/RECORD").write_text("\n".join(lines), encoding="utf8")
    return site


def installed(site: Path) -> PathDistribution:
    return PathDistribution(site / "Some.Thing-1.0.dist-info")


def test_the_wheel_has_what_pip_does_not_make_itself(site, tmp_path):
    wheel = repack(installed(site), tmp_path)
    assert wheel.name == "Some.Thing-1.0-py2.py3-none-any.whl"
    with ZipFile(wheel) as archive:
        names = [name.replace("Some.Thing", "some_thing") for name in archive.namelist()]
    assert names == [
        *("some_thing-1.0.data/data/share/man/own.1", "some_thing-1.0.data/scripts/own"),
        *(f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/entry_points.txt", "some_thing/__init__.py", f"{INFO}/RECORD"),
    ]


def test_a_script_begins_as_pip_wants_it(site, tmp_path):
    with ZipFile(repack(installed(site), tmp_path)) as archive:
        assert archive.read("Some.Thing-1.0.data/scripts/own") == b"#!python\nprint(1)\n"


def test_the_list_of_files_has_their_digests(site, tmp_path):
    with ZipFile(repack(installed(site), tmp_path)) as archive:
        rows = list(csv.reader(archive.read("Some.Thing-1.0.dist-info/RECORD").decode().splitlines()))
        assert [name for name, *_ in rows] == archive.namelist()
        for name, digest, size in rows[:-1]:
            data = archive.read(name)
            assert digest == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            assert int(size) == len(data)


def test_the_same_files_give_the_same_bytes(site, tmp_path):
    first = repack(installed(site), tmp_path).read_bytes()
    assert repack(installed(site), tmp_path).read_bytes() == first


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda info: (info / "RECORD").unlink(), "without a list of files; pip install it"),
        (lambda info: (info / "WHEEL").unlink(), "was not installed from a wheel; pip install it"),
        (lambda info: (info.parent / "some_thing/__init__.py").unlink(), "is gone from Some.Thing; install it again"),
        (
            lambda info: (info / "direct_url.json").write_text(json.dumps({"dir_info": {"editable": True}})),
            "is installed from a folder (editable), so it has no files of its own; pip install it",
        ),
    ],
)
def test_what_cannot_be_packed_is_named(site, tmp_path, damage, problem):
    damage(site / "Some.Thing-1.0.dist-info")
    with pytest.raises(StepError) as caught:
        repack(installed(site), tmp_path)
    assert problem in str(caught.value)
