"""A question to the reporter: asked, answered, lapsed, or answered late."""

from datetime import timedelta

import pytest

from chassis.domain import Refusal
from contracts.events.incidents import ReportQuestionAsked
from services.incidents.deadline.domain import on_due
from services.incidents.question.domain import answer, ask
from services.incidents.report.domain import decisions, ending
from services.incidents.report.domain.report import Report
from services.incidents.report.schemas import report_view
from services.incidents.tests.reports import OFFICER, REPORTER, SERVED, START, names, new, steps

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOLDERS = {"370104009": "acc_watch"}


def waiting() -> Report:
    """Filed with words that are not clear; the watch is asked."""
    report, _ = new()
    held = report.with_(state="filed", triage="normal", referral=None)
    decision = on_due(held.refer("triage", "normal", START), HOLDERS, START)
    assert decision is not None
    return decision[0]


def asked() -> Report:
    return ask(waiting(), "que_1", "是哪个单元?", OFFICER, START + MINUTE)[0]


def settled(report: Report, at_hours: float) -> Report:
    decision = on_due(report, HOLDERS, START + at_hours * HOUR)
    assert decision is not None
    return decision[0]


def test_who_asks_has_looked_and_need_not_decide_before_the_answer() -> None:
    report, events = ask(waiting(), "que_1", "是哪个单元?", OFFICER, START + MINUTE)
    assert names(events) == ["ReportReferralAcknowledged", "ReportQuestionAsked"]
    told = events[-1]
    assert isinstance(told, ReportQuestionAsked)
    assert (told.asked_by, told.until) == ("acc_officer", START + MINUTE + 24 * HOUR)
    assert "单元" not in str(events)
    assert (report.timeline[-1].what, report.timeline[-1].note) == ("asked", "是哪个单元?")
    assert report.due_at == told.until
    with pytest.raises(Refusal, match="question_open"):
        ask(report, "que_2", "几楼?", OFFICER, START + MINUTE)


def test_an_answer_reaches_who_asked_and_the_time_to_decide_begins() -> None:
    report, events = answer(asked(), "3号楼2单元", REPORTER, START + 2 * HOUR)
    assert names(events) == ["ReportQuestionAnswered"]
    assert (report.timeline[-1].what, report.timeline[-1].note) == ("answered", "3号楼2单元")
    assert report.due_at == START + 2 * HOUR + timedelta(minutes=30)
    shown = report_view(report, "reporter", START + 2 * HOUR).question
    assert shown is not None
    assert (shown.state, shown.answer) == ("answered", "3号楼2单元")
    with pytest.raises(Refusal, match="no_question"):
        answer(report, "还有", REPORTER, START + 2 * HOUR)
    again = ask(report, "que_2", "几楼?", OFFICER, START + 3 * HOUR)[0]
    assert again.asked


def test_danger_in_an_answer_hands_the_report_to_the_police() -> None:
    report, events = answer(asked(), "小心!他拿刀了", REPORTER, START + HOUR)
    assert (report.state, report.route, report.danger) == ("handed_off", "police", "sure")
    assert names(events)[0] == "ReportQuestionAnswered"
    assert "ReportHandedOff" in names(events)


def test_without_an_answer_the_watch_is_asked_again() -> None:
    report = settled(asked(), 25)
    assert "question_lapsed" in steps(report)
    assert report.referral is not None
    assert (report.referral.why, report.referral.to) == ("no_answer", "acc_watch")


@pytest.mark.parametrize("settled_before", [True, False])
def test_a_late_answer_is_a_note_that_reaches_who_asked(settled_before: bool) -> None:
    before = settled(asked(), 25) if settled_before else asked()
    report, events = answer(before, "是3号楼", REPORTER, START + 26 * HOUR)
    assert "ReportQuestionAnswered" in names(events)
    assert (report.timeline[-1].what, report.timeline[-1].note) == ("noted", "是3号楼")
    assert steps(report).count("question_lapsed") == 1
    shown = report_view(report, "reporter", START + 26 * HOUR).question
    assert shown is not None
    assert (shown.state, shown.state_text.zh) == ("lapsed", "逾期答复，已作为补充说明保留")


def test_there_may_be_no_question() -> None:
    with pytest.raises(Refusal, match="no_question"):
        answer(waiting(), "3号楼", REPORTER, START)


def test_a_question_ends_with_its_report() -> None:
    gone = ending.withdraw(asked(), "不用了", REPORTER, START + HOUR)
    assert gone is not None
    assert gone[0].due_at is None
    shown = report_view(gone[0], "reporter", START + HOUR).question
    assert shown is not None
    assert shown.state == "lapsed"
    with pytest.raises(Refusal, match="wrong_state"):
        ask(gone[0], "que_2", "几楼?", OFFICER, START + HOUR)


def test_a_question_does_not_come_back_with_its_report() -> None:
    done, _ = ending.resolve(asked(), "solved", "已办", "station", OFFICER, START + HOUR)
    closed = ending.confirm(done, "reporter", REPORTER, START + HOUR)
    assert closed is not None
    later = START + 30 * HOUR
    again, _ = ending.reopen(closed[0], "又来了", REPORTER, later, SERVED)
    assert not again.asked
    assert again.due_at is not None
    assert again.due_at > later


def test_the_police_can_ask_before_they_take_it_over() -> None:
    report, _ = ask(new("有人持刀")[0], "que_1", "还在现场吗?", OFFICER, START)
    assert report.state == "handed_off"
    taken = decisions.acknowledge(report, OFFICER, START + MINUTE)
    assert taken is not None
    assert taken[0].state == "acknowledged"
