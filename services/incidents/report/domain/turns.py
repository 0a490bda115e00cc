"""Whose turn it is: what a report waits for from a person, since when, and how much it presses."""

from datetime import UTC, datetime
from typing import Literal

from typing_extensions import TypeAliasType

from chassis.domain import Frozen
from contracts.vocabulary import Urgency, values_of
from services.incidents.referral.domain import Referral
from services.incidents.report.domain.states import ReportState

WaitsFor = TypeAliasType(
    "WaitsFor", Literal["acknowledge", "decide", "outcome", "reporter", "answer", "resolve"]
)
"""`acknowledge`, `decide`: an officer looks at it, and says what becomes of it. `outcome`: the
police have it, and have not said how it ended. `reporter`: an officer asked them. `answer`,
`resolve`: the committee."""
_URGENCIES = values_of(Urgency)


class Turn(Frozen):
    """`order` sorts a queue: what presses most first, then what has waited longest. `person`: who
    is asked by name, or has acknowledged."""

    waits_for: WaitsFor
    since: datetime
    order: str
    person: str | None = None


class Turns(Frozen):
    """None: it waits for nobody there. The station sees the committee's too."""

    station: Turn | None = None
    committee: Turn | None = None


def order_of(rank: int, since: datetime) -> str:
    return f"{rank:02d} {since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"


def turns_of(
    state: ReportState,
    urgency: Urgency,
    referral: Referral | None,
    *,
    undecided: bool,
    asked_at: datetime | None,
    routed_at: datetime,
    answered_at: datetime | None,
) -> Turns:
    """`undecided`: an officer acknowledged, and has to decide. `asked_at`: the reporter was
    asked."""
    committee = None
    if state == "assigned":
        committee = _turn("resolve" if answered_at else "answer", urgency, routed_at)
    if referral is not None and referral.open:
        own = _turn("acknowledge", referral.urgency, referral.since, referral.to)
    elif referral is not None and undecided:
        own = _turn("decide", referral.urgency, referral.since, referral.acknowledged_by)
    elif asked_at is not None:
        own = _turn("reporter", urgency, asked_at, _taken_by(referral))
    elif state == "acknowledged":
        own = _turn("outcome", urgency, routed_at, _taken_by(referral))
    elif state in ("filed", "handed_off"):  # stored before there were referrals
        own = _turn("acknowledge", urgency, routed_at)
    else:
        own = committee
    return Turns(station=own, committee=committee)


def _taken_by(referral: Referral | None) -> str | None:
    return referral.acknowledged_by if referral else None


def _turn(
    waits_for: WaitsFor, urgency: Urgency, since: datetime, person: str | None = None
) -> Turn:
    order = order_of(_rank(waits_for, urgency), since)
    return Turn(waits_for=waits_for, since=since, order=order, person=person)


def _rank(waits_for: WaitsFor, urgency: Urgency) -> int:
    """The station's own before what others have to do. Of two digits."""
    by_urgency = _URGENCIES.index(urgency)
    match waits_for:
        case "acknowledge" if urgency == "urgent":
            return 0
        case "acknowledge" | "decide":
            return 1 + by_urgency
        case "outcome":
            return 10 + by_urgency
        case "reporter":
            return 20 + by_urgency
        case "answer":
            return 30 + by_urgency
        case "resolve":
            return 40 + by_urgency
