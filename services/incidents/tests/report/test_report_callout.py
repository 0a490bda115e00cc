"""A call-out's events arrive in any order, more than once, and for rounds that are over."""

from collections.abc import Callable
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Decision
from contracts.events.incidents import ReportVolunteersWarned
from services.incidents.report.domain import callout, decisions, later_texts
from services.incidents.report.domain.decisions import NewRoute
from services.incidents.report.domain.report import Report
from services.incidents.tests.reports import OFFICER, REPORTER, SERVED, START, called, new

Apply = Callable[[Report, datetime], Decision[Report] | None]
ONE_ROUND: list[Apply] = [
    lambda r, now: (called(r, now), []) if r.round == 1 else None,
    lambda r, now: callout.accepted(r, 1, "acc_a", "squ_1", now),
    lambda r, now: callout.accepted(r, 1, "acc_b", None, now),
    lambda r, now: callout.arrived(r, 1, "acc_a", now),
    lambda r, now: callout.left(r, 1, ("acc_b",)),
    lambda r, now: callout.done(r, 1, "solved", now),
]


def _play(report: Report, events: list[Apply]) -> Report:
    for apply in events:
        decision = apply(report, START)
        report = decision[0] if decision else report
    return report


@given(
    st.permutations(ONE_ROUND).flatmap(
        lambda events: st.tuples(st.just(events), st.lists(st.sampled_from(events)))
    )
)
def test_any_order_and_any_repeat_end_the_same(events: tuple[list[Apply], list[Apply]]) -> None:
    order, repeats = events
    report = _play(new()[0], [*order, *repeats])
    assert (report.state, report.outcome, report.round) == ("resolved", "solved", 1)
    assert [h.volunteer for h in report.present] == ["acc_a"]
    assert sum(entry.what == "resolved" for entry in report.timeline) == 1


@given(st.lists(st.sampled_from(ONE_ROUND), max_size=12))
def test_events_of_an_older_round_change_nothing(events: list[Apply]) -> None:
    second = decisions.reroute(new()[0], NewRoute("volunteers", "再派"), OFFICER, START, SERVED)[0]
    after = _play(second, events)
    assert (after.state, after.timeline, after.present) == (second.state, second.timeline, ())


@given(st.lists(st.sampled_from(ONE_ROUND), max_size=12))
def test_volunteers_do_not_move_a_police_matter(events: list[Apply]) -> None:
    police = decisions.reroute(new()[0], NewRoute("police", "有危险"), OFFICER, START, SERVED)[0]
    after = _play(police, [lambda r, now: callout.accepted(r, 2, "acc_a", None, now), *events])
    assert (after.state, after.timeline, after.present) == (police.state, police.timeline, ())


def test_without_volunteers_left_others_are_called_again() -> None:
    report = _play(new()[0], [ONE_ROUND[1], lambda r, now: callout.left(r, 1, ("acc_a",))])
    assert report.state == "called"
    again = callout.accepted(report, 1, "acc_c", None, START)
    assert again is not None
    assert again[0].state == "accepted"


def test_a_late_repeat_gives_no_access_to_a_volunteer_who_left() -> None:
    report = _play(new()[0], [lambda r, now: callout.left(r, 1, ("acc_a",)), ONE_ROUND[1]])
    assert report.present == ()


def test_who_accepts_after_danger_was_suspected_is_warned_too() -> None:
    told, events = later_texts.note(called(new()[0]), "那人说要给我好看", REPORTER, START)
    assert (told.danger, told.state, events) == ("suspected", "called", [])
    joined = callout.accepted(told, 1, "acc_a", None, START)
    assert joined is not None
    (warned,) = joined[1]
    assert isinstance(warned, ReportVolunteersWarned)
    assert warned.volunteers == ("acc_a",)
    seen = decisions.acknowledge(told, OFFICER, START)
    assert seen is not None
    after = callout.accepted(seen[0], 1, "acc_a", None, START)
    assert after is not None
    assert after[1] == []
