"""Which images the compose file and the Dockerfiles name, and what their names mean."""

from pathlib import Path

import pytest

from deploy.images.__main__ import COMPOSE, PINNED, ROOT
from deploy.images.named import Place, bases, named
from deploy.images.pins import read
from deploy.images.reference import PinError, parse


def test_every_image_that_is_not_built_here_is_pinned_bases_of_builds_included() -> None:
    found = named(ROOT / COMPOSE)
    names = {image.partition(":")[0] for image in found.values()}
    assert {"apache/kafka", "mongo", "valkey/valkey", "python", "envoyproxy/envoy"} <= names
    assert not [name for name in names if name.startswith("quancheng/")]
    assert {place.argument for place in found if place.service == "gateway"} == {
        "PYTHON_IMAGE",
        "ENVOY_IMAGE",
    }


def test_one_version_of_a_base_for_all() -> None:
    """Two tags of one image would be a forgotten upgrade."""
    names = {*named(ROOT / COMPOSE).values()}
    assert len({name.partition(":")[0] for name in names}) == len(names)


def test_a_pinned_file_names_the_tags_that_the_compose_file_names() -> None:
    if not (ROOT / PINNED).exists():
        return  # nobody has pinned yet
    pinned = {p: image.partition("@")[0] for p, image in read(ROOT / PINNED).items()}
    assert pinned == named(ROOT / COMPOSE), "make pin"


def test_a_base_that_cannot_be_given_from_outside_is_named(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(
        "ARG BASE=python:3.13-slim\nFROM --platform=linux/amd64 ${BASE} AS made\n"
        "FROM scratch\nCOPY --from=made / /\nFROM debian:13\n"
    )
    with pytest.raises(PinError, match="FROM debian:13 cannot be pinned"):
        bases(dockerfile)
    dockerfile.write_text("ARG BASE=python:3.13-slim\nFROM $BASE AS made\nfrom made\n")
    assert bases(dockerfile) == {"BASE": "python:3.13-slim"}


@pytest.mark.parametrize(
    ("name", "repository", "tag"),
    [("mongo:8.0", "library/mongo", "8.0"), ("apache/kafka:4.1.1", "apache/kafka", "4.1.1")],
)
def test_names_without_a_registry_mean_the_default_one_or_its_mirror(
    name: str, repository: str, tag: str
) -> None:
    assert parse(name).registry.startswith("https://")
    there = parse(name, "http://127.0.0.1:5000/")
    assert (there.registry, there.repository, there.tag) == (
        "http://127.0.0.1:5000",
        repository,
        tag,
    )


def test_a_registry_in_the_name_is_asked_encrypted_unless_it_is_this_machine() -> None:
    elsewhere = parse("registry.example:5000/police/tool:1", mirror="https://mirror.example")
    assert elsewhere.registry == "https://registry.example:5000"
    assert elsewhere.repository == "police/tool"
    assert parse("localhost:5000/tool:1").registry == "http://localhost:5000"


@pytest.mark.parametrize(
    "name", ["mongo", "mongo@sha256:" + "0" * 64, "https://mongo:1", "-a.example/b:1"]
)
def test_what_is_no_name_with_a_tag_is_refused_in_words(name: str) -> None:
    with pytest.raises(PinError, match=name.partition("@")[0]):
        parse(name)


def test_places_tell_a_service_from_an_argument_of_its_build() -> None:
    assert Place("gateway") != Place("gateway", "PYTHON_IMAGE")
