"""How a report ends: resolved, confirmed, closed, withdrawn, not accepted; and begins again.
`decide(report, ..., actor, now) -> report and facts`. Whether the actor may is checked before."""

from datetime import datetime
from typing import Literal

from chassis.domain import Decision, Refusal
from contracts.envelope import Event
from contracts.vocabulary import Outcome
from services.incidents.place.domain import Served
from services.incidents.report import events
from services.incidents.report.domain.decisions import next_round, require, returned
from services.incidents.report.domain.filing import start_round
from services.incidents.report.domain.report import STATION, Actor, Report
from services.incidents.report.domain.states import OPEN, UNANSWERED, ConfirmedBy
from services.incidents.routing.domain import NEVER_VOLUNTEERS


def resolve(
    report: Report,
    outcome: Outcome,
    note: str | None,
    by: Literal["volunteers", "committee", "station"],
    actor: Actor,
    now: datetime,
) -> Decision[Report]:
    """The people in charge report it done, and the reporter has to confirm. What is not solved
    goes back to a person on watch, with what was found."""
    require(report, ["assigned"] if by == "committee" else OPEN)
    if outcome == "not_solved":
        return returned(report, by, actor, now, note=note)
    done = report.step(
        "resolved",
        now,
        actor,
        note=note,
        state="resolved",
        triage=None,
        outcome=outcome,
        resolved_at=now,
        answered_at=report.answered_at or now,
        referral=None,
    )
    return done, [events.resolved(done, outcome, by)]


def confirm(
    report: Report, by: ConfirmedBy, actor: Actor, now: datetime
) -> Decision[Report] | None:
    """It really is solved: closes it. A reporter who confirms twice changes nothing."""
    if report.state == "closed" and report.end == "confirmed" and by == "reporter":
        return None
    require(report, ["resolved"])
    confirmed = report.step(
        "confirmed", now, actor, state="confirmed", confirmed_by=by, referral=None
    )
    done = confirmed.step("closed", now, STATION, state="closed", closed_at=now, end="confirmed")
    return done, [events.confirmed(done, by), events.closed(done, "confirmed")]


def close(
    report: Report, outcome: Outcome, note: str, actor: Actor, now: datetime
) -> Decision[Report] | None:
    """An officer closes a police matter with an outcome for the reporter, or confirms for a
    reporter who was silent too long."""
    if report.state == "resolved":
        if (
            report.resolved_at is not None
            and now < report.resolved_at + report.policy.confirm_after
        ):
            raise Refusal("reporter_has_time", hours=report.policy.confirm_after_hours)
        return confirm(report, "station", actor, now)
    if report.route != "police":
        raise Refusal("resolve_first")
    require(report, ["acknowledged"])
    done = report.step(
        "closed",
        now,
        actor,
        note=note,
        state="closed",
        closed_at=now,
        end="police_outcome",
        outcome=outcome,
        referral=None,
    )
    return done, [events.closed(done, "police_outcome")]


def reopen(
    report: Report,
    reason: str,
    actor: Actor,
    now: datetime,
    served: Served,
    *,
    hold: bool = False,
) -> Decision[Report]:
    """The reporter is not satisfied: a new round by the same route, with new time limits. The
    third time the district looks at it first. `hold`: nobody is sent before a person has looked."""
    if report.end == "logged":
        raise Refusal("wrong_state", state=report.state)
    require(report, ["resolved", "closed"])
    often = report.reopenings >= report.policy.reopenings_before_district
    again = next_round(report).step(
        "reopened",
        now,
        actor,
        reason=reason,
        reopenings=report.reopenings + 1,
        clock_from=now,
        station=report.station or served.station,
        round=report.round + 1,
    )
    facts: list[Event] = [events.reopened(again)]
    if often or hold:
        waiting = again.with_(state="filed", triage="normal", referral=None)
        return waiting.refer("reopened", waiting.urgency, now, from_district=often), facts
    if report.category in NEVER_VOLUNTEERS:  # an officer said so after it had ended
        again = again.with_(route="police", urgency="urgent")
    sent, more = start_round(again, "reporter", actor, now, committee=served.committee)
    return sent, [*facts, *more]


def withdraw(report: Report, reason: str, actor: Actor, now: datetime) -> Decision[Report] | None:
    """The reporter takes it back. Not from the police: the reporter may be under pressure."""
    if report.state == "withdrawn":
        return None
    require(report, OPEN)
    if report.route == "police":
        raise Refusal("with_police")
    gone = report.step(
        "withdrawn",
        now,
        actor,
        reason=reason,
        state="withdrawn",
        closed_at=now,
        triage=None,
        referral=None,
    )
    return gone, [events.withdrawn(gone)]


def reject(report: Report, reason: str, actor: Actor, now: datetime) -> Decision[Report]:
    """The station does not accept it, and says why. Only before anybody has answered."""
    require(report, UNANSWERED)
    gone = report.step(
        "not_accepted",
        now,
        actor,
        reason=reason,
        state="not_accepted",
        closed_at=now,
        triage=None,
        referral=None,
    )
    return gone, [events.not_accepted(gone)]
