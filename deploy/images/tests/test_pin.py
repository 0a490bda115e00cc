"""`make pin` writes each image's digest into an override file; with CHECK=1 it says what moved."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.images.__main__ import COMPOSE, PINNED, ROOT, run
from deploy.images.named import named
from deploy.images.reference import parse
from deploy.images.tests.distribution import Registry, digest, serving


def _has_compose() -> bool:
    version = ["docker", "compose", "version"]
    return (
        bool(shutil.which("docker"))
        and not subprocess.run(version, check=False, capture_output=True).returncode
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files of this project that name images."""
    dockerfiles = [f"deploy/compose/{name}Dockerfile" for name in ("", "gateway.", "apps.")]
    for file in (COMPOSE, *dockerfiles):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


@pytest.fixture
async def registry() -> AsyncIterator[Registry]:
    """Has every image that this project names."""
    names = {*named(ROOT / COMPOSE).values()}
    images = [parse(name) for name in names]
    manifests = {f"{i.repository}/manifests/{i.tag}": i.name.encode() for i in images}
    async with serving(Registry(manifests)) as there:
        yield there


async def test_every_image_is_written_with_its_tag_and_digest(
    project: Path, registry: Registry
) -> None:
    assert await run(project, check=False, mirror=registry.url) == 0
    services: dict[str, Any] = yaml.safe_load((project / PINNED).read_text("utf-8"))["services"]
    assert services["mongo"] == {"image": f"mongo:8.0@{digest(b'mongo:8.0')}"}
    python = f"python:3.13-slim@{digest(b'python:3.13-slim')}"
    assert services["dispatch"] == {"build": {"args": {"PYTHON_IMAGE": python}}}
    assert "keys" not in services  # runs an image that is built here
    asked = [
        r.path for r in registry.requests if r.method == "HEAD" and "authorization" in r.headers
    ]
    assert len(asked) == len({*asked})  # python is named five times and asked for once


async def test_check_is_silent_until_a_tag_moves_and_writes_nothing(
    project: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    await run(project, check=False, mirror=registry.url)
    before = (project / PINNED).read_text("utf-8")
    assert await run(project, check=True, mirror=registry.url) == 0
    capsys.readouterr()
    registry.manifests["library/mongo/manifests/8.0"] = b"8.0.27"
    assert await run(project, check=True, mirror=registry.url) == 1
    assert capsys.readouterr().out == (
        f"mongo:8.0 moved from {digest(b'mongo:8.0')} to {digest(b'8.0.27')}\n"
    )
    assert (project / PINNED).read_text("utf-8") == before


async def test_check_names_an_upgrade_that_was_not_pinned(
    project: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    await run(project, check=False, mirror=registry.url)
    capsys.readouterr()
    text = (project / COMPOSE).read_text("utf-8")
    (project / COMPOSE).write_text(text.replace("mongo:8.0", "mongo:8.2"), "utf-8")
    registry.manifests["library/mongo/manifests/8.2"] = b"new"
    assert await run(project, check=True, mirror=registry.url) == 1
    assert capsys.readouterr().out == "mongo:8.2 is named now, mongo:8.0 is pinned\n"


async def test_one_image_that_cannot_be_had_is_named_and_nothing_is_written(
    project: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    del (
        registry.manifests["library/mongo/manifests/8.0"],
        registry.manifests["apache/kafka/manifests/4.1.1"],
    )
    assert await run(project, check=False, mirror=registry.url) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in said] == ["apache/kafka:4.1.1", "mongo:8.0"]
    assert not (project / PINNED).exists()


async def test_check_before_the_first_pin_says_what_to_do(
    project: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(project, check=True, mirror=registry.url) == 2
    assert capsys.readouterr().err == f"{PINNED} is not there yet. Right: make pin\n"
    (project / PINNED).write_text("services: [", "utf-8")
    assert await run(project, check=True, mirror=registry.url) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.skipif(not _has_compose(), reason="needs docker compose")
async def test_compose_runs_what_is_pinned_and_keeps_the_rest(
    project: Path, registry: Registry
) -> None:
    await run(project, check=False, mirror=registry.url)
    command = ["docker", "compose", "-f", COMPOSE, "-f", PINNED, "config", "--format", "json"]
    config = await asyncio.create_subprocess_exec(
        *command, cwd=project, stdout=asyncio.subprocess.PIPE
    )
    stdout, _ = await config.communicate()
    services = json.loads(stdout)["services"]
    assert services["kafka"]["image"].endswith(digest(b"apache/kafka:4.1.1"))
    assert services["kafka"]["read_only"] is True
    arguments = services["registration"]["build"]["args"]
    assert arguments["SERVICE"] == "registration"
    assert "@sha256:" in arguments["PYTHON_IMAGE"]
