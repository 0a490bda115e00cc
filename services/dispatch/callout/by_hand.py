"""Calling by hand: a leader or an officer has somebody on the phone."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from services.dispatch.callout import filling
from services.dispatch.callout.chance import acceptance
from services.dispatch.callout.choice import barred
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.situation import Tally
from services.dispatch.callout.state import COMING, Callout, Candidate
from services.dispatch.callout.waves import Lookout
from services.dispatch.policy import Policy, policy_at
from services.dispatch.responder.domain import Responder
from services.dispatch.responder.store import Responders


class HandCalls:
    def __init__(
        self, handlers: CalloutHandlers, responders: Responders, lookout: Lookout, clock: Clock
    ) -> None:
        self._handlers, self._responders, self._lookout, self._clock = (
            handlers,
            responders,
            lookout,
            clock,
        )

    async def people(self, volunteers: Sequence[str]) -> Mapping[str, Responder]:
        """Raises a 422 problem that names those who are not known."""
        known = await self._responders.of(volunteers)
        wrong = [n for n, volunteer in enumerate(volunteers) if volunteer not in known]
        if wrong:
            raise Refusal(
                "bad_request",
                fields={f"body.volunteers.{n}": "dispatch.no_such_volunteer" for n in wrong},
            )
        return known

    async def call(
        self, id: str, volunteers: Sequence[str], cause: Cause
    ) -> tuple[Callout, list[str]]:
        """The call-out, and who of these was not called: asked before, on another matter, not on
        duty; or party to this one, or not of an age for it, whoever asks.

        Raises 409 not_free if nobody of them could be, enough_people, or wrong_state when the
        call-out has ended.
        """
        callout, people, now = (
            await self._handlers.required(id),
            await self.people(volunteers),
            self._clock.now(),
        )
        policy = policy_at(now)
        asked = {c.volunteer: c.state for c in callout.candidates}
        at_it = [v for v in volunteers if asked.get(v) in ("called", *COMING)]
        free = [
            v
            for v in volunteers
            if asked.get(v, "timed_out") == "timed_out"
            and barred(v, people[v].birth_year, callout.parties, now, policy) is None
        ]
        until = now + timedelta(seconds=policy.timeout_by_hand_s)
        claimed = await self._responders.claim(
            free, id, now, until + timedelta(seconds=policy.claim_grace_s)
        )
        if not claimed and not at_it:
            raise Refusal("not_free")
        distances = await self._lookout.distances(callout, list(claimed))
        called = [
            _candidate(callout, people[v], distances.get(v, 0), policy, now, until)
            for v in free
            if v in claimed
        ]
        try:
            changed = await self._handlers.decide(
                id,
                lambda c: filling.call_by_hand(c, called, policy, now) if called else None,
                cause,
            )
        except Refusal:
            await self._responders.release(claimed, id)
            raise
        return changed, [v for v in volunteers if v not in claimed and v not in at_it]


def _candidate(
    callout: Callout,
    person: Responder,
    distance_m: int,
    policy: Policy,
    now: datetime,
    until: datetime,
) -> Candidate:
    return Candidate(
        volunteer=person.id,
        squad=person.squad,
        wave=callout.wave,
        by="hand",
        distance_m=distance_m,
        probability=acceptance(Tally(), policy),
        called_at=now,
        expires_at=until,
    )
