"""What the services offer to callers: nouns, streams, and what needs no token. Derived from their
OpenAPI documents and kept in `routes.json`, so that a gateway can start without the services' code.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.gateway import plan

FILE = Path(__file__).with_name("routes.json")

JWKS = "/.well-known/jwks.json"
"""The public keys of access tokens: a path of registration's, below no noun."""


@dataclass(frozen=True)
class Noun:
    """One resource under `/api/v1`: this path and what lies below it."""

    name: str
    service: str

    @property
    def path(self) -> str:
        return f"{plan.API}/{self.name}"

    @property
    def sampling(self) -> int:
        """The share of its requests that are traced, in per cent."""
        return plan.SAMPLING.get(self.name, plan.USUAL_SAMPLING)


@dataclass(frozen=True)
class Stream:
    """A path that answers with server-sent events: no time limit, and its token may stand in the
    query."""

    path: str
    service: str

    @property
    def name(self) -> str:
        return self.path.removeprefix(f"{plan.API}/").replace("/", "-")


@dataclass(frozen=True)
class OpenRoute:
    """An operation that passes without a token; one that is there must be good all the same."""

    method: str
    path: str
    """A template: `{...}` stands for one segment."""

    @property
    def regex(self) -> str:
        """Matches each path of the template, whole."""
        return re.sub(r"\{\w+\}", "[^/]+", self.path)


@dataclass(frozen=True)
class Surface:
    nouns: tuple[Noun, ...]
    streams: tuple[Stream, ...]
    open: tuple[OpenRoute, ...]


def noun_of(path: str) -> str | None:
    """The name of the noun that a path belongs to; None if the gateway does not route it."""
    if path == JWKS:
        return "sessions"
    match = re.match(rf"{plan.API}/([a-z][a-z-]*)(?=/|$)", path)
    return match and match[1]


def as_json(surface: Surface) -> str:
    return json.dumps(asdict(surface), indent=1) + "\n"


def read(file: Path = FILE) -> Surface:
    """The surface as `make generate` last wrote it."""
    kept = json.loads(file.read_text("utf-8"))
    return Surface(
        tuple(Noun(**entry) for entry in kept["nouns"]),
        tuple(Stream(**entry) for entry in kept["streams"]),
        tuple(OpenRoute(**entry) for entry in kept["open"]),
    )
