"""What comes in: bounded and checked by form."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.vocabulary import Category, Outcome, Route, Skill
from jinan.coordinates import Datum

# Line breaks and tabs are fine, other control signs are nobody's words; nor are spaces alone.
_READABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*[^\x00-\x1f\s][^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=_READABLE)
]
Brief = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=_READABLE)
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Location(Body):
    """Degrees; `gcj02` is what Chinese phones and maps give."""

    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[116.942])]
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[36.6695])]
    datum: Datum = "wgs84"


class FileReport(Body):
    """`category` may be left out: it is read from the words. `finished`: a volunteer's own matter
    that is over."""

    text: Annotated[Prose, Field(examples=["小区门口车辆堵塞，请来人疏导"])]
    category: Category | None = None
    location: Location
    community: Annotated[str | None, Field(pattern=r"^\d{12}$", examples=["370104009008"])] = None
    photo: Annotated[str | None, Field(max_length=64)] = None
    anonymous: bool = False
    finished: bool = False
    people_needed: Annotated[int | None, Field(ge=1, le=20)] = None


class RouteReport(Body):
    """What is left out stays as it was, or as the new category has it."""

    route: Route
    reason: Brief
    category: Category | None = None
    skills: Annotated[tuple[Skill, ...] | None, Field(max_length=7)] = None
    people_needed: Annotated[int | None, Field(ge=1, le=20)] = None


class Resolution(Body):
    """How it ended; the note is for the reporter to read."""

    outcome: Outcome
    note: Prose


class Reason(Body):
    reason: Brief


class Words(Body):
    text: Prose
