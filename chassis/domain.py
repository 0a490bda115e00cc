"""What a domain is made of: states, decisions, refusals, causes. Pure: no I/O, no clock, no
chance."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event


class Frozen(BaseModel):
    """A value. A change makes a new one."""

    model_config = ConfigDict(frozen=True)

    def with_(self, **changes: Any) -> Self:
        """A copy with these fields changed. The values are taken as they are, not validated.

        Raises:
            TypeError: there is no such field.
        """
        unknown = changes.keys() - type(self).model_fields.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        return self.model_copy(update=changes)


class Aggregate(Frozen):
    """A state that is loaded, decided on and saved as a whole."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int = 0
    """0: not stored yet. Kept by the repository; domain code leaves it alone."""


A = TypeVar("A", bound=Aggregate)
Decision = tuple[A, Sequence[Event]]
"""The new state and the facts to publish."""


class Refusal(Exception):
    """A request is understood and refused: the wrong moment, not allowed, or a wrong value.

    `code` is a key of the catalogue's section `problem`, whose places `values` fill. `field` is the
    path of the part of the request that is wrong (`body.location`); the text of `code` says what
    would be right. Where several parts are wrong, `fields` maps each path to the key of its text.
    `retry_after` is in seconds.
    """

    def __init__(
        self,
        code: str,
        field: str | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        retry_after: int | None = None,
        **values: object,
    ) -> None:
        super().__init__(code)
        self.code, self.values, self.retry_after = code, values, retry_after
        self.fields = dict(fields or {})
        if field is not None:
            self.fields[field] = f"problem.{code}"


KEYED = "k"
"""What a fingerprint under a key begins with. Those of versions before are hexadecimal digits."""


@dataclass(frozen=True)
class Cause:
    """What a change came from: a request with its `Idempotency-Key`, or a message with its id.

    The store keeps `mark` with the change, in the same document, so that a repeat changes nothing.
    """

    id: str
    fingerprint: str = ""
    """Of the request's body: the same key with another body is a mistake of the caller."""
    proven: bool = True
    """Whether nobody else can have sent it. Otherwise what only the sender may know is not told a
    second time."""

    @property
    def mark(self) -> str:
        return f"{self.id}#{self.fingerprint}"

    def derive(self, kind: str, *parts: str) -> str:
        """The id of what this cause creates: a repeat gives the same one."""
        return derived_id(kind, self.id, *parts)


def derived_id(kind: str, *parts: str) -> str:
    """The id that these parts always give: a repeat of what made it finds what it made."""
    text = chr(31).join(parts).encode("utf-8", "surrogatepass")
    return f"{kind}_{hashlib.sha256(text).hexdigest()[:20]}"


class Window(NamedTuple):
    """How often, in how many seconds: `[30, 600]` in a policy."""

    most: int
    seconds: int


class Policy(Frozen):
    """Numbers that decide, as data. Each decision records the version it was taken under."""

    version: str
    valid_from: datetime


P = TypeVar("P", bound=Policy)


class Policies(Generic[P]):
    """All versions of a policy that there ever were; an old one is never changed.

    `toml` holds one `[[policy]]` for each.

    Raises:
        pydantic.ValidationError: a version does not fit the model.
        ValueError: there is none.
    """

    def __init__(self, model: type[P], toml: str) -> None:
        entries = tomllib.loads(toml).get("policy", [])
        found = [model.model_validate(entry) for entry in entries]
        if not found:
            raise ValueError(f"no [[policy]] for {model.__name__}")
        self._versions = tuple(sorted(found, key=lambda policy: policy.valid_from))

    def at(self, now: datetime) -> P:
        """The one that is valid; the oldest for a time before all of them."""
        valid = (policy for policy in reversed(self._versions) if policy.valid_from <= now)
        return next(valid, self._versions[0])

    def __iter__(self) -> Iterator[P]:
        """The oldest first."""
        return iter(self._versions)

    def of(self, version: str) -> P:
        """Raises KeyError where there never was such a version."""
        return {policy.version: policy for policy in self._versions}[version]
