"""How the people of the demonstration behave. Every answer is a pure function of the seed and of
the person and the question.

So two runs of a day agree, in whatever order events arrive. Times are domain time, in seconds or
minutes as named.
"""

import hashlib
import math
from datetime import datetime
from typing import Literal, NamedTuple

from contracts.vocabulary import Outcome
from jinan.local_time import LOCAL, minutes_on_foot
from simulation.people import Shift

Answer = Literal["accept", "decline", "silent", "late"]
Verdict = Literal["confirm", "reopen", "slow"]

MIN_RATE, MAX_RATE = 0.17, 0.47
"""Published response rates of volunteer responders (docs/domain, "Call-out")."""
MANUAL_RATE = 0.9
"""People called by the station in person seldom decline."""
WALK_M_PER_S, DETOUR = 1.2, 1.3
METRES_PER_DEGREE = 111_195.0


def draw(seed: int, *parts: object) -> float:
    """A number in [0, 1), always the same for the same parts."""
    digest = hashlib.sha256("\x1f".join((str(seed), *map(str, parts))).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def between(low: float, high: float, seed: int, *parts: object) -> float:
    return low + (high - low) * draw(seed, *parts)


def shift_at(moment: datetime) -> Shift:
    """`day` from 06:00 to 18:00 in Jinan, else `evening`."""
    return "day" if 6 <= moment.astimezone(LOCAL).hour < 18 else "evening"


class Reply(NamedTuple):
    """A volunteer's answer to a call, and after which share of the call's time limit."""

    answer: Answer
    after: float


def response_rate(seed: int, person: str) -> float:
    """The probability that this person accepts a call."""
    return between(MIN_RATE, MAX_RATE, seed, "rate", person)


def reply(seed: int, person: str, n: int, wave: int, manual: bool = False) -> Reply:
    """The person's reply to the call for report `n` in this wave. `late` comes after the time
    limit."""
    rate = MANUAL_RATE if manual else response_rate(seed, person)
    accepts, rest = draw(seed, "reply", person, n, wave), draw(seed, "otherwise", person, n, wave)
    if accepts < rate:
        answer: Answer = "accept"
    elif rest < 0.45:
        answer = "decline"
    else:
        answer = "silent" if rest < 0.85 else "late"
    share = (1.1, 1.6) if answer == "late" else (0.05, 0.35)
    return Reply(answer, between(*share, seed, "after", person, n, wave))


def walk_seconds(metres: float) -> float:
    """Walking time along the streets for a straight-line distance."""
    return minutes_on_foot(metres, WALK_M_PER_S, DETOUR) * 60


def on_scene_minutes(seed: int, person: str, n: int) -> float:
    return between(10, 40, seed, "scene", person, n)


def outcome(seed: int, n: int, round: int) -> Outcome:
    """How a report is resolved; from the second round on always `solved`."""
    chance = draw(seed, "outcome", n, round)
    if round > 1 or chance < 0.85:
        return "solved"
    return "partly_solved" if chance < 0.95 else "not_found"


def verdict(seed: int, n: int, round: int) -> Verdict:
    """Whether the reporter is satisfied. `slow` confirms only after a reminder."""
    chance = draw(seed, "verdict", n)
    if round == 1 and chance < 0.08:
        return "reopen"
    return "slow" if chance > 0.9 else "confirm"


def verdict_minutes(seed: int, n: int, round: int) -> float:
    return between(2, 15, seed, "verdict after", n, round)


def triage_minutes(seed: int, n: int) -> float:
    """From filing until an officer has triaged it."""
    return between(0.5, 2, seed, "triage", n)


def acknowledge_seconds(seed: int, n: int) -> float:
    """From a message until an officer has acknowledged what it asks."""
    return between(10, 40, seed, "acknowledge", n)


def police_minutes(seed: int, n: int) -> float:
    """From acknowledging a report until the police close it."""
    return between(20, 90, seed, "police", n)


def committee_minutes(seed: int, n: int, round: int) -> float:
    return between(15, 60, seed, "committee", n, round)


class Place(NamedTuple):
    """WGS-84 degrees."""

    longitude: float
    latitude: float


def metres(a: Place, b: Place) -> float:
    """Straight-line distance on a plane: exact enough within a station's area."""
    east = (b.longitude - a.longitude) * math.cos(math.radians(a.latitude))
    return METRES_PER_DEGREE * math.hypot(east, b.latitude - a.latitude)


def stroll(seed: int, person: str, home: Place, step: int) -> Place:
    """Where a person on duty is at their `step`-th position: within 60 m east and north of home."""
    east, north = (
        between(-60, 60, seed, "east", person, step),
        between(-60, 60, seed, "north", person, step),
    )
    along = METRES_PER_DEGREE * math.cos(math.radians(home.latitude))
    return Place(home.longitude + east / along, home.latitude + north / METRES_PER_DEGREE)


def on_the_way(start: Place, end: Place, share: float) -> Place:
    """The place after this share (0 to 1) of the way from `start` to `end`."""
    return Place(
        start.longitude + (end.longitude - start.longitude) * share,
        start.latitude + (end.latitude - start.latitude) * share,
    )
