"""The routing policy as data (`policy.toml`): what each category means, by version and validity."""

import tomllib
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary import Category, Route, Skill, Urgency

JINAN = timezone(timedelta(hours=8))
"""China keeps one time, without summer time."""


class CategoryRule(BaseModel):
    """One line of the table. Exactly one of the two spans for the first answer is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    route: Route
    people: int = Field(ge=1, le=20)
    urgency: Urgency
    skills: tuple[Skill, ...] = ()
    first_answer_minutes: int | None = None
    first_answer_working_days: int | None = None
    police_told: bool = False
    """Volunteers answer, but the station is told at once too."""

    @model_validator(mode="after")
    def _one_span(self) -> Self:
        if (self.first_answer_minutes is None) == (self.first_answer_working_days is None):
            raise ValueError("give either first_answer_minutes or first_answer_working_days")
        return self

    def first_answer_due(self, since: datetime) -> datetime:
        if self.first_answer_minutes is not None:
            return since + timedelta(minutes=self.first_answer_minutes)
        return working_days_after(since, self.first_answer_working_days or 0)


class Rules(BaseModel):
    """One version of the policy. `night` holds two hours of the day in Jinan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    valid_from: datetime
    valid_until: datetime | None = None
    crowd_from: int
    night: tuple[int, int]
    night_people: int
    confirm_after_hours: int
    return_within_working_days: int
    triage_category: Category
    category: dict[Category, CategoryRule]

    def is_night(self, now: datetime) -> bool:
        begins, ends = self.night
        hour = now.astimezone(JINAN).hour
        return hour >= begins or hour < ends

    @property
    def confirm_after(self) -> timedelta:
        return timedelta(hours=self.confirm_after_hours)


def working_days_after(since: datetime, days: int) -> datetime:
    """The same hour `days` working days (Monday to Friday in Jinan) later; a weekend counts as its
    Monday's start."""
    local = since.astimezone(JINAN)
    if local.weekday() >= 5:
        local = (local + timedelta(days=7 - local.weekday())).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
    left = days
    while left > 0:
        local += timedelta(days=1)
        left -= local.weekday() < 5
    return local.astimezone(UTC)


@cache
def _all() -> tuple[Rules, ...]:
    raw = tomllib.loads((Path(__file__).parent / "policy.toml").read_text("utf-8"))
    return tuple(Rules.model_validate(entry) for entry in raw["rules"])


def rules_at(now: datetime) -> Rules:
    """The rules in force: the youngest that are valid; before the first, the first."""
    valid = [
        r for r in _all() if r.valid_from <= now and (r.valid_until is None or now < r.valid_until)
    ]
    return max(valid, key=lambda r: r.valid_from) if valid else _all()[0]


def rules_of(version: str) -> Rules:
    """The rules that a decision was taken under. Raises KeyError for a version that never was."""
    return {r.version: r for r in _all()}[version]
