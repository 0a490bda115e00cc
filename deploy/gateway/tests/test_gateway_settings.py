"""What the gateway's container is told, and that it starts with what its image has."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deploy.gateway.plan import Limits
from deploy.gateway.render import render_container, write_pages
from deploy.gateway.settings import Certificate, SettingInvalid, Settings, read_settings
from deploy.gateway.tests.certificates import make_certificate
from deploy.gateway.tests.stand import envoy_binary

ROOT = Path(__file__).parents[3]


def validate(config: Path) -> None:
    """Envoy takes it, and finds nothing in it deprecated."""
    done = subprocess.run(
        [str(envoy_binary()), "--mode", "validate", "-c", str(config), "-l", "warn"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower()


def test_what_is_not_said_is_closed() -> None:
    """Compose passes variables that are not set as empty."""
    names = ("TRUSTED_HOPS", "UNLIMITED_NETWORKS", "CORS_ORIGINS", "HOSTS", "PUBLIC_HOST")
    files = ("TLS_FOLDER", "TLS_CERTIFICATE", "TLS_KEY")
    empty: dict[str, str] = dict.fromkeys((*names, *files), "")
    assert read_settings(empty) == read_settings({}) == Settings()


def test_lists_are_separated_by_commas_or_spaces() -> None:
    read = read_settings({"CORS_ORIGINS": "https://a.example, https://b.example:8443"})
    assert read.origins == ("https://a.example", "https://b.example:8443")


@pytest.mark.parametrize(
    "environment",
    [
        {"TRUSTED_HOPS": "-1"},
        {"TRUSTED_HOPS": "all"},
        {"UNLIMITED_NETWORKS": "10.0.0.1/8"},
        {"CORS_ORIGINS": "*"},
        {"CORS_ORIGINS": "https://a.example/"},
        {"TLS_CERTIFICATE": "/nowhere/chain.pem"},
        {"TLS_CERTIFICATE": "/nowhere/chain.pem", "TLS_KEY": "/nowhere/key.pem"},
        {"TLS_FOLDER": "/nowhere"},
    ],
)
def test_what_cannot_be_meant_stops_the_start(environment: dict[str, str]) -> None:
    """Above all where TLS is asked for: it must not begin without."""
    with pytest.raises(SettingInvalid, match=r"TRUSTED|UNLIMITED|CORS|TLS"):
        read_settings(environment)


@pytest.mark.parametrize("names", [("fullchain.pem", "privkey.pem"), ("tls.crt", "tls.key")])
def test_a_folder_has_the_certificate_by_the_usual_names(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    pair = Certificate(*(tmp_path / name for name in names))
    make_certificate(pair)
    assert read_settings({"TLS_FOLDER": str(tmp_path)}).certificate == pair


@pytest.mark.servers
@pytest.mark.parametrize("everything", [False, True])
def test_envoy_takes_the_containers_configuration(tmp_path: Path, everything: bool) -> None:
    pair = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    make_certificate(pair)
    told = Settings(1, ("10.0.0.0/8",), ("https://a.example",), ("a.example",), "a.example", pair)
    write_pages(tmp_path / "pages")
    settings = told if everything else Settings()
    validate(render_container(settings, tmp_path, pages=tmp_path / "pages"))


def test_the_image_has_what_the_start_needs(tmp_path: Path) -> None:
    """The command of the container, with the files that the Dockerfile copies."""
    dockerfile = (ROOT / "deploy/compose/gateway.Dockerfile").read_text("utf-8").split("FROM ")[-1]
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            end = tmp_path / "app" / target
            end = end / Path(source).name if target.endswith("/") else end
            end.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copyfile
            copy(ROOT / source, end)
    envoy = tmp_path / "bin" / "envoy"
    envoy.parent.mkdir()
    envoy.write_text('#!/bin/sh\necho "$@"\n', "utf-8")
    envoy.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "deploy.gateway", str(tmp_path / "written")],
        cwd=tmp_path / "app",
        env={"PATH": f"{envoy.parent}:{os.environ['PATH']}", "CORS_ORIGINS": "https://a.example"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"-c {tmp_path / 'written' / 'envoy.yaml'}" in done.stdout
    assert "a\\\\.example" in (tmp_path / "written" / "envoy.yaml").read_text("utf-8")


def test_the_container_has_room_for_what_the_gateway_may_take() -> None:
    """What Envoy allocates, and half as much for code, threads and what is not given back yet."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    memory = compose["services"]["gateway"]["deploy"]["resources"]["limits"]["memory"]
    assert memory.endswith("M")
    assert int(memory[:-1]) * 2**20 >= Limits().heap * 1.3
