"""The facts of a call-out, as events. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from contracts.events import dispatch as contract
from contracts.vocabulary import Outcome
from services.dispatch.callout.domain.state import (
    COMING,
    About,
    Callout,
    Candidate,
    EndReason,
    StandDownReason,
)
from services.dispatch.policy import POLICIES

_KM = 1000
Why = Literal["nobody_answered", "nobody_on_duty", "too_few"]


def _of(callout: Callout) -> dict[str, Any]:
    return {
        "callout": callout.id,
        "report": callout.report,
        "round": callout.round,
        "station": callout.station,
        "area": callout.area,
        "category": callout.category,
        "reporter": callout.reporter,
    }


def opened(callout: Callout) -> contract.CalloutOpened:
    return contract.CalloutOpened(
        **_of(callout), urgency=callout.urgency, people_needed=callout.people_needed
    )


def wave_called(callout: Callout, called: Sequence[Candidate]) -> contract.WaveCalled:
    """`called` are called together, and are at least one."""
    first = called[0]
    return contract.WaveCalled(
        **_of(callout),
        wave=first.wave,
        people_needed=callout.people_needed,
        urgency=callout.urgency,
        expires_at=first.expires_at,
        by_hand=first.by == "hand",
        called=tuple(
            contract.CalledVolunteer(volunteer=c.volunteer, distance_m=_within(c)) for c in called
        ),
    )


def _within(called: Candidate) -> int:
    """The ring that they are in, metres; further, whole kilometres: exact distances to several
    matters would tell where they are."""
    rings = POLICIES.at(called.called_at).rings_m
    further = -(-called.distance_m // _KM) * _KM
    return next((ring for ring in rings if called.distance_m <= ring), further)


def accepted(callout: Callout, candidate: Candidate) -> contract.CalloutAccepted:
    return contract.CalloutAccepted(
        **_of(callout), volunteer=candidate.volunteer, place=callout.accepted, squad=candidate.squad
    )


def declined(callout: Callout, volunteer: str) -> contract.CalloutDeclined:
    return contract.CalloutDeclined(**_of(callout), volunteer=volunteer)


def wave_lapsed(callout: Callout, volunteers: Sequence[str]) -> contract.WaveLapsed:
    return contract.WaveLapsed(**_of(callout), volunteers=tuple(volunteers))


def stood_down(
    callout: Callout, before: Sequence[Candidate], reason: StandDownReason
) -> list[contract.WaveStoodDown]:
    """`before` are the candidates as they were until now; without any there is no event."""
    if not before:
        return []
    volunteers = tuple(c.volunteer for c in before)
    accepted = tuple(c.volunteer for c in before if c.state in COMING)
    return [
        contract.WaveStoodDown(
            **_of(callout), volunteers=volunteers, accepted=accepted, reason=reason
        )
    ]


def filled(callout: Callout) -> contract.CalloutFilled:
    coming = tuple(c.volunteer for c in callout.in_state(*COMING, "done"))
    return contract.CalloutFilled(**_of(callout), volunteers=coming)


def on_the_way(callout: Callout, volunteer: str) -> contract.VolunteerOnTheWay:
    return contract.VolunteerOnTheWay(**_of(callout), volunteer=volunteer)


def arrived(callout: Callout, volunteer: str) -> contract.VolunteerArrived:
    return contract.VolunteerArrived(**_of(callout), volunteer=volunteer)


def withdrew(callout: Callout, volunteer: str) -> contract.VolunteerWithdrew:
    return contract.VolunteerWithdrew(**_of(callout), volunteer=volunteer)


def sign_asked(
    callout: Callout, volunteer: str, about: About, until: datetime
) -> contract.VolunteerSignAsked:
    return contract.VolunteerSignAsked(
        **_of(callout), volunteer=volunteer, about=about, until=until
    )


def overdue(
    callout: Callout, volunteer: str, about: About, leaders: Sequence[str], until: datetime
) -> contract.VolunteerOverdue:
    return contract.VolunteerOverdue(
        **_of(callout), volunteer=volunteer, about=about, leaders=tuple(leaders), until=until
    )


def missed(callout: Callout, volunteer: str, about: About) -> contract.VolunteerMissed:
    return contract.VolunteerMissed(**_of(callout), volunteer=volunteer, about=about)


def finished(
    callout: Callout,
    volunteer: str,
    since: datetime,
    until: datetime,
    *,
    capped: bool = False,
    place_shown: bool = True,
) -> contract.VolunteerFinished:
    return contract.VolunteerFinished(
        **_of(callout),
        volunteer=volunteer,
        since=since,
        until=until,
        capped=capped,
        place_shown=place_shown,
    )


def done(callout: Callout, outcome: Outcome) -> contract.CalloutDone:
    return contract.CalloutDone(**_of(callout), outcome=outcome)


def escalated(
    callout: Callout, to: Literal["leader", "station"], why: Why
) -> contract.CalloutEscalated:
    return contract.CalloutEscalated(
        **_of(callout),
        to=to,
        why=why,
        accepted=callout.accepted,
        people_needed=callout.people_needed,
        leaders=callout.leaders if to == "leader" else (),
    )


def callout_stood_down(callout: Callout, reason: EndReason) -> contract.CalloutStoodDown:
    return contract.CalloutStoodDown(**_of(callout), reason=reason)
