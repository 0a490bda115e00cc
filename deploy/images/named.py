"""Which published images the compose file runs, and the Dockerfiles that it builds begin with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.images.reference import PinError

_ARGUMENT = re.compile(r"^ARG\s+(\w+)=(\S+)\s*$", re.MULTILINE)
_FROM = re.compile(
    r"^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.MULTILINE | re.IGNORECASE
)
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image is named: what a service runs, or an argument of its build."""

    service: str
    argument: str | None = None


def named(compose_file: Path) -> dict[Place, str]:
    """Each place with its image's name. What is built here has no registry and is no part of it.

    Raises PinError for a Dockerfile whose base cannot be given from outside.
    """
    services: Mapping[str, Any] = yaml.safe_load(compose_file.read_text("utf-8"))["services"]
    built = {service["image"] for service in services.values() if "build" in service}
    found: dict[Place, str] = {}
    for name, service in services.items():
        if "build" in service:
            build = service["build"]
            dockerfile = compose_file.parent / build["context"] / build["dockerfile"]
            found |= {Place(name, argument): image for argument, image in bases(dockerfile).items()}
        elif service["image"] not in built:
            found[Place(name)] = service["image"]
    return found


def bases(dockerfile: Path) -> dict[str, str]:
    """The arguments that name its base images, with the images."""
    text = dockerfile.read_text("utf-8")
    head = re.split(r"^FROM\s", text, maxsplit=1, flags=re.MULTILINE | re.IGNORECASE)[0]
    arguments = dict(_ARGUMENT.findall(head))
    stages = {stage.lower() for _, stage in _FROM.findall(text) if stage}
    found: dict[str, str] = {}
    for base, _ in _FROM.findall(text):
        variable = _VARIABLE.fullmatch(base)
        if variable and variable[1] in arguments:
            found[variable[1]] = arguments[variable[1]]
        elif base.lower() not in stages | {"scratch"}:
            raise PinError(
                f"{dockerfile.name}: FROM {base} cannot be pinned; write ARG NAME=image:tag "
                "before the first FROM, and FROM ${NAME}"
            )
    return found
