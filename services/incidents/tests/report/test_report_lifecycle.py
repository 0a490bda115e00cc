"""A report's life on each route, and each side step."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chassis.domain import Decision, Refusal
from contracts.events.incidents import ReportRouted
from contracts.vocabulary import Category, Route
from services.incidents.deadline.domain import on_due
from services.incidents.report.domain import callout, decisions, ending, later_texts
from services.incidents.report.domain.decisions import NewRoute
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.states import ReportState
from services.incidents.tests.reports import (
    COMMITTEE,
    OFFICER,
    REPORTER,
    SERVED,
    START,
    called,
    names,
    new,
    steps,
)

MINUTE = timedelta(minutes=1)


def then(decision: Decision[Report] | None) -> Report:
    assert decision is not None
    return decision[0]


def resolved_by_volunteers() -> Report:
    report, _ = new()
    report = called(report, START + MINUTE)
    report = then(callout.accepted(report, 1, "acc_v", "squ_1", START + 2 * MINUTE))
    report = then(callout.arrived(report, 1, "acc_v", START + 5 * MINUTE))
    return then(callout.done(report, 1, "solved", START + 20 * MINUTE))


def test_the_main_path() -> None:
    report, events = new()
    assert names(events) == ["ReportFiled", "ReportRouted"]
    assert report.state == "routed"
    report = resolved_by_volunteers()
    assert (report.state, report.outcome) == ("resolved", "solved")
    done, events = then_with(ending.confirm(report, "reporter", REPORTER, START + 30 * MINUTE))
    assert (done.state, done.end, done.confirmed_by) == ("closed", "confirmed", "reporter")
    assert names(events) == ["ReportConfirmed", "ReportClosed"]
    assert steps(done) == [
        "filed",
        "routed",
        "called",
        "accepted",
        "on_scene",
        "resolved",
        "confirmed",
        "closed",
    ]


def then_with(decision: Decision[Report] | None) -> Decision[Report]:
    assert decision is not None
    return decision


def test_a_committee_matter() -> None:
    report, events = new("路灯坏了")
    assert (report.state, names(events)) == ("assigned", ["ReportFiled", "ReportRouted"])
    done, events = ending.resolve(
        report, "solved", "已更换灯泡", "committee", COMMITTEE, START + MINUTE
    )
    assert (done.state, names(events)) == ("resolved", ["ReportResolved"])
    assert then(ending.confirm(done, "reporter", REPORTER, START + 2 * MINUTE)).state == "closed"


def test_a_police_matter_closes_with_an_outcome_that_the_reporter_can_read() -> None:
    report, events = new("有人持刀")
    assert (report.state, report.urgency, report.danger) == ("handed_off", "urgent", "sure")
    assert names(events) == ["ReportFiled", "ReportRouted", "ReportHandedOff"]
    with pytest.raises(Refusal):
        ending.close(report, "solved", "已处置", OFFICER, START)
    taken = then(decisions.acknowledge(report, OFFICER, START + MINUTE))
    assert decisions.acknowledge(taken, OFFICER, START + MINUTE) is None
    closed, events = then_with(ending.close(taken, "solved", "已带离", OFFICER, START + 9 * MINUTE))
    assert (closed.state, closed.end, closed.timeline[-1].note) == (
        "closed",
        "police_outcome",
        "已带离",
    )
    assert names(events) == ["ReportClosed"]


def test_a_finished_matter_is_logged_and_closed_at_once() -> None:
    report, events = new("护学岗执勤,疏导车辆三十台", "traffic", "volunteer")
    assert (report.state, report.end, report.route) == ("closed", "logged", "log")
    assert names(events) == ["ReportFiled", "ReportRouted", "ReportClosed"]
    assert steps(report) == ["filed", "routed", "logged", "closed"]
    with pytest.raises(Refusal):
        ending.reopen(report, "不对", REPORTER, START, SERVED)


def test_the_police_are_informed_of_fundraising_while_volunteers_answer() -> None:
    report, events = new("有人拉老人投资,月息三分", "fundraising")
    assert (report.route, report.state) == ("volunteers", "routed")
    assert names(events) == ["ReportFiled", "ReportRouted"]
    assert report.referral is not None
    assert report.referral.why == "informed"


def test_a_reporter_reopens_what_is_not_solved() -> None:
    report = resolved_by_volunteers()
    again, events = ending.reopen(report, "还在吵", REPORTER, START + 40 * MINUTE, SERVED)
    assert (again.round, again.state, again.outcome) == (2, "routed", None)
    assert names(events) == ["ReportReopened", "ReportRouted"]
    routed = events[-1]
    assert isinstance(routed, ReportRouted)
    assert (routed.round, routed.routed_by, routed.parties) == (2, "reporter", ("acc_reporter",))
    assert again.present == ()
    closed = then(ending.confirm(report, "reporter", REPORTER, START))
    assert (
        ending.reopen(closed, "又开始了", REPORTER, START + 50 * MINUTE, SERVED)[0].closed_at
        is None
    )


def test_volunteers_return_what_they_could_not_solve() -> None:
    report, _ = new()
    report = then(callout.accepted(report, 1, "acc_v", None, START))
    back, events = then_with(callout.done(report, 1, "not_solved", START + MINUTE))
    assert (back.state, back.triage, names(events)) == (
        "filed",
        "normal",
        ["ReportReturned"],
    )
    sent, _ = decisions.reroute(
        back, NewRoute("police", "需要民警"), OFFICER, START + 2 * MINUTE, SERVED
    )
    assert (sent.state, sent.round, sent.triage) == ("handed_off", 2, None)


def test_the_committee_returns_within_two_working_days() -> None:
    report, _ = new("路灯坏了")  # filed on a Thursday at ten
    back, events = decisions.return_to_station(
        report, "不归社区管", COMMITTEE, START + timedelta(days=4)
    )
    assert (back.state, names(events)) == ("filed", ["ReportReturned"])
    with pytest.raises(Refusal, match="too_late_to_return"):
        decisions.return_to_station(
            report, "不归社区管", COMMITTEE, START + timedelta(days=4, minutes=1)
        )


def test_withdrawn_and_not_accepted_end_it() -> None:
    report, _ = new()
    gone, events = then_with(ending.withdraw(report, "不用了", REPORTER, START))
    assert (gone.state, names(events)) == ("withdrawn", ["ReportWithdrawn"])
    assert ending.withdraw(gone, "不用了", REPORTER, START) is None
    refused, events = ending.reject(report, "不属受理范围", OFFICER, START)
    assert (refused.state, names(events)) == ("not_accepted", ["ReportNotAccepted"])
    for ended in (gone, refused):
        assert (
            callout.accepted(ended, 1, "acc_v", None, START) is not None
        )  # a reader, but nothing moves
        assert then(callout.accepted(ended, 1, "acc_v", None, START)).state == ended.state
        assert callout.done(ended, 1, "solved", START) is None


def test_a_police_matter_cannot_be_withdrawn() -> None:
    report, _ = new("我老公又打我", "violence")
    with pytest.raises(Refusal, match="with_police"):
        ending.withdraw(report, "没事了", REPORTER, START)


@pytest.mark.parametrize("category", ["fraud", "theft", "violence", "drugs", "tip", "emergency"])
def test_no_officer_can_send_volunteers_to_crime_or_danger(category: Category) -> None:
    report, _ = new("请处理", category)
    for new_category in (None, "nuisance"):
        with pytest.raises(Refusal, match="never_volunteers") as refusal:
            decisions.reroute(
                report, NewRoute("volunteers", "去看看", new_category), OFFICER, START, SERVED
            )
        assert [*refusal.value.fields] == ["body.route"]


@pytest.mark.parametrize("way", ["volunteers", "committee"])
def test_violence_is_for_the_police_alone_whatever_it_is_called(way: Route) -> None:
    report, _ = new("有人拿着菜刀", "nuisance")
    with pytest.raises(Refusal, match="never_volunteers"):
        decisions.reroute(report, NewRoute(way, "误报", "nuisance"), OFFICER, START, SERVED)


def test_an_officer_can_bring_volunteers_to_a_search() -> None:
    report, _ = new("老人走失了", "missing")
    sent, events = decisions.reroute(
        report, NewRoute("volunteers", "扩大搜索", people_needed=8), OFFICER, START, SERVED
    )
    assert (sent.route, sent.people_needed, sent.urgency) == ("volunteers", 8, "urgent")
    assert names(events) == ["ReportRouted"]


@pytest.mark.parametrize(
    ("way", "state"),
    [("volunteers", "routed"), ("committee", "assigned"), ("police", "handed_off")],
)
def test_an_officer_routes_it_another_way_with_a_reason(way: Route, state: ReportState) -> None:
    report, _ = new()
    sent, _ = decisions.reroute(report, NewRoute(way, "经核实"), OFFICER, START, SERVED)
    assert (sent.state, sent.round) == (state, 2)
    assert next(e for e in reversed(sent.timeline) if e.what == "routed").reason == "经核实"


def test_nobody_is_routed_to_the_log() -> None:
    with pytest.raises(Refusal, match="log_is_own"):
        decisions.reroute(new()[0], NewRoute("log", "记一下"), OFFICER, START, SERVED)


def test_the_station_confirms_for_a_silent_reporter_after_72_hours() -> None:
    report = resolved_by_volunteers()
    at = START + 20 * MINUTE + timedelta(hours=72)
    assert report.due_at == at
    assert on_due(report, {}, at - MINUTE) is None
    with pytest.raises(Refusal, match="reporter_has_time"):
        ending.close(report, "solved", "代确认", OFFICER, at - MINUTE)
    closed, events = then_with(on_due(report, {}, at))
    assert (closed.state, closed.confirmed_by) == ("closed", "station")
    assert names(events) == ["ReportConfirmed", "ReportClosed"]
    assert on_due(closed, {}, at + MINUTE) is None


@pytest.mark.parametrize(
    ("text", "minutes"), [("路口堵车", 10), ("广场舞太吵", 30), ("不会用手机", 30)]
)
def test_an_overdue_first_answer_is_escalated_once(text: str, minutes: int) -> None:
    report, _ = new(text)
    due = START + minutes * MINUTE
    assert report.due_at == due
    assert on_due(report, {}, due - timedelta(seconds=1)) is None
    late, events = then_with(on_due(report, {}, due))
    assert [(type(e).__name__, getattr(e, "why", None)) for e in events] == [
        ("ReportEscalated", "overdue"),
        ("ReportReferred", "overdue"),
    ]
    assert late.state == report.state
    again = then(on_due(late, {}, due + timedelta(days=9)))
    assert steps(again).count("escalated") == 1


def answered(decide: Callable[[Report], Decision[Report] | None], text: str) -> Report:
    return then(decide(new(text)[0]))


def test_an_answer_in_time_is_not_overdue() -> None:
    soon = START + timedelta(hours=5)
    accepted = answered(lambda r: callout.accepted(r, 1, "acc_v", None, START), "路口堵车")
    taken = answered(lambda r: decisions.acknowledge(r, OFFICER, START), "有人持刀")
    noted = answered(lambda r: decisions.add_note(r, "明天来修", COMMITTEE, START), "路灯坏了")
    for report in (accepted, taken, noted):
        assert on_due(report, {}, soon) is None


def test_the_station_is_told_once_that_nobody_came() -> None:
    report, _ = new()
    escalated, events = then_with(callout.escalated(report, 1, "nobody_on_duty", START))
    assert names(events) == ["ReportEscalated"]
    assert callout.escalated(escalated, 1, "nobody_on_duty", START) is None
    later = then(on_due(escalated, {}, START + timedelta(days=1)))
    assert steps(later).count("escalated") == 1  # the station knows already


def test_the_time_line_never_goes_back_in_time() -> None:
    report, _ = new()
    report = then(callout.accepted(report, 1, "acc_v", None, START - MINUTE))
    assert [e.at for e in report.timeline] == sorted(e.at for e in report.timeline)


@pytest.mark.parametrize("reason", ["他现在拿着刀堵在我家门口", "楼下两个人又打起来了,有人流血"])
def test_a_reopened_matter_that_has_become_dangerous_goes_to_the_police(reason: str) -> None:
    again, events = later_texts.reopen(
        resolved_by_volunteers(), reason, REPORTER, START + 30 * MINUTE, SERVED
    )
    assert (again.route, again.state, again.urgency, again.danger) == (
        "police",
        "handed_off",
        "urgent",
        "sure",
    )
    assert names(events) == ["ReportReopened", "ReportRouted", "ReportHandedOff"]


def test_a_reopened_matter_without_danger_goes_to_volunteers_again() -> None:
    again, _ = ending.reopen(
        resolved_by_volunteers(), "车又堵上了,没人管", REPORTER, START + 30 * MINUTE, SERVED
    )
    assert (again.route, again.state, again.round) == ("volunteers", "routed", 2)
