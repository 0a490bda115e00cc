"""Why somebody was, or was not, called: one entry for each person who was considered."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from typing_extensions import TypeAliasType

from services.dispatch.callout.domain.state import Callout, CandidateState, StandDownReason
from services.dispatch.selection.domain.explanation import Explanation
from services.dispatch.selection.domain.situation import Reason

CandidacyState = TypeAliasType("CandidacyState", CandidateState | Literal["not_called"])
CandidacyReason = TypeAliasType(
    "CandidacyReason", Reason | Literal["called_manually", "not_near", "danger", "no_sign"]
)

_STOOD_DOWN: Mapping[StandDownReason | None, CandidacyReason] = {
    "off_duty": "off_duty",
    "suspended": "not_approved",
    "danger": "danger",
    "no_sign": "no_sign",
}


class Candidacy(NamedTuple):
    """`score` in minutes, less is better; `wave` is the one that the reason is from. Distance on
    the map, metres."""

    volunteer: str
    squad: str | None
    state: CandidacyState
    reason: CandidacyReason
    wave: int | None = None
    distance_m: int | None = None
    score: float | None = None
    probability: float | None = None


def candidacies(callout: Callout, explained: Mapping[str, Explanation]) -> list[Candidacy]:
    """Those who were called first, then the others; nearest first. `explained` is from the records
    of the call-out's searches, which are erased in time: who was called is still known."""
    found = {
        one.volunteer: Candidacy(
            one.volunteer,
            one.squad,
            "not_called",
            one.reason,
            one.attempt,
            one.distance_m,
            one.score,
            one.probability,
        )
        for one in explained.values()
    }
    for c in callout.candidates:
        one = found.get(c.volunteer)
        if c.by == "hand" or one is None:
            how: CandidacyReason = "place_assumed" if c.assumed else "called"
            how = "called_manually" if c.by == "hand" else how
            one = Candidacy(c.volunteer, c.squad, c.state, how, c.wave, c.distance_m)
        reason = _STOOD_DOWN.get(c.why_stood_down, one.reason)
        found[c.volunteer] = one._replace(state=c.state, reason=reason, distance_m=c.distance_m)
    return sorted(
        found.values(),
        key=lambda one: (one.state == "not_called", one.distance_m or 0, one.volunteer),
    )


def own_candidacy(volunteer: str, everybody: Sequence[Candidacy]) -> Candidacy:
    """Somebody not considered was too far, or not on duty with a known position."""
    found = next((one for one in everybody if one.volunteer == volunteer), None)
    return found or Candidacy(volunteer, None, "not_called", "not_near")
