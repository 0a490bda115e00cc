"""Why was I (not) called: one line for each person who was looked at. Pure."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from services.dispatch.callout.situation import Choice, Reason, Situation
from services.dispatch.callout.state import Callout, CandidateState

LineState = CandidateState | Literal["not_called"]
LineReason = Reason | Literal["called_by_hand", "not_near"]

_DROPPED: dict[str, LineReason] = {"off_duty": "off_duty", "suspended": "not_approved"}


class Line(NamedTuple):
    """`score` in minutes, less is better; `wave` is the look around that the reason is from."""

    volunteer: str
    squad: str | None
    state: LineState
    reason: LineReason
    wave: int | None = None
    distance_m: int | None = None
    score: float | None = None
    probability: float | None = None


def lines(callout: Callout, looks: Sequence[tuple[int, Situation, Choice]]) -> list[Line]:
    """Those who were called first, then the others as they were last seen; nearest first.

    `looks` are the recorded decisions in the order of waves.
    """
    found: dict[str, Line] = {}
    for wave, situation, choice in looks:
        people = {person.volunteer: person for person in situation.people}
        for verdict in choice.verdicts:
            person, before = people[verdict.volunteer], found.get(verdict.volunteer)
            if before is not None and before.reason == "called":
                continue
            found[verdict.volunteer] = Line(
                verdict.volunteer,
                person.squad,
                "not_called",
                verdict.reason,
                wave,
                person.distance_m,
                verdict.score,
                verdict.probability,
            )
    for c in callout.candidates:
        line = found.get(c.volunteer)
        if c.by == "hand" or line is None:
            line = Line(c.volunteer, c.squad, c.state, "called_by_hand", c.wave, c.distance_m)
        reason: LineReason = _DROPPED.get(c.why_stood_down or "", line.reason)
        found[c.volunteer] = line._replace(state=c.state, reason=reason)
    return sorted(
        found.values(),
        key=lambda one: (one.state == "not_called", one.distance_m or 0, one.volunteer),
    )


def own_line(volunteer: str, all_lines: Sequence[Line]) -> Line:
    """Somebody who was not even looked at was too far, or not on duty with a known place."""
    found = next((line for line in all_lines if line.volunteer == volunteer), None)
    return found or Line(volunteer, None, "not_called", "not_near")
