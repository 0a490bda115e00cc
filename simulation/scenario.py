"""The scenario of a simulated day: a file of JSON lines, one report each, validated before anything
is started."""

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
MAX_SPAN = timedelta(days=3)

Reporter = Literal["resident", "volunteer", "committee"]


class DayError(Exception):
    """The file is not a valid day. `str(error)` names the line (from 1), the field and what would
    be right."""

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
    """One report of the file: its text, reporter and place, and the route that it must end on.

    Coordinates are degrees in `datum`. Unknown fields are ignored.
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
    """Reports, ordered by time."""

    entries: tuple[Entry, ...]

    @property
    def first(self) -> datetime:
        return self.entries[0].at

    @property
    def last(self) -> datetime:
        return self.entries[-1].at


def read(path: Path) -> Day:
    """Raises DayError for a file that is missing, unreadable or empty, or has a line that is not a
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
    """Parses JSON lines; blank ones are skipped. Raises DayError."""
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
    if last.at - first.at > MAX_SPAN:
        raise DayError(
            f"is more than {MAX_SPAN.days} days after the first report ({first.at.isoformat()})",
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
        # A null field means the same as a missing one.
        return Entry.model_validate({key: value for key, value in raw.items() if value is not None})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise DayError(
            _message(problem), number, ".".join(str(part) for part in problem["loc"])
        ) from None


def _message(problem: Any) -> str:
    text = str(problem["msg"]).removeprefix("Value error, ")
    given = repr(problem["input"]) if problem["type"] != "missing" else ""
    return text if not given or len(given) > 60 else f"{text}, not {given}"
