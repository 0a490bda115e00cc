"""What is put right stands in the time line, and whoever answers for it now is asked."""

from datetime import timedelta

import pytest

from chassis.domain import Decision, Refusal
from contracts.events.incidents import ReportCorrected, ReportRouted
from contracts.vocabulary import Category
from jinan.coordinates import Point
from services.incidents.correction.domain import Correction, correct
from services.incidents.deadline.domain import on_due
from services.incidents.place.domain import Place, Served
from services.incidents.report.domain import callout, decisions
from services.incidents.report.domain.access import capacity
from services.incidents.report.domain.decisions import NewRoute
from services.incidents.report.domain.report import Report
from services.incidents.tests.reports import (
    COMMUNITY,
    OFFICER,
    REPORTER,
    SERVED,
    START,
    names,
    new,
    person,
    steps,
)

MINUTE = timedelta(minutes=1)
HERE = Point(116.942, 36.6695)
OTHER = "370104010001"
HOLDERS = {"370104009": "acc_watch", "370104": "acc_district"}


def placed(area: str, station: str | None = "sta_duandian", point: Point = HERE) -> Place:
    return Place(point, area, station)


def fixed(report: Report, later: timedelta = MINUTE, **what: object) -> Decision[Report]:
    correction = Correction(**{"reason": "经核实", **what})  # type: ignore[arg-type]
    return correct(report, correction, OFFICER, START + later)


def asked(report: Report, holders: dict[str, str], later: timedelta = MINUTE) -> Report:
    decision = on_due(report, holders, START + later)
    assert decision is not None
    return decision[0]


def point_only() -> Report:
    """A committee matter of which only the street is known."""
    report, _ = new("路灯坏了")
    bare = report.with_(state="filed", triage="normal", area="370104009", timeline=())
    return asked(bare.refer("place", "low", START), HOLDERS, timedelta())


def test_the_community_brings_it_to_the_committee_at_once() -> None:
    report, events = fixed(point_only(), place=placed(COMMUNITY))
    assert (report.state, report.area, report.triage, report.referral) == (
        "assigned",
        COMMUNITY,
        None,
        None,
    )
    assert names(events) == ["ReportReferralAcknowledged", "ReportCorrected", "ReportRouted"]
    told = events[1]
    assert isinstance(told, ReportCorrected)
    assert (told.corrected_by, told.fields, told.area) == ("officer", ("community",), COMMUNITY)
    line = next(entry for entry in report.timeline if entry.what == "corrected")
    assert (line.reason, [vars(change) for change in line.changed]) == (
        "经核实",
        [{"field": "area", "old": "370104009", "new": COMMUNITY}],
    )
    assert capacity(report, person("committee", COMMUNITY), START) == "committee"


def test_the_reporter_may_choose_it_without_a_reason() -> None:
    chosen = Correction(place=placed(COMMUNITY))
    report, events = correct(point_only(), chosen, REPORTER, START + MINUTE)
    assert (report.state, names(events)) == ("assigned", ["ReportCorrected", "ReportRouted"])
    routed = events[-1]
    assert isinstance(routed, ReportRouted)
    assert routed.routed_by == "reporter"


def test_the_choice_of_a_community_leaves_a_point_that_an_officer_put_right_meanwhile() -> None:
    there = Point(116.95, 36.66)
    report, _ = fixed(point_only(), place=placed("370104009", point=there))
    chosen = Correction(place=placed(COMMUNITY), moved=False)
    after, _ = correct(report, chosen, REPORTER, START + MINUTE)
    assert (after.area, after.longitude, after.latitude) == (COMMUNITY, 116.95, 36.66)


def test_a_committee_that_nobody_staffs_does_not_get_it() -> None:
    report, _ = fixed(point_only(), place=placed(COMMUNITY), staffed=False)
    assert report.state == "filed"
    assert report.referral is not None
    assert (report.referral.why, report.referral.since) == ("no_committee", START)
    again = asked(report, HOLDERS)
    assert again.referral is not None
    assert again.referral.to == "acc_watch"


def test_another_community_gets_what_the_first_was_given() -> None:
    report, _ = fixed(new("路灯坏了")[0], place=placed("370104009009"))
    assert (report.state, report.round) == ("assigned", 2)
    assert capacity(report, person("committee", COMMUNITY), START) is None
    assert capacity(report, person("committee", "370104009009"), START) == "committee"


def test_an_officer_may_move_it_to_another_station_whose_watch_is_asked_then() -> None:
    report, _ = new("有人持刀")
    taken = decisions.acknowledge(asked(report, HOLDERS, timedelta()), OFFICER, START)
    assert taken is not None
    moved, events = fixed(taken[0], place=placed(OTHER, "sta_other", Point(116.95, 36.66)))
    assert (moved.state, moved.station) == ("handed_off", "sta_other")
    assert names(events) == ["ReportCorrected", "ReportHandedOff"]
    assert capacity(moved, person("officer", "370104009"), START) is None
    told = asked(moved, {**HOLDERS, "370104010": "acc_there"})
    assert told.referral is not None
    assert (told.referral.to, told.referral.since) == ("acc_there", START)


def test_within_the_street_nobody_is_asked_anew() -> None:
    report = asked(new("有人持刀")[0], HOLDERS, timedelta())
    moved, _ = correct(report, Correction(placed("370104009009")), REPORTER, START + MINUTE)
    assert moved.referral == report.referral


def test_volunteers_under_way_keep_their_round() -> None:
    report, _ = new()
    joined = callout.accepted(report, 1, "acc_v", "squ_1", START)
    assert joined is not None
    moved, events = fixed(joined[0], place=placed("370104009009"), category="dispute")
    assert (moved.state, moved.round, moved.category) == ("accepted", 1, "dispute")
    assert names(events) == ["ReportCorrected"]
    assert capacity(moved, person("volunteer", COMMUNITY, "acc_v"), START) == "volunteer"


@pytest.mark.parametrize("category", ["violence", "theft", "emergency"])
def test_what_volunteers_may_never_answer_goes_to_the_police(category: Category) -> None:
    for report in (new()[0], new("路灯坏了")[0], point_only()):
        sent, events = fixed(report, category=category)
        assert (sent.state, sent.route, sent.urgency) == ("handed_off", "police", "urgent")
        assert names(events)[-1] == "ReportHandedOff"
        assert sent.danger == ("none" if category == "theft" else "sure")


def test_a_misread_text_is_put_right_and_goes_to_volunteers() -> None:
    report, _ = new("孩子拿着玩具刀追着打")
    misread = report if report.danger == "sure" else new("有人持刀")[0]
    with pytest.raises(Refusal, match="never_volunteers"):
        decisions.reroute(misread, NewRoute("volunteers", "误读"), OFFICER, START, SERVED)
    right, _ = fixed(misread, category="nuisance")
    assert (right.danger, right.because, right.state) == ("none", ("officer",), "handed_off")
    sent, _ = decisions.reroute(right, NewRoute("volunteers", "误读"), OFFICER, START, SERVED)
    assert (sent.route, sent.round) == ("volunteers", 2)


def test_a_report_that_waits_follows_the_category_in_what_is_suggested() -> None:
    report, _ = fixed(point_only(), category="nuisance")
    assert (report.state, report.route, report.skills) == ("filed", "volunteers", ("mediation",))
    sent, events = decisions.reroute(report, NewRoute("volunteers"), OFFICER, START, SERVED)
    assert (sent.state, names(events)) == ("routed", ["ReportRouted"])


def test_only_the_first_route_needs_no_reason() -> None:
    with pytest.raises(Refusal, match="reason_required") as refusal:
        decisions.reroute(new()[0], NewRoute("police"), OFFICER, START, SERVED)
    assert [*refusal.value.fields] == ["body.reason"]


@pytest.mark.parametrize(
    ("correction", "code"),
    [
        (Correction(category="dispute"), "reason_required"),
        (Correction(category="nuisance", reason="经核实"), "nothing_corrected"),
        (Correction(place=placed(COMMUNITY), reason="经核实"), "nothing_corrected"),
    ],
)
def test_a_correction_has_a_reason_and_changes_something(correction: Correction, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        correct(new()[0], correction, OFFICER, START)


def test_what_is_closed_can_be_counted_right_and_stays_closed() -> None:
    report, _ = new("护学岗执勤,疏导车辆三十台", "traffic", "volunteer")
    right, events = fixed(report, category="outreach")
    assert (right.state, right.category, steps(right)[-1]) == ("closed", "outreach", "corrected")
    assert names(events) == ["ReportCorrected"]
    with pytest.raises(Refusal, match="wrong_state"):
        correct(report, Correction(place=placed("370104009009")), REPORTER, START)


def test_served_names_a_committee_only_where_it_is_staffed() -> None:
    bare = point_only().with_(area=COMMUNITY)
    with pytest.raises(Refusal, match="committee_without_staff"):
        decisions.reroute(bare, NewRoute("committee"), OFFICER, START, Served("sta", False))
    with pytest.raises(Refusal, match="community_first"):
        decisions.reroute(point_only(), NewRoute("committee"), OFFICER, START, SERVED)
