"""Whose turn a report is, in each of its states, and what presses more."""

from datetime import datetime, timedelta

from contracts.vocabulary import Outcome
from jinan.areas import CITY
from services.incidents.deadline.domain import on_due
from services.incidents.report.domain import callout, decisions, ending
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.turns import Turn
from services.incidents.tests.reports import COMMITTEE, OFFICER, REPORTER, START, called, new

MINUTE = timedelta(minutes=1)
HOLDER = {CITY: "acc_holder"}


def station(report: Report) -> Turn:
    turn = report.turns.station
    assert turn is not None
    return turn


def done(decision: object) -> Report:
    assert isinstance(decision, tuple)
    return decision[0]


def police(at: datetime = START) -> Report:
    return done(on_due(new("有人拿着菜刀追人", at=at)[0], HOLDER, at))


def test_a_police_matter_waits_to_be_acknowledged_and_then_for_its_outcome() -> None:
    report = police()
    assert (station(report).waits_for, station(report).person) == ("acknowledge", "acc_holder")
    taken = done(decisions.acknowledge(report, OFFICER, START + MINUTE))
    assert (station(taken).waits_for, station(taken).person) == ("outcome", "acc_officer")
    closed = done(ending.close(taken, "solved", "已控制", OFFICER, START + 2 * MINUTE))
    assert (closed.turns.station, closed.turns.committee) == (None, None)


def test_triage_waits_to_be_acknowledged_and_then_for_a_decision() -> None:
    report = done(on_due(new("那边出了点事")[0], {}, START))
    assert (station(report).waits_for, station(report).person) == ("acknowledge", None)
    taken = done(decisions.acknowledge(report, OFFICER, START + MINUTE))
    waiting = station(taken)
    assert (waiting.waits_for, waiting.person, waiting.since) == ("decide", "acc_officer", START)


def test_a_committee_has_what_is_assigned_to_it_until_it_is_dealt_with() -> None:
    report, _ = new("路灯坏了")
    assert report.turns.committee is not None
    assert report.turns.committee.waits_for == "answer"
    assert report.turns.station == report.turns.committee
    noted = done(decisions.add_note(report, "明天来修", COMMITTEE, START + MINUTE))
    assert noted.turns.committee is not None
    assert noted.turns.committee.waits_for == "resolve"
    outcome: Outcome = "solved"
    over = done(ending.resolve(noted, outcome, "修好了", "committee", COMMITTEE, START + MINUTE))
    assert over.turns.committee is None


def test_a_late_committee_matter_is_in_both_queues() -> None:
    report, _ = new("路灯坏了")
    assert report.due_at is not None
    late = done(on_due(report, {}, report.due_at))
    assert station(late).waits_for == "acknowledge"
    assert late.turns.committee is not None


def test_volunteers_need_nobody_while_they_are_called_and_come() -> None:
    report, _ = new()
    assert report.turns.station is None
    assert called(report).turns == report.turns  # the store's own step leaves queues alone
    accepted = done(callout.accepted(called(report), 1, "acc_v", None, START))
    assert accepted.turns.station is None
    gone = done(ending.withdraw(accepted, "不用了", REPORTER, START))
    assert gone.turns.station is None


def test_what_presses_comes_first() -> None:
    early, late = police(), police(START + MINUTE)
    taken = done(decisions.acknowledge(new("那边出了点事")[0], OFFICER, START))
    assert taken.referral is not None
    urgent = taken.with_(referral=taken.referral.with_(urgency="urgent"))
    triage = new("那边出了点事")[0]
    at_work = done(decisions.acknowledge(police(), OFFICER, START))
    committee = new("路灯坏了")[0]
    ordered = [early, late, urgent, triage, at_work, committee]
    orders = [station(report).order for report in ordered]
    assert orders == sorted(orders)
    assert len(set(orders)) == len(orders)
