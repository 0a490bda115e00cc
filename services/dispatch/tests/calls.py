"""Call-outs to test their rules on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.envelope import Event
from contracts.events.incidents import ReportRouted
from services.dispatch.callout.domain import filling
from services.dispatch.callout.domain.state import Callout, Candidate, Decision
from services.dispatch.policy import POLICIES
from services.dispatch.selection.domain.situation import (
    Found,
    Person,
    Selection,
    Situation,
    Verdict,
)

POLICY = POLICIES.of("2026-01")
NOW = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=30)
LATE = NOW + timedelta(seconds=120)


def routed(**more: Any) -> ReportRouted:
    fields: dict[str, Any] = {
        "report": "rep_1",
        "station": "sta_1",
        "area": "370104009008",
        "category": "assistance",
        "reporter": "acc_r",
        "round": 1,
        "route": "volunteers",
        "urgency": "normal",
        "people_needed": 2,
        "longitude": 116.94,
        "latitude": 36.67,
        "routed_by": "rules",
        "rules_version": "2026-01",
        "parties": ("acc_p",),
    }
    return ReportRouted(**(fields | more))


def opened(**more: Any) -> Callout:
    return filling.opened("cal_1", routed(**more), POLICY, NOW)


def named(callout: Callout, volunteer: str, now: datetime) -> Candidate:
    """Somebody who is called manually."""
    return Candidate(
        volunteer=volunteer,
        squad="squ_01",
        wave=callout.wave,
        by="hand",
        distance_m=100,
        probability=0.35,
        called_at=now,
        expires_at=now + timedelta(seconds=120),
    )


def found(
    callout: Callout,
    *volunteers: str,
    now: datetime = NOW,
    retry_at: datetime | None = None,
    rested_at: datetime | None = None,
) -> Found:
    """A search that chose these."""
    return Found(
        id="dec_1",
        need=callout.id,
        attempt=callout.wave + 1,
        situation=Situation(
            at=now,
            category=callout.category,
            urgency=callout.urgency,
            places=callout.places_left,
            people=tuple(_near(volunteer, now) for volunteer in volunteers),
        ),
        selection=Selection(
            policy=POLICY.version,
            ring_m=500,
            chosen=volunteers,
            enough=0.9,
            verdicts=tuple(
                Verdict(volunteer=v, reason="called", score=2.0, probability=0.35)
                for v in volunteers
            ),
        ),
        retry_at=retry_at,
        rested_at=rested_at,
        squads_near=("squ_01",) if volunteers else (),
    )


def _near(volunteer: str, now: datetime) -> Person:
    return Person(volunteer=volunteer, squad="squ_01", distance_m=100, seen_at=now, birth_year=1980)


def wave(
    callout: Callout,
    *volunteers: str,
    now: datetime = NOW,
    recorded: bool = True,
    searched: Callout | None = None,
    **more: datetime | None,
) -> Decision | None:
    """The search began when the call-out was as `searched`, or is now."""
    searched = searched or callout
    search = found(searched, *volunteers, now=now, **more)
    return filling.call_wave(callout, search, POLICY, now, recorded=recorded, searched=searched)


def looked_once_more(callout: Callout, now: datetime) -> Callout:
    """The look that follows the write of the last wave found nobody."""
    again = now + timedelta(seconds=POLICY.look_again_s)
    assert callout.free_at is not None
    assert callout.free_at <= again
    return did(wave(callout, now=again, recorded=False))[0]


def did(decision: Decision | None) -> tuple[Callout, list[Event]]:
    """The decision, which there must be."""
    assert decision is not None
    return decision[0], list(decision[1])


def called(*volunteers: str, **more: Any) -> Callout:
    """Opened, and the first wave is out."""
    return did(wave(opened(**more), *volunteers))[0]


def names(facts: list[Event]) -> list[str]:
    return [type(fact).__name__ for fact in facts]


def accepted(*volunteers: str, callout: Callout | None = None) -> Callout:
    callout = callout or called("a", "b", "c", "d")
    for volunteer in volunteers:
        callout, _ = did(filling.accept(callout, volunteer, POLICY, SOON, on_duty=True))
    return callout
