"""Call-outs made by hand, for tests of their rules."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.envelope import Event
from contracts.events.incidents import ReportRouted
from services.dispatch.callout import filling
from services.dispatch.callout.state import Callout, Candidate, Decision, Wave
from services.dispatch.policy import POLICIES

POLICY = POLICIES[0]
NOW = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)


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


def candidate(callout: Callout, volunteer: str, now: datetime, by: Any = "wave") -> Candidate:
    wave = callout.wave + 1 if by == "wave" else callout.wave
    return Candidate(
        volunteer=volunteer,
        squad="squ_01",
        wave=wave,
        by=by,
        distance_m=100,
        probability=0.35,
        called_at=now,
        expires_at=now + timedelta(seconds=120),
    )


def wave(
    callout: Callout, *volunteers: str, now: datetime = NOW, again_at: datetime | None = None
) -> Decision | None:
    made = Wave(
        number=callout.wave + 1, at=now, decision="dec_1", policy=POLICY.version, called=volunteers
    )
    chosen = [candidate(callout, v, now) for v in volunteers]
    return filling.call_wave(callout, made, chosen, POLICY, now, again_at)


def did(decision: Decision | None) -> tuple[Callout, list[Event]]:
    """The decision, which there must be."""
    assert decision is not None
    return decision[0], list(decision[1])


def called(*volunteers: str, **more: Any) -> Callout:
    """Opened, and the first wave is out."""
    return did(wave(opened(**more), *volunteers))[0]


def names(facts: list[Event]) -> list[str]:
    return [type(fact).__name__ for fact in facts]
