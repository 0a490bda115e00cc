"""A build belongs to what it was made from; Node comes from its wheel."""

import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.apps.build import BuildError, built, digest, sources
from deploy.apps.node import environment, install
from deploy.local.paths import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The sources of a build, and nothing else."""
    for path in sources():
        copied = tmp_path / "root" / path.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    return tmp_path / "root"


@pytest.mark.parametrize(
    "changed",
    [
        "apps/phone/src/main.ts",
        "apps/package-lock.json",
        "apps/.npmrc",
        "api/openapi.json",
        "contracts/texts/apps.toml",
    ],
)
def test_a_changed_source_needs_a_build(checkout: Path, changed: str) -> None:
    before = digest(checkout)
    assert before == digest(), "the same sources elsewhere"
    with (checkout / changed).open("a") as file:
        file.write(" ")
    assert digest(checkout) != before


@pytest.mark.parametrize("other", ["apps/README.md", "apps/phone/dist/index.html", "README.md"])
def test_what_no_build_reads_needs_none(checkout: Path, other: str) -> None:
    before = digest(checkout)
    (checkout / other).parent.mkdir(exist_ok=True)
    (checkout / other).write_text("something else")
    assert digest(checkout) == before


def test_what_is_built_is_not_built_again(checkout: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / digest(checkout)).mkdir(parents=True)
    said: list[str] = []
    assert built(said.append, checkout, cache) == cache / digest(checkout)
    assert said == []


def test_a_failure_says_what_failed_and_leaves_no_half_build(
    checkout: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    (checkout / "apps" / "package.json").write_text("{")
    with pytest.raises(BuildError, match=r"npm ci .*failed"):
        built(lambda _: None, checkout, cache)
    assert not (cache / digest(checkout)).exists()


def test_node_and_npm_run_without_any_on_the_machine(tmp_path: Path) -> None:
    install(tmp_path / "node")
    own = {**environment(tmp_path / "node"), "PATH": f"{tmp_path / 'node'}:/usr/bin:/bin"}
    for program in ("node", "npm"):
        done = subprocess.run([program, "--version"], env=own, capture_output=True, check=True)
        assert done.stdout.strip()
