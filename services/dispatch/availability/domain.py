"""What a selection needs to know of the people near a place."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any, NamedTuple

import orjson

from contracts.vocabulary import Skill
from jinan.local_time import LOCAL, local_date
from services.dispatch.responder.domain import Responder


class Served(NamedTuple):
    """Which calls a person accepted in the last days, and when they left the last one, as the
    call-outs have it. Unix milliseconds."""

    accepted_at: tuple[int, ...] = ()
    left_at: int | None = None

    def encode(self) -> str:
        return orjson.dumps(tuple(self)).decode()

    @classmethod
    def decode(cls, text: str | None) -> "Served":
        accepted_at, left_at = orjson.loads(text) if text else ((), None)
        return cls(tuple(accepted_at), left_at)


class Profile(NamedTuple):
    """Of one person, as they change rarely. Times in Unix milliseconds."""

    on_duty: bool
    approved: bool
    squad: str | None
    skills: tuple[Skill, ...]
    birth_year: int
    served_until: int | None
    accepted_at: tuple[int, ...]
    answers: Mapping[str, Sequence[int]]
    """Asked and accepted, by `all`, hour and category, as in `Responder`."""

    def encode(self) -> str:
        return orjson.dumps(tuple(self)).decode()

    @classmethod
    def decode(cls, text: str) -> "Profile":
        """Raises ValueError or TypeError for what `encode` did not make."""
        on_duty, approved, squad, skills, born, served, accepted, answers = orjson.loads(text)
        accepted_at = tuple(accepted)
        return cls(on_duty, approved, squad, tuple(skills), born, served, accepted_at, answers)

    def with_served(self, served: "Served") -> "Profile":
        """With what the call-outs know, which the events may not have told yet."""
        lefts = [at for at in (self.served_until, served.left_at) if at is not None]
        last = max(
            self.accepted_at, default=0
        )  # an event is said a little after its call-out's time
        told = *self.accepted_at, *(at for at in served.accepted_at if at > last)
        accepted = max(told, served.accepted_at, key=len)
        return self._replace(served_until=max(lefts, default=None), accepted_at=accepted)

    def accepted_since(self, midnight: int) -> int:
        """How many calls they accepted since that time."""
        return sum(at >= midnight for at in self.accepted_at)


def midnight(now: datetime) -> int:
    """When this day began in Jinan, Unix milliseconds."""
    return to_ms(datetime.combine(local_date(now), time(), LOCAL))


def profile(responder: Responder) -> Profile:
    return Profile(
        on_duty=responder.on_duty,
        approved=responder.approved,
        squad=responder.squad,
        skills=responder.skills,
        birth_year=responder.birth_year,
        served_until=responder.served_until and to_ms(responder.served_until),
        accepted_at=tuple(to_ms(at) for at in responder.accepted_at),
        answers={key: [one.asked, one.accepted] for key, one in responder.answers.items()},
    )


class Near(NamedTuple):
    """Somebody near a place, as the store of positions knows them. Distance on the map, metres."""

    volunteer: str
    distance_m: int
    seen_at: datetime | None
    on_duty: bool
    """May send positions: on duty, or on an accepted call-out."""
    engaged: str | None
    """A call-out that holds them, as far as is known here: the call-outs themselves decide."""
    calls: Sequence[int]
    """When they were called in the last days, Unix seconds."""
    profile: Profile | None
    """None: it has to be rebuilt, with engagement and calls."""


def to_ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def decoded(raw: Any) -> Profile | None:
    """`raw` is `<version>` and a profile, in two lines; None for nothing, or for what another build
    wrote."""
    try:
        return None if raw is None else Profile.decode(raw.partition("\n")[2])
    except (ValueError, TypeError):
        return None
