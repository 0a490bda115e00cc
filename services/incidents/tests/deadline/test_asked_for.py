"""For which reason somebody is asked, and how often."""

from datetime import datetime, timedelta

from contracts.events.incidents import ReportReferred
from services.incidents.deadline.domain import on_due
from services.incidents.report.domain import callout, decisions, later_texts
from services.incidents.report.domain.report import Report
from services.incidents.tests.reports import COMMITTEE, OFFICER, START, called, names, new

HOLDERS = {"370104009": "acc_watch"}
MINUTE = timedelta(minutes=1)


def settled(report: Report, now: datetime) -> tuple[Report, list[str]]:
    """With the reasons for which somebody was asked."""
    decision = on_due(report, HOLDERS, now)
    if decision is None:
        return report, []
    after, facts = decision
    return after, [fact.why for fact in facts if isinstance(fact, ReportReferred)]


def test_who_was_only_to_know_is_asked_when_nobody_comes() -> None:
    report, asked = settled(called(new("月息三分拉人投资")[0]), START)
    assert asked == ["informed"]
    nobody = callout.escalated(report, 1, "nobody_answered", START + MINUTE)
    assert nobody is not None
    report, asked = settled(nobody[0], START + MINUTE)
    assert asked == ["escalated"]
    taken = decisions.acknowledge(report, OFFICER, START + 2 * MINUTE)
    assert taken is not None
    assert taken[0].turns.station is not None
    assert taken[0].turns.station.waits_for == "decide"


def test_who_looked_after_a_late_answer_is_not_asked_all_day_once_it_is_there() -> None:
    report = new("路灯坏了")[0]
    assert (report.state, report.due_at) == ("assigned", report.first_answer_due)
    now = report.first_answer_due
    report, asked = settled(report, now)
    assert asked == ["overdue"]
    taken = decisions.acknowledge(report, OFFICER, now)
    assert taken is not None
    report, _ = decisions.add_note(taken[0], "明天来修", COMMITTEE, now + MINUTE)
    reasons: list[str] = []
    for hours in range(1, 24):
        report, asked = settled(report, now + timedelta(hours=hours))
        reasons += asked
    assert reasons == []
    _, asked = settled(report, now + timedelta(hours=24))
    assert asked == ["overdue"]


def test_an_officers_note_tells_the_others_that_somebody_looks() -> None:
    report, _ = settled(new("有人持刀")[0], START)
    noted, facts = later_texts.note(report, "正在路上", OFFICER, START + MINUTE)
    assert not noted.referred
    assert names(facts) == ["ReportReferralAcknowledged"]
