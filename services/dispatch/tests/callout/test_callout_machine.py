"""Whatever people do, and in whatever order: a call-out keeps its promises."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.events import dispatch as contract
from services.dispatch.callout.domain import attendance, filling, overdue
from services.dispatch.callout.domain.next_step import Step, next_step
from services.dispatch.callout.domain.state import COMING, Callout, CandidateState, Decision
from services.dispatch.tests.calls import NOW, POLICY, named, opened, wave

PEOPLE = [f"v{n:02}" for n in range(16)]
somebody = st.integers(0, 15)
FINAL = {"done", "declined", "timed_out", "stood_down", "withdrew", "missed"}
LEADERS = {"squ_01": "v03"}
"""One of those who are called leads the squad of all of them."""


class CalloutMachine(RuleBasedStateMachine):
    callout: Callout

    @initialize(needed=st.integers(1, 4), category=st.sampled_from(["assistance", "dispute"]))
    def begin(self, needed: int, category: str) -> None:
        self.now = NOW
        self.callout = opened(people_needed=needed, category=category)
        self.facts: list[Event] = []

    def apply(self, decision: Decision | None) -> None:
        if decision is not None:
            before, (self.callout, facts) = self.callout, decision
            assert self.callout != before
            self.facts += facts

    def attempt(self, decide: object, *arguments: object, **more: object) -> None:
        try:
            self.apply(decide(self.callout, *arguments, **more))  # type: ignore[operator]
        except Refusal:
            return

    def one(self, n: int, *states: CandidateState) -> str:
        """Mostly somebody in one of these states, sometimes anybody."""
        fit = [c.volunteer for c in self.callout.in_state(*states)]
        return fit[n % len(fit)] if fit and n else PEOPLE[n]

    @rule(size=st.integers(0, 5))
    def step(self, size: int) -> None:
        """What the deadlines loop does."""
        due = next_step(self.callout, POLICY, self.now)
        if due == "nothing":
            return
        decision = self._timed(due, size)
        assert decision is not None, "a step that is due can be taken"
        self.apply(decision)

    def _timed(self, due: Step, size: int) -> Decision | None:
        match due:
            case "lapse":
                return filling.lapse(self.callout, POLICY, self.now)
            case "chase":
                return overdue.chase(self.callout, LEADERS, POLICY, self.now)
            case "expire":
                return overdue.expire(self.callout, POLICY, self.now)
            case "wave":
                free = [v for v in PEOPLE if self.callout.may_be_called(v)][:size]
                recorded = bool(free) or not self.callout.waiting
                return wave(self.callout, *free, now=self.now, recorded=recorded)
            case _:
                return filling.escalate(
                    self.callout, ("l1",), POLICY, self.now, to_station=due == "station"
                )

    @rule(seconds=st.integers(1, 200) | st.integers(200, 20_000))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(n=somebody)
    def becomes_free(self, n: int) -> None:
        self.attempt(filling.look_again, [PEOPLE[n]], POLICY, self.now)

    @rule(n=somebody)
    def accept(self, n: int) -> None:
        who = self.one(n, *(("timed_out", "stood_down") if n > 11 else ("called",)))
        self.attempt(filling.accept, who, POLICY, self.now, on_duty=n % 5 > 0)

    @rule(n=somebody)
    def decline(self, n: int) -> None:
        self.attempt(filling.decline, self.one(n, "called"), POLICY, self.now)

    @rule(n=somebody)
    def goes(self, n: int) -> None:
        self.attempt(attendance.set_out, self.one(n, "accepted"), POLICY, self.now)

    @rule(n=somebody)
    def arrives(self, n: int) -> None:
        who = self.one(n, "accepted", "on_the_way")
        self.attempt(attendance.arrive, who, POLICY, self.now)

    @rule(n=somebody)
    def gives_a_sign(self, n: int) -> None:
        self.attempt(attendance.still_here, self.one(n, *COMING), POLICY, self.now)

    @rule(n=somebody, outcome=st.sampled_from(["solved", "not_found"]))
    def finishes(self, n: int, outcome: str) -> None:
        self.attempt(attendance.finish, self.one(n, "on_scene"), outcome, POLICY, self.now)

    @rule(n=somebody)
    def withdraws(self, n: int) -> None:
        self.attempt(attendance.withdraw, self.one(n, *COMING), POLICY, self.now)

    @rule(n=somebody, suspended=st.booleans())
    def leaves(self, n: int, suspended: bool) -> None:
        self.attempt(
            attendance.drop, self.one(n, "called", *COMING), POLICY, self.now, suspended=suspended
        )

    @rule(n=somebody)
    def is_called_manually(self, n: int) -> None:
        who = self.one(n, "timed_out")
        self.attempt(
            filling.call_manually,
            [named(self.callout, who, self.now)],
            POLICY,
            self.now,
        )

    @rule(really=st.integers(0, 9), reason=st.sampled_from(["withdrawn", "danger"]))
    def report_ends(self, really: int, reason: str) -> None:
        if really == 0:
            self.attempt(attendance.stand_down, reason, POLICY, self.now)

    @invariant()
    def never_more_than_are_needed(self) -> None:
        coming = len(self.callout.in_state(*COMING, "done"))
        assert coming <= self.callout.people_needed
        if self.callout.state in ("filled", "under_way") and self.callout.outcome is None:
            assert self.callout.accepted == self.callout.people_needed

    @invariant()
    def nobody_is_kept_waiting_for_a_place_that_is_gone(self) -> None:
        if self.callout.places_left == 0 and not self.callout.ended:
            assert self.callout.state in ("filled", "under_way")
            assert not self.callout.in_state("called")

    @invariant()
    def an_empty_place_is_offered_or_leaders_or_station_were_told(self) -> None:
        callout = self.callout
        if callout.ended or callout.outcome is not None or not callout.places_left:
            return
        offered = len(callout.in_state("called")) >= callout.places_left
        told = callout.state == "escalated" and callout.escalated_to is not None
        assert callout.due_at is not None or told
        assert callout.waiting or callout.due_at is not None
        assert offered or told or callout.due_at is not None

    @invariant()
    def nobody_is_called_twice_for_one_place_but_manually(self) -> None:
        """But for who was off duty since, whatever called them. Who gave a place up, or said no, is
        not called again at all."""
        since = self.callout.freed_at or NOW
        for c in self.callout.candidates:
            while_on_duty = 0
            for one in (*c.earlier, c):
                while_on_duty += one.by == "wave" and one.called_at > since
                assert while_on_duty <= 1
                if one.why_stood_down == "off_duty":
                    while_on_duty = 0
            assert {one.state for one in c.earlier} <= {"timed_out", "stood_down"}

    @invariant()
    def each_level_is_told_once_until_it_is_filled(self) -> None:
        told: list[str] = []
        for fact in self.facts:
            forgot = isinstance(fact, contract.VolunteerMissed) and fact.about == "finish"
            if forgot or isinstance(fact, contract.CalloutFilled | contract.CalloutStoodDown):
                told = []
            elif isinstance(fact, contract.CalloutEscalated):
                told.append(fact.to)
        assert len(told) == len({*told}), "once each"

    @invariant()
    def its_next_step_is_due_when_it_is_needed_and_not_before(self) -> None:
        due = self.callout.due_at
        if due is None:
            assert next_step(self.callout, POLICY, self.now + timedelta(days=1)) == "nothing"
        else:
            assert next_step(self.callout, POLICY, max(due, self.now)) != "nothing"
            if due > self.now:
                assert next_step(self.callout, POLICY, due - timedelta(milliseconds=1)) == "nothing"

    @invariant()
    def who_is_asked_can_be_found_by(self) -> None:
        assert self.callout.asked == tuple(c.volunteer for c in self.callout.candidates)

    @invariant()
    def who_is_called_or_comes_is_claimed_and_nobody_else(self) -> None:
        claimed = {c.volunteer for c in self.callout.in_state("called", *COMING)}
        assert set(self.callout.held) == claimed
        assert not (self.callout.ended and self.callout.held)

    @invariant()
    def it_can_end_by_time_alone(self) -> None:
        """A call-out that is open always has a step that is due one day."""
        assert self.callout.ended == (self.callout.due_at is None)

    def teardown(self) -> None:
        if not hasattr(self, "callout"):
            return
        self._time_alone_ends_it()
        assert {c.state for c in self.callout.candidates} <= FINAL
        assert not any(c.overdue for c in self.callout.candidates)
        self._every_call_has_one_answer_and_every_acceptance_one_end()
        finished = [f for f in self.facts if isinstance(f, contract.VolunteerFinished)]
        arrived = [f for f in self.facts if isinstance(f, contract.VolunteerArrived)]
        assert len(finished) == len(arrived), "each arrival has its evidence"
        assert all(f.since <= f.until for f in finished)

    def _time_alone_ends_it(self) -> None:
        """Nobody does anything any more and nobody else is found: it ends within a day, and either
        somebody said how, or the station was told."""
        for _ in range(100):
            if self.callout.ended:
                break
            assert self.callout.due_at is not None
            self.now = max(self.now, self.callout.due_at)
            self.step(0)
        assert self.callout.ended
        if self.callout.ended_because not in ("withdrawn", "danger"):
            told = any(
                isinstance(f, contract.CalloutEscalated) and f.to == "station" for f in self.facts
            )
            assert told or self.callout.outcome is not None

    def _every_call_has_one_answer_and_every_acceptance_one_end(self) -> None:
        for who in self.callout.asked:
            facts = [f for f in self.facts if who in _people(f)]
            mine = [type(f).__name__ for f in facts]
            asked, accepted = mine.count("WaveCalled"), mine.count("CalloutAccepted")
            noes = mine.count("CalloutDeclined") + mine.count("WaveLapsed")
            down, withdrew = mine.count("WaveStoodDown"), mine.count("VolunteerWithdrew")
            done = sum(c.volunteer == who and c.state == "done" for c in self.callout.candidates)
            forgot = sum(
                isinstance(f, contract.VolunteerMissed) and f.about == "finish" for f in facts
            )
            late = sum(
                after == "CalloutAccepted" and before in ("WaveLapsed", "WaveStoodDown")
                for before, after in pairwise(mine)
            )
            assert accepted <= 1
            assert asked + late == noes + down + withdrew + done + forgot


def _people(fact: Event) -> tuple[str, ...]:
    """Whom a fact is about."""
    match fact:
        case contract.WaveCalled():
            return tuple(call.volunteer for call in fact.called)
        case contract.WaveLapsed() | contract.WaveStoodDown():
            return fact.volunteers
        case _:
            return (getattr(fact, "volunteer", ""),)


TestCalloutMachine = CalloutMachine.TestCase
TestCalloutMachine.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
