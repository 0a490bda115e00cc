"""Whatever officers do, and whatever happens to their grants, in whatever order: nobody else's
watch is ever taken, who holds it may, and every watch ends."""

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.domain import Decision, Refusal
from contracts.envelope import Event
from contracts.events import registration as contract
from services.registration.account.domain import Account
from services.registration.tests.watch.test_watch import NOW, POLICY, account, free
from services.registration.watch import domain
from services.registration.watch.domain import Watch

PEOPLE = [f"acc_{n}" for n in range(4)]
somebody = st.sampled_from(PEOPLE)


class WatchMachine(RuleBasedStateMachine):
    watch: Watch

    @initialize()
    def begin(self) -> None:
        self.now, self.watch = NOW, free()
        self.accounts: dict[str, Account | None] = {who: account(who) for who in PEOPLE}
        self.facts: list[tuple[datetime, Event]] = []

    def apply(self, decision: Decision[Watch] | None) -> None:
        if decision is not None:
            before, (self.watch, facts) = self.watch, decision
            assert self.watch != before
            self.facts += [(self.now, fact) for fact in facts]

    @rule(minutes=st.integers(1, 800))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def the_end_comes(self) -> None:
        if self.watch.by is not None and self.watch.until is not None:
            self.now = max(self.now, self.watch.until)

    @rule(who=somebody, minutes=st.none() | st.just(0) | st.integers(1, 800))
    def grants_change(self, who: str, minutes: int | None) -> None:
        """Without an end, with one, or lost. The service hears of it at once."""
        until = None if minutes is None else self.now + timedelta(minutes=minutes)
        self.change_account(who, account(who, until=until))

    @rule(who=somebody)
    def is_deleted(self, who: str) -> None:
        self.change_account(who, None)

    def change_account(self, who: str, changed: Account | None) -> None:
        self.accounts[who] = changed
        self.apply(domain.follow_grants(self.watch, who, changed, self.now))

    def may(self, who: str) -> bool:
        return domain.holds_until(self.accounts[who], self.watch.area, self.now) is not None

    @rule(who=somebody)
    def release(self, who: str) -> None:
        holder = self.watch.at(self.now).by
        try:
            self.apply(domain.release(self.watch, who, self.now))
        except Refusal:
            assert holder != who
        else:
            assert holder == who
            assert self.watch.by is None

    @rule()
    def step(self) -> None:
        self.apply(domain.lapse(self.watch, self.now))

    @rule(who=somebody)
    def take(self, who: str) -> None:
        holder = self.watch.at(self.now).by
        try:
            self.apply(domain.take(self.watch, self.accounts[who], POLICY, self.now))
        except Refusal:
            assert holder not in (None, who) or not self.may(who)
        else:
            assert holder in (None, who)
            assert self.watch.by == who

    @rule(who=somebody, to=somebody)
    def offer(self, who: str, to: str) -> None:
        current = self.watch.at(self.now)
        try:
            self.apply(domain.offer(self.watch, who, self.accounts[to], self.now))
        except Refusal:
            assert current.by != who or to == who or not self.may(to)
        else:
            assert (self.watch.by, self.watch.until) == (who, current.until)
            assert self.watch.to == to

    @rule(who=somebody)
    def accept(self, who: str) -> None:
        current = self.watch.at(self.now)
        try:
            self.apply(domain.accept(self.watch, self.accounts[who], POLICY, self.now))
        except Refusal:
            assert current.to != who or not self.may(who)
        else:
            assert who in (current.to, current.by)
            assert self.watch.by == who

    @invariant()
    def it_is_held_for_twelve_hours_at_most(self) -> None:
        watch = self.watch.at(self.now)
        if watch.by is not None:
            assert watch.until is not None
            assert self.now < watch.until <= self.now + POLICY.watch
        else:
            assert watch.state in ("free", "lapsed")

    @invariant()
    def who_holds_it_may_hold_it(self) -> None:
        holder = self.watch.at(self.now).by
        assert holder is None or self.may(holder)

    @invariant()
    def only_what_is_held_is_offered_and_not_to_the_holder(self) -> None:
        assert self.watch.to is None or self.watch.by not in (None, self.watch.to)

    def teardown(self) -> None:
        if not hasattr(self, "watch"):
            return
        self.now += POLICY.watch
        self.apply(domain.lapse(self.watch, self.now))
        assert self.watch.by is None, "it always lapses"
        self._the_facts_alone_tell_of_one_holder_at_a_time()

    def _the_facts_alone_tell_of_one_holder_at_a_time(self) -> None:
        holder, asked, until = None, None, NOW
        for at, fact in self.facts:
            match fact:
                case contract.WatchTaken() if holder is not None:
                    assert fact.by == holder, "it ends sooner, with the holder's grant"
                    assert at < fact.until < until
                    until = fact.until
                case contract.WatchTaken():
                    holder, asked, until = fact.by, None, fact.until
                case contract.WatchOffered():
                    assert fact.by == holder
                    assert at < until
                    asked = fact.to
                case contract.WatchAccepted():
                    assert fact.by == asked
                    assert at < until
                    holder, asked, until = fact.by, None, fact.until
                case contract.WatchOfferEnded():
                    assert (fact.by, fact.to) == (holder, asked)
                    asked = None
                case contract.WatchLapsed():
                    assert fact.by == holder
                    assert fact.at == min(at, until), "at its end, or given back or lost before"
                    holder, asked = None, None
                case _:
                    raise AssertionError(fact)
        assert holder is None


TestWatchMachine = WatchMachine.TestCase
TestWatchMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
