"""The override file that names each image with its digest, and what changed since."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.images.named import Place
from deploy.images.reference import PinError

HEADER = """\
# Each image by tag and digest. Written by `make pin`, compared by `make pin CHECK=1`; commit it.
# `make up` uses this file where it is; for `docker compose` itself set
# COMPOSE_FILE=docker-compose.yml:docker-compose.pinned.yml
"""


def rendered(images: Mapping[Place, str]) -> str:
    """`images`: each place with its name and digest. The same digests give the same text."""
    services: dict[str, dict[str, Any]] = {}
    for place, image in sorted(images.items(), key=lambda item: str(item[0])):
        service = services.setdefault(place.service, {})
        if place.argument is None:
            service["image"] = image
        else:
            service.setdefault("build", {}).setdefault("args", {})[place.argument] = image
    return HEADER + yaml.safe_dump({"services": services}, width=200)


def read(file: Path) -> dict[Place, str]:
    """Raises PinError where there is no such file, or it is not one that `rendered` made."""
    found: dict[Place, str] = {}
    try:
        services: Any = yaml.safe_load(file.read_text("utf-8"))["services"]
        for name, service in services.items():
            if "image" in service:
                found[Place(name)] = service["image"]
            for argument, image in service.get("build", {}).get("args", {}).items():
                found[Place(name, argument)] = image
    except FileNotFoundError:
        raise PinError(f"{file.name} is not there yet. Right: make pin") from None
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        raise PinError(f"{file.name} cannot be read. Right: make pin") from None
    return found


def differences(pinned: Mapping[Place, str], present: Mapping[Place, str]) -> list[str]:
    """One line for each image that is not pinned as it is now."""
    lines: set[str] = set()
    for place, image in present.items():
        name, _, digest = image.partition("@")
        was = pinned.get(place)
        if was is None:
            lines.add(f"{name} is not pinned")
        elif was.partition("@")[0] != name:
            lines.add(f"{name} is named now, {was.partition('@')[0]} is pinned")
        elif was != image:
            lines.add(f"{name} moved from {was.partition('@')[2]} to {digest}")
    lines |= {
        f"{pinned[place].partition('@')[0]} is pinned for {place.service}, which does not name it"
        for place in pinned.keys() - present.keys()
    }
    return sorted(lines)
