"""The input and the result of a selection. Both are recorded, so that each selection can be
repeated."""

from datetime import datetime
from typing import Literal

from chassis.domain import Frozen
from contracts.vocabulary import Category, Skill, Urgency
from jinan.coordinates import Point

Reason = Literal[
    "called",
    "place_assumed",
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
"""Why somebody was, or was not, chosen. `called` and `place_assumed` were: the latter stands where
they were last, since their phone is silent. In words: section `reason` of the catalogue."""
CHOSEN: frozenset[Reason] = frozenset({"called", "place_assumed"})


class Need(Frozen):
    """What people are needed for. `attempt` counts its searches from 1."""

    id: str
    attempt: int
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...] = ()
    station: str | None = None
    place: Point
    parties: tuple[str, ...] = ()
    """Never chosen."""
    asked: tuple[str, ...] = ()
    """Asked before: not to be chosen again."""
    places: int
    """Still to be filled."""
    open: tuple[float, ...] = ()
    """Probabilities that those who have not answered yet will accept."""


class Tally(Frozen):
    """Answers and acceptances: overall, at this hour of the day, for this category."""

    asked: int = 0
    accepted: int = 0
    asked_hour: int = 0
    accepted_hour: int = 0
    asked_kind: int = 0
    accepted_kind: int = 0


class Person(Frozen):
    """Somebody near, as known at the time of the search. Distance on the map, metres."""

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


class Situation(Frozen):
    """The need and the people near, at one moment. `places` and `open` as in `Need`."""

    at: datetime
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...] = ()
    parties: tuple[str, ...] = ()
    places: int
    open: tuple[float, ...] = ()
    people: tuple[Person, ...]


class Verdict(Frozen):
    """What was decided on one person. `score` in minutes, less is better; both None for who could
    not be called."""

    volunteer: str
    reason: Reason
    score: float | None = None
    probability: float | None = None


class Selection(Frozen):
    """Who is to be called, best first. `enough` is the probability that, with those in `open`,
    enough accept."""

    policy: str
    ring_m: int
    chosen: tuple[str, ...]
    enough: float
    verdicts: tuple[Verdict, ...]


class Found(Frozen):
    """The result of a search: `select(situation, policy)` gives `selection` again, until it is
    kept, without positions (`kept`)."""

    id: str
    need: str
    attempt: int
    situation: Situation
    selection: Selection
    retry_at: datetime | None = None
    """Where nobody was found: when to search again, since positions were lost and not everybody on
    duty has sent one since."""
    rested_at: datetime | None = None
    """When the first of those near who rest now can be called."""
    squads_near: tuple[str, ...] = ()
    """Those of which somebody was chosen, or was near and on duty."""
