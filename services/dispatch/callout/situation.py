"""What a choice is made from and what it says: recorded as they are, so that each choice can be
made again."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from contracts.vocabulary import Category, Skill, Urgency

Reason = Literal[
    "called",
    "too_far",
    "stale_position",
    "off_duty",
    "not_approved",
    "engaged",
    "resting",
    "called_enough",
    "under_age",
    "elder_at_night",
    "party",
    "asked_before",
    "no_skill",
    "others_first",
]
"""Why somebody was, or was not, called. In words: the catalogue's section `reason`."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Tally(_Record):
    """Answers and acceptances: overall, at this hour of the day, for this kind of matter."""

    asked: int = 0
    accepted: int = 0
    asked_hour: int = 0
    accepted_hour: int = 0
    asked_kind: int = 0
    accepted_kind: int = 0


class Person(_Record):
    """Somebody near, as they were when they were looked at. Distance on the map, metres."""

    volunteer: str
    squad: str | None = None
    distance_m: int
    seen_at: datetime | None
    on_duty: bool = True
    approved: bool = True
    skills: tuple[Skill, ...] = ()
    birth_year: int
    engaged: bool = False
    asked_before: bool = False
    served_until: datetime | None = None
    accepted_today: int = 0
    called_this_week: int = 0
    last_called_at: datetime | None = None
    tally: Tally = Tally()


class Situation(_Record):
    """`places` still to be filled; `open` are the chances that those who have not answered yet will
    accept."""

    at: datetime
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...] = ()
    parties: tuple[str, ...] = ()
    places: int
    open: tuple[float, ...] = ()
    people: tuple[Person, ...]


class Verdict(_Record):
    """What was made of one person. `score` in minutes, less is better; both None for who could not
    be called."""

    volunteer: str
    reason: Reason
    score: float | None = None
    probability: float | None = None


class Choice(_Record):
    """Who is called, best first. `enough` is the chance that, with those who are open, enough
    accept."""

    policy: str
    ring_m: int
    chosen: tuple[str, ...]
    enough: float
    verdicts: tuple[Verdict, ...]
