"""Any sequence of commands and events keeps a report's invariants."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.domain import Decision, Refusal
from contracts.envelope import Event
from contracts.events.incidents import ReportReferred
from contracts.vocabulary import Category, Outcome, Role, Route, values_of
from services.incidents.deadline.domain import on_due, on_watch
from services.incidents.place.domain import Served
from services.incidents.referral.domain import Holders
from services.incidents.report.domain import callout, decisions, ending, later_texts
from services.incidents.report.domain.decisions import NewRoute
from services.incidents.report.domain.parts import TimelineEntry
from services.incidents.report.domain.report import Actor, Report
from services.incidents.routing.domain import NEVER_VOLUNTEERS
from services.incidents.tests.reports import (
    COMMITTEE,
    OFFICER,
    REPORTER,
    SECRET,
    SERVED,
    START,
    called,
    names,
    new,
)

TEXTS = [
    "广场舞太吵",
    "路灯坏了",
    "有人持刀",
    "老人走失了",
    "着火了",
    "护学岗执勤,疏导车辆三十台",
    "月息三分拉人投资",
]
LATER = [SECRET, "小心!他拿刀了", "还在吵", "好像有人倒在地上不动了"]
WATCHES: list[Holders] = [
    {},
    {"370104009": "acc_street"},
    {"370104": "acc_district"},
    {"370104009": "acc_other", "370104": "acc_district", "3701": "acc_city"},
]
UNSERVED = Served(None, committee=False)
rounds = st.integers(1, 4)
people = st.sampled_from(["acc_a", "acc_b", "acc_c"])
outcomes = st.sampled_from(values_of(Outcome))


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.report: Report
        self.events: list[Event] = []
        self.before: tuple[TimelineEntry, ...] = ()

    @initialize(
        text=st.sampled_from(TEXTS),
        category=st.sampled_from([None, *values_of(Category)]),
        role=st.sampled_from(["resident", "volunteer"]),
        anonymous=st.booleans(),
    )
    def file(self, text: str, category: Category | None, role: Role, anonymous: bool) -> None:
        self.report, self.events = new(
            text, category, role, reporter=None if anonymous else "acc_reporter"
        )

    def _do(
        self, decide: Callable[[], Decision[Report] | tuple[Report, Sequence[Event]] | None]
    ) -> None:
        self.now += timedelta(minutes=1)
        self.before = self.report.timeline
        try:
            decision = decide()
        except Refusal:
            return
        if decision is not None:
            self.report = decision[0]
            self.events += decision[1]

    @rule(
        route=st.sampled_from(values_of(Route)),
        category=st.sampled_from([None, *values_of(Category)]),
    )
    def reroute(self, route: Route, category: Category | None) -> None:
        self._do(
            lambda: decisions.reroute(
                self.report, NewRoute(route, "经核实", category), OFFICER, self.now, SERVED
            )
        )

    @rule()
    def acknowledge(self) -> None:
        self._do(lambda: decisions.acknowledge(self.report, OFFICER, self.now))

    @rule(outcome=outcomes, committee=st.booleans())
    def resolve(self, outcome: Outcome, committee: bool) -> None:
        by, doing = ("committee", COMMITTEE) if committee else ("station", OFFICER)
        self._do(lambda: ending.resolve(self.report, outcome, SECRET, by, doing, self.now))

    @rule(outcome=outcomes)
    def close(self, outcome: Outcome) -> None:
        self._do(lambda: ending.close(self.report, outcome, SECRET, OFFICER, self.now))

    @rule()
    def confirm(self) -> None:
        self._do(lambda: ending.confirm(self.report, "reporter", REPORTER, self.now))

    @rule(text=st.sampled_from(LATER), served=st.sampled_from([SERVED, UNSERVED]))
    def reopen(self, text: str, served: Served) -> None:
        self._do(lambda: later_texts.reopen(self.report, text, REPORTER, self.now, served))

    @rule(text=st.sampled_from(LATER))
    def withdraw(self, text: str) -> None:
        self._do(lambda: later_texts.withdraw(self.report, text, REPORTER, self.now))

    @rule()
    def refuse(self) -> None:
        self._do(lambda: ending.reject(self.report, SECRET, OFFICER, self.now))

    @rule()
    def give_back(self) -> None:
        self._do(lambda: decisions.return_to_station(self.report, SECRET, COMMITTEE, self.now))

    @rule(text=st.sampled_from(LATER), actor=st.sampled_from([OFFICER, COMMITTEE, REPORTER]))
    def note(self, text: str, actor: Actor) -> None:
        self._do(lambda: later_texts.note(self.report, text, actor, self.now))

    @rule(
        round_=rounds,
        who=people,
        what=st.sampled_from(["called", "accepted", "left", "arrived", "escalated"]),
    )
    def callout_moves(self, round_: int, who: str, what: str) -> None:
        moves: dict[str, Callable[[], Decision[Report] | None]] = {
            "called": lambda: (called(self.report, self.now), []),
            "accepted": lambda: callout.accepted(self.report, round_, who, "squ_1", self.now),
            "left": lambda: callout.left(self.report, round_, (who,)),
            "arrived": lambda: callout.arrived(self.report, round_, who, self.now),
            "escalated": lambda: callout.escalated(self.report, round_, "too_few", self.now),
        }
        self._do(moves[what])

    @rule(held=st.sampled_from(WATCHES), area=st.sampled_from(["370104009", "370104", "3701"]))
    def a_watch_changes_hands(self, held: Holders, area: str) -> None:
        self._do(lambda: on_watch(self.report, area, held, self.now))

    @rule(round_=rounds, outcome=outcomes)
    def callout_done(self, round_: int, outcome: Outcome) -> None:
        self._do(lambda: callout.done(self.report, round_, outcome, self.now))

    @rule(hours=st.integers(0, 80), held=st.sampled_from(WATCHES))
    def time_passes(self, hours: int, held: Holders) -> None:
        self.now += timedelta(hours=hours)
        self._do(lambda: on_due(self.report, held, self.now))

    @invariant()
    def the_time_line_only_grows(self) -> None:
        assert self.report.timeline[: len(self.before)] == self.before
        times = [entry.at for entry in self.report.timeline]
        assert times == sorted(times)

    @invariant()
    def closed_only_when_it_may_be(self) -> None:
        if self.report.state != "closed":
            assert self.report.end is None
            return
        this_round = [e.what for e in self.report.timeline if e.round == self.report.round]
        assert self.report.end is not None
        needed = {
            "confirmed": {"resolved", "confirmed"},
            "police_outcome": {"acknowledged"},
            "logged": {"logged"},
        }
        assert needed[self.report.end] <= set(this_round)
        assert self.report.outcome is not None

    @invariant()
    def no_volunteer_is_sent_to_crime_or_danger(self) -> None:
        for event in self.events:
            if getattr(event, "route", None) == "volunteers" and names([event]) == ["ReportRouted"]:
                assert event.model_dump()["category"] not in NEVER_VOLUNTEERS
        if self.report.danger == "sure":
            assert self.report.route != "volunteers"

    @invariant()
    def each_round_is_routed_once_and_in_order(self) -> None:
        routed = [
            event.model_dump()["round"]
            for event in self.events
            if names([event]) == ["ReportRouted"]
        ]
        assert routed == sorted(set(routed))
        assert all(round_ <= self.report.round for round_ in routed)

    @invariant()
    def no_event_tells_words_and_an_anonymous_reporter_is_nobody(self) -> None:
        published = json.dumps(
            [event.model_dump(mode="json") for event in self.events], ensure_ascii=False
        )
        assert SECRET not in published
        if self.report.reporter is None:
            assert "acc_reporter" not in published

    @invariant()
    def what_is_stored_is_read_back_the_same(self) -> None:
        assert Report.model_validate(self.report.model_dump()) == self.report

    @invariant()
    def only_what_has_ended_waits_for_nothing(self) -> None:
        """Every other state has an end of its own. What ended waits only where a later text may
        tell of danger."""
        referral = self.report.referral
        if self.report.state not in ("closed", "withdrawn", "not_accepted"):
            assert self.report.due_at is not None
        elif referral is None or referral.why != "danger":
            assert self.report.due_at is None

    @invariant()
    def somebody_has_been_told(self) -> None:
        """Whoever was asked last is in the last event of it; what nobody is asked about yet is due
        at once."""
        report, referral = self.report, self.report.referral
        if report.state in ("filed", "handed_off"):
            assert referral is not None
        if referral is None or not referral.open:
            return
        if referral.step == 0:
            assert referral.next_at is not None
            assert referral.next_at <= self.now
            return
        asked = [e for e in self.events if isinstance(e, ReportReferred)]
        assert (asked[-1].why, asked[-1].level) == (referral.why, referral.level)
        to = (referral.to,) if referral.to else ()
        assert any((e.level, e.to) == (referral.level, to) for e in asked)


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
