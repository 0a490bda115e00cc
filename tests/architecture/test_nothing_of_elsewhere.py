"""The project needs nothing outside its own folder, and names no place that only one machine or
network has."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import files, name

# Put together here, so that this file does not hold what it looks for.
_HOSTS = [
    ("pypi", "org"),
    ("files", "pythonhosted", "org"),
    ("registry", "npmjs", "org"),
    ("repo1", "maven", "org"),
    ("repo", "maven", "apache", "org"),
    ("proxy", "golang", "org"),
    ("static", "crates", "io"),
    ("index", "crates", "io"),
    ("registry", "npmmirror", "com"),
    ("deb", "debian", "org"),
]
_PLACES = [
    "/" + "work/main",
    "/" + "work/shared",
    "/" + "work/.library",
    "/" + "tmp/lead",
    "/" + "root/",
]
_TOOLS = ["local" + "-images", "farm" + "-run", "before" + "-stop"]
WORDS = re.compile(
    "|".join(re.escape(word) for word in [".".join(host) for host in _HOSTS] + _PLACES + _TOOLS)
)
_BINARY = frozenset({".png", ".jpg", ".jpeg", ".webp", ".woff2", ".ico", ".gz", ".npz", ".parquet"})


@pytest.mark.parametrize("path", [path for path in files() if path.suffix not in _BINARY], ids=name)
def test_a_file_names_no_registry_and_no_place_of_this_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert sorted({found.group() for found in WORDS.finditer(text)}) == []


def test_no_file_leads_out_of_the_project() -> None:
    assert [name(path) for path in files() if path.is_symlink()] == []
