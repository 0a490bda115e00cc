"""Call-outs as people and other services move them: load, decide, save."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from chassis.clock import Clock
from chassis.domain import Cause, Refusal, derived_id
from chassis.telemetry import tracing
from contracts.events.incidents import ReportRouted
from contracts.vocabulary import Outcome
from services.dispatch.callout import events, filling, scene
from services.dispatch.callout.state import Callout, Decision
from services.dispatch.callout.store import Callouts, EndedReports
from services.dispatch.callout.waves import Lookout
from services.dispatch.policy import policy_at
from services.dispatch.responder.store import Responders


class CalloutHandlers:
    """`stirred` is set whenever a call-out may want its next step: the deadlines loop need not wait
    for its turn."""

    def __init__(
        self,
        callouts: Callouts,
        ended: EndedReports,
        responders: Responders,
        lookout: Lookout,
        clock: Clock,
    ) -> None:
        self._callouts, self._ended, self._responders = callouts, ended, responders
        self._lookout, self._clock = lookout, clock
        self.stirred = asyncio.Event()

    async def open(self, event: ReportRouted, seq: int, cause: Cause) -> None:
        """A report was routed to volunteers: the call-out and its first wave are one write. An
        earlier round's call-out is stood down; a late message about a report that has ended or
        moved on since opens nothing."""
        id = derived_id("cal", event.report, str(event.round))
        known, ended = await asyncio.gather(
            self._callouts.of_report(event.report), self._ended.after(event.report, seq)
        )
        earlier = [callout for callout in known if callout.round < event.round]
        await self._stand_down(
            earlier, "routed_elsewhere", Cause(f"round:{event.report}:{event.round}")
        )
        if ended or any(callout.round >= event.round for callout in known):
            return
        now = self._clock.now()
        policy = policy_at(now)
        callout = filling.opened(id, event, policy, now).model_copy(
            update={"trace": tracing.current()}
        )
        plan = await self._lookout.plan(callout, policy, now)
        decision = filling.call_wave(callout, plan.wave, plan.called, policy, now, plan.again_at)
        facts = [events.opened(callout)]
        opened, more = decision if decision else (callout, [])
        stored = await self._callouts.add(opened, [*facts, *more], cause)
        if (
            stored.waves[0].decision != plan.wave.decision
        ):  # another replica had the same message and was first
            await self._lookout.drop(plan, stored)
        await self.after_wave(stored)

    async def after_wave(self, callout: Callout) -> None:
        """Who went off duty between their claim and their call is let go at once."""
        self._stir(callout)
        called = [candidate.volunteer for candidate in callout.in_state("called")]
        for volunteer, responder in (await self._responders.off_duty(called)).items():
            await self._drop(
                callout.id, volunteer, Cause(f"drop:{callout.id}:{volunteer}"), responder.approved
            )

    async def end_report(
        self, report: str, seq: int, reason: events.EndReason, cause: Cause
    ) -> None:
        """The report is withdrawn, closed, resolved by others, or not the volunteers' any more."""
        await self._ended.mark(report, seq)
        await self._stand_down(await self._callouts.of_report(report), reason, cause)

    async def _stand_down(
        self, callouts: Sequence[Callout], reason: events.EndReason, cause: Cause
    ) -> None:
        now = self._clock.now()
        for callout in callouts:
            if not callout.ended:
                await self.decide(
                    callout.id, lambda c: scene.stand_down(c, reason, policy_at(now), now), cause
                )

    async def accept(self, id: str, volunteer: str, cause: Cause) -> Callout:
        """Raises 409 enough_people after the last place, call_lapsed when it is too late, not_free
        when another matter has them, off_duty when they are not on duty any more."""
        now = self._clock.now()
        policy = policy_at(now)
        await self._hold(id, volunteer)
        return await self.decide(id, lambda c: filling.accept(c, volunteer, policy, now), cause)

    async def _hold(self, id: str, volunteer: str) -> None:
        """Before an acceptance that is possible: make sure that the claim on the person still
        holds."""
        callout, responder = await asyncio.gather(
            self.required(id), self._responders.get(volunteer)
        )
        candidate = callout.candidate(volunteer)
        if candidate is None or candidate.state != "called" or callout.places_left == 0:
            return  # a repeat, or refused with the reason by the decision itself
        now = self._clock.now()
        if responder is None or not responder.on_duty:
            raise Refusal("off_duty")
        if responder.engagement(now) == id:
            return
        until = now + timedelta(seconds=policy_at(now).claim_grace_s)
        if not await self._responders.claim_again(volunteer, id, now, until):
            raise Refusal("not_free")

    async def decline(self, id: str, volunteer: str, cause: Cause) -> Callout:
        now = self._clock.now()
        return await self.decide(
            id, lambda c: filling.decline(c, volunteer, policy_at(now), now), cause
        )

    async def set_out(self, id: str, volunteer: str, cause: Cause) -> Callout:
        return await self.decide(id, lambda c: scene.set_out(c, volunteer), cause)

    async def arrive(self, id: str, volunteer: str, cause: Cause) -> Callout:
        now = self._clock.now()
        return await self.decide(id, lambda c: scene.arrive(c, volunteer, now), cause)

    async def finish(self, id: str, volunteer: str, outcome: Outcome, cause: Cause) -> Callout:
        now = self._clock.now()
        return await self.decide(
            id, lambda c: scene.finish(c, volunteer, outcome, policy_at(now), now), cause
        )

    async def withdraw(self, id: str, volunteer: str, cause: Cause) -> Callout:
        now = self._clock.now()
        return await self.decide(
            id, lambda c: scene.withdraw(c, volunteer, policy_at(now), now), cause
        )

    async def drop_off_duty(self, volunteer: str, cause: Cause) -> None:
        """Their duty ended: by what is stored now, whatever came before or after."""
        responder = await self._responders.get(volunteer)
        if responder is None or responder.on_duty or responder.engaged is None:
            return
        await self._drop(responder.engaged.callout, volunteer, cause, responder.approved)

    async def _drop(self, id: str, volunteer: str, cause: Cause, approved: bool) -> None:
        now = self._clock.now()
        if await self._callouts.get(id) is not None:
            await self.decide(
                id,
                lambda c: scene.drop(c, volunteer, policy_at(now), now, suspended=not approved),
                cause,
            )

    async def required(self, id: str) -> Callout:
        """Raises 404 where there is none."""
        return await self._callouts.require(id)

    async def decide(
        self, id: str, decide: Callable[[Callout], Decision | None], cause: Cause
    ) -> Callout:
        """Raises the decision's refusal as a problem: 404 for who was never called, else 409."""
        try:
            changed = await self._callouts.change(id, decide, cause)
        except Refusal as refusal:
            raise Refusal("not_found") if refusal.code == "not_called" else refusal from None
        self._stir(changed)
        return changed

    def _stir(self, callout: Callout) -> None:
        if callout.due_at is not None and callout.due_at <= self._clock.now():
            self.stirred.set()
