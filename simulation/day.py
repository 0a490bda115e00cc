"""The day that is played: a file of JSON lines, one report each, read whole and checked before
anything is started."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from contracts.vocabulary import Category, Route, Skill

STREET = "370104009"
"""The street that the demonstration station serves (段店北路街道)."""
LONGEST = timedelta(days=3)

Reporter = Literal["resident", "volunteer", "committee"]


class DayError(Exception):
    """The file is not a day. `str(error)` names the line (from 1), the field and what would be
    right."""

    def __init__(self, problem: str, line: int | None = None, field: str | None = None) -> None:
        where = "".join((f"line {line}: " if line else "", f"{field}: " if field else ""))
        super().__init__(where + problem)
        self.line, self.field = line, field


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _in_the_street(code: str | None) -> str | None:
    if code is not None and not code.startswith(STREET):
        raise ValueError(
            f"must be one of the station's communities, {STREET} and three digits more"
        )
    return code


class Entry(BaseModel):
    """One report as the file has it: what is said, by whom, where, and the route that it has to end
    on.

    Coordinates in degrees of the datum named, WGS-84 where none is. Fields that are not named here
    are passed over.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    n: Annotated[int, Field(ge=1, strict=True)]
    at: AwareDatetime
    reporter: Reporter
    text: Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_not_blank)]
    category: Category | None = None
    community: Annotated[
        str | None, Field(pattern=r"^3701\d{8}$"), AfterValidator(_in_the_street)
    ] = None
    longitude: Annotated[float, Field(ge=116.2, le=117.8, allow_inf_nan=False)]
    latitude: Annotated[float, Field(ge=35.9, le=37.6, allow_inf_nan=False)]
    datum: Literal["wgs84", "gcj02"] = "wgs84"
    route: Route
    skills: tuple[Skill, ...] = ()
    people_needed: Annotated[int | None, Field(ge=1, le=20)] = None


@dataclass(frozen=True)
class Day:
    """Reports in the order of their times."""

    entries: tuple[Entry, ...]

    @property
    def first(self) -> datetime:
        return self.entries[0].at

    @property
    def last(self) -> datetime:
        return self.entries[-1].at


def read(path: Path) -> Day:
    """Raises DayError for a file that is not there, not readable, empty, or holds a line that is no
    report."""
    try:
        content = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DayError("is not UTF-8 text", line) from None
    except OSError as error:
        raise DayError(f"cannot be read ({error.strerror})") from None
    return parse(content.split("\n"))


def parse(lines: Iterable[str]) -> Day:
    """The day of these JSON lines; blank ones are passed over. Raises DayError."""
    found: dict[int, tuple[int, Entry]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        entry = _entry(number, line)
        if entry.n in found:
            raise DayError(f"{entry.n} was used on line {found[entry.n][0]} already", number, "n")
        found[entry.n] = number, entry
    if not found:
        raise DayError("holds no report: a day needs at least one line")
    ordered = sorted(found.values(), key=lambda pair: (pair[1].at, pair[1].n))
    first, (line, last) = ordered[0][1], ordered[-1]
    if last.at - first.at > LONGEST:
        raise DayError(
            f"is more than {LONGEST.days} days after the first report ({first.at.isoformat()})",
            line,
            "at",
        )
    return Day(tuple(entry for _, entry in ordered))


def _entry(number: int, line: str) -> Entry:
    try:
        raw: Any = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DayError(
            f"is not JSON ({getattr(error, 'msg', 'nested too deep')})", number
        ) from None
    if not isinstance(raw, dict):
        raise DayError("is not a JSON object", number)
    try:
        # A field that is there but null says the same as one that is not.
        return Entry.model_validate({key: value for key, value in raw.items() if value is not None})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise DayError(
            _words(problem), number, ".".join(str(part) for part in problem["loc"])
        ) from None


def _words(problem: Any) -> str:
    words = str(problem["msg"]).removeprefix("Value error, ")
    given = repr(problem["input"]) if problem["type"] != "missing" else ""
    return words if not given or len(given) > 60 else f"{words}, not {given}"
