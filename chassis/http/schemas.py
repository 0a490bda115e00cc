"""What request bodies and answers are made of."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from annotated_types import GroupedMetadata
from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from chassis.inputs import typed
from contracts.texts import LocalizedText as LocalizedText


class Body(BaseModel):
    """A request's body: an unknown field is a mistake, and refused."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """An answer: every field is there, null where there is nothing."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class PartialView(View):
    """An answer that not every reader sees whole."""

    hidden: tuple[str, ...] = Field(
        description="Fields that are null because this reader may not see them, as `name` or, in "
        "each item of a list, `timeline.note`. Where another field is null there is nothing"
    )


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("time_range", "outside the years 1 to 9999 in UTC") from None


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time given by a caller: converted to UTC, within the range that every store can hold."""


# Line breaks and tabs are allowed; other control characters are not, nor spaces alone.
_ALLOWED = r"[^\x00-\x08\x0b\x0c\x0e-\x1f]*"
_VISIBLE = rf"^{_ALLOWED}[^\x00-\x1f\s{typed.HIDDEN}]{_ALLOWED}$"
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\ufffd")
"""Letters and symbols by their class that show nothing: fillers, the empty Braille cell."""


def free_text(max_length: int) -> GroupedMetadata:
    """`note: Annotated[str, free_text(500)]`: what a person writes, with something to read in it,
    stripped of surrounding spaces."""
    return _Text(max_length, _VISIBLE, min_length=1)


def maybe_text(max_length: int) -> GroupedMetadata:
    """Like `free_text`, where nothing to read is no mistake by itself."""
    return _Text(max_length, rf"^{_ALLOWED}$")


@dataclass(frozen=True)
class _Text(GroupedMetadata):
    """The length is measured as written, and in the form that everything reads (NFKC): a text
    costs no more than it shows."""

    max_length: int
    pattern: str
    min_length: int | None = None

    def __iter__(self) -> Iterator[object]:
        yield StringConstraints(
            strip_whitespace=True,
            min_length=self.min_length,
            max_length=self.max_length,
            pattern=self.pattern,
        )
        yield AfterValidator(self._checked)

    def _checked(self, text: str | None) -> str | None:
        if text is None:  # of a field that may be left out
            return None
        if len(unicodedata.normalize("NFKC", text)) > self.max_length:
            raise PydanticCustomError(
                "string_too_long",
                "At most {max_length} characters, counting those that one sign stands for",
                {"max_length": self.max_length},
            )
        if self.min_length and not any(map(_is_visible, text)):
            raise PydanticCustomError(
                "string_pattern_mismatch", "Nothing of it shows", {"pattern": self.pattern}
            )
        return text


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK


def id_path(prefix: str, example: str = "") -> Any:
    """`id: Annotated[str, id_path("rep")]`: the form is documented, and an id that has another one
    is simply not found."""
    return Path(min_length=1, max_length=64, **_form(prefix, example))


def id_query(prefix: str, example: str = "") -> Any:
    """`report: Annotated[str | None, id_query("rep")] = None`: likewise, nothing is found by it."""
    return Query(min_length=1, max_length=80, **_form(prefix, example))


def _form(prefix: str, example: str) -> dict[str, Any]:
    pattern = {"pattern": f"^{prefix}_[0-9A-Za-z_-]{{1,60}}$"}
    return {"json_schema_extra": pattern, "examples": [example or f"{prefix}_8f0c2e51d7a94b3c6e10"]}
