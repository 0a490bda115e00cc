"""An image's name, and the registry and repository that it means.

How names are read is docker's own knowledge and comes from its Python package, the default registry
included.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from docker.auth import (  # pyright: ignore[reportMissingTypeStubs]
    INDEX_NAME,
    INDEX_URL,
    resolve_repository_name,  # pyright: ignore[reportUnknownVariableType]
)
from docker.errors import InvalidRepository  # pyright: ignore[reportMissingTypeStubs]
from docker.utils import (  # pyright: ignore[reportMissingTypeStubs]
    parse_repository_tag,  # pyright: ignore[reportUnknownVariableType]
)


class PinError(Exception):
    """An image cannot be pinned; the message says which and why, for the operator."""


@dataclass(frozen=True, slots=True)
class Reference:
    name: str
    """As the file names it: `mongo:8.0`."""
    registry: str
    """The registry's URL, without a path."""
    repository: str
    tag: str

    def with_digest(self, digest: str) -> str:
        return f"{self.name}@{digest}"


def parse(name: str, mirror: str | None = None) -> Reference:
    """What `name` means. `mirror`, a URL, stands for the default registry.

    Raises PinError where it is no name, has no tag, or a digest already.
    """
    if "@" in name:
        raise PinError(f"{name} names a digest already; name the tag, the digest is pinned")
    repository: str
    tag: str | None
    host: str
    repository, tag = parse_repository_tag(name)  # pyright: ignore[reportUnknownVariableType]
    if not tag:
        raise PinError(f"{name} names no tag, so nobody knows which version is meant")
    try:
        host, path = resolve_repository_name(repository)  # pyright: ignore[reportUnknownVariableType]
    except InvalidRepository as error:
        raise PinError(f"{name} is no image's name: {error}") from None
    if host != INDEX_NAME:
        return Reference(name, _url(host), str(path), tag)
    path = path if "/" in path else f"library/{path}"
    registry = mirror.rstrip("/") if mirror else f"https://{urlsplit(INDEX_URL).netloc}"
    return Reference(name, registry, path, tag)


def _url(host: str) -> str:
    """Plain HTTP for this machine only, as docker does."""
    return f"http://{host}" if is_loopback(f"//{host}") else f"https://{host}"


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
