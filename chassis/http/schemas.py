"""What request bodies and answers are made of."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    StringConstraints,
)

from chassis import typed
from contracts.texts import LocalizedText as LocalizedText


class Body(BaseModel):
    """A request's body: an unknown field is a mistake, and refused."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """An answer: every field is there, null where there is nothing."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie within the years 1 to 9999 in UTC too") from None


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time given by a caller: converted to UTC, within the range that every store can hold."""


# Line breaks and tabs are allowed; other control characters are not, nor spaces alone.
_ALLOWED = r"[^\x00-\x08\x0b\x0c\x0e-\x1f]*"
_VISIBLE = rf"^{_ALLOWED}[^\x00-\x1f\s{typed.HIDDEN}]{_ALLOWED}$"


def free_text(max_length: int) -> StringConstraints:
    """`note: Annotated[str, free_text(500)]`: what a person writes, with something to read in it,
    stripped of surrounding spaces."""
    return StringConstraints(
        strip_whitespace=True, min_length=1, max_length=max_length, pattern=_VISIBLE
    )


def maybe_text(max_length: int) -> StringConstraints:
    """Like `free_text`, where nothing to read is no mistake by itself."""
    return StringConstraints(strip_whitespace=True, max_length=max_length, pattern=rf"^{_ALLOWED}$")


def id_path(prefix: str, example: str = "") -> Any:
    """`id: Annotated[str, id_path("rep")]`: the form is documented, and an id that has another one
    is simply not found."""
    pattern = {"pattern": f"^{prefix}_[0-9A-Za-z_-]{{1,60}}$"}
    examples = [example or f"{prefix}_8f0c2e51d7a94b3c6e10"]
    return Path(min_length=1, max_length=64, json_schema_extra=dict(pattern), examples=examples)
