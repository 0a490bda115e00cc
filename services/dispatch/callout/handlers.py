"""Call-outs as people and other services move them: load, decide, save."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from chassis.clock import Clock
from chassis.domain import Cause, Refusal, derived_id
from chassis.errors import CauseReused, Conflict, NotFound
from chassis.kafka.subscriptions import Message
from chassis.telemetry import tracing
from contracts.access import Principal
from contracts.events.dispatch import DutyEnded
from contracts.events.incidents import (
    ReportClosed,
    ReportNotAccepted,
    ReportResolved,
    ReportRouted,
    ReportWithdrawn,
)
from contracts.events.registration import VolunteerStandingChanged
from contracts.vocabulary import Outcome
from services.dispatch.callout import events
from services.dispatch.callout.domain import access, attendance, filling, manual_call
from services.dispatch.callout.domain.candidacy import Candidacy, candidacies
from services.dispatch.callout.domain.state import Callout, Decision
from services.dispatch.callout.store import Callouts, EndedReports
from services.dispatch.policy import POLICIES
from services.dispatch.responder.domain import Profile
from services.dispatch.responder.store import Responders
from services.dispatch.selection.domain.situation import Found
from services.dispatch.selection.handlers import CandidateSearch

ReportEnd = ReportWithdrawn | ReportNotAccepted | ReportClosed | ReportResolved | ReportRouted


class CalloutHandlers:
    """`wakeup` is set when a call-out's next step may be due, so that deadlines need not wait for
    their turn."""

    def __init__(
        self,
        callouts: Callouts,
        ended: EndedReports,
        responders: Responders,
        search: CandidateSearch,
        clock: Clock,
    ) -> None:
        self._callouts, self._ended, self._responders = callouts, ended, responders
        self._search, self._clock = search, clock
        self.wakeup = asyncio.Event()

    async def open(self, event: ReportRouted, message: Message) -> None:
        """The call-out and its first wave are one write. Stands down the call-out of an earlier
        round; opens nothing where the report has ended or been routed again since."""
        if event.route != "volunteers":
            return await self.end(event, message)
        known, ended = await asyncio.gather(
            self._callouts.of_report(event.report), self._ended.after(event.report, message.seq)
        )
        earlier = [callout for callout in known if callout.round < event.round]
        await self._stand_down(
            earlier, "routed_elsewhere", Cause(f"round:{event.report}:{event.round}")
        )
        if ended or len(earlier) < len(known):
            return None
        now = self._clock.now()
        policy = POLICIES.at(now)
        id = derived_id("cal", event.report, str(event.round))
        callout = filling.opened(id, event, policy, now, tracing.current())

        need = filling.need(callout, policy, now)
        found = await self._search.search(need, policy, now)
        found = await self._search.claim(found, need, policy, now)
        opened, facts = filling.open_with(callout, found, policy, now)
        stored = await self._callouts.add(opened, facts, message.cause)
        return await self._settle(stored, found)

    async def call_next_wave(self, callout: Callout) -> None:
        now = self._clock.now()
        policy = POLICIES.at(now)
        need = filling.need(callout, policy, now)
        found = await self._search.search(need, policy, now)
        found = await self._search.claim(found, need, policy, now)
        stored = await self.change(
            callout.id,
            lambda c: filling.call_wave(c, found, policy, now),
            Cause(f"wave:{callout.version}:{found.id}"),
        )
        await self._settle(stored, found)

    async def _settle(self, callout: Callout, found: Found) -> None:
        """Release those claimed for a wave that lost to another replica's; drop those who went off
        duty between claim and call."""
        self._wake(callout)
        if all(wave.decision != found.id for wave in callout.waves):
            spare = set(found.selection.chosen).difference(callout.asked)
            await self._search.release(callout.id, spare)
        called = [candidate.volunteer for candidate in callout.in_state("called")]
        for volunteer, responder in (await self._responders.off_duty(called)).items():
            cause = Cause(f"drop:{callout.id}:{volunteer}")
            await self._drop(callout.id, volunteer, cause, suspended=not responder.approved)

    async def end(self, event: ReportEnd, message: Message) -> None:
        """The report is withdrawn, closed, resolved by others, or routed elsewhere. One resolved by
        volunteers is skipped: their call-out ends by itself."""
        if isinstance(event, ReportResolved) and event.resolved_by == "volunteers":
            return
        reason: events.EndReason = "closed"
        if isinstance(event, ReportWithdrawn):
            reason = "withdrawn"
        elif isinstance(event, ReportRouted):
            reason = "routed_elsewhere"
        await self._ended.mark(event.report, message.seq)
        await self._stand_down(await self._callouts.of_report(event.report), reason, message.cause)

    async def _stand_down(
        self, callouts: Sequence[Callout], reason: events.EndReason, cause: Cause
    ) -> None:
        now = self._clock.now()
        for callout in callouts:
            if not callout.ended:
                await self.change(
                    callout.id,
                    lambda c: attendance.stand_down(c, reason, POLICIES.at(now), now),
                    cause,
                )

    async def accept(self, id: str, volunteer: str, cause: Cause) -> Callout:
        """Raises Refusal enough_people after the last place, call_lapsed when it is too late,
        not_free when another call-out has a claim on them, off_duty when they are not on duty."""
        now = self._clock.now()
        await self._renew_claim(id, volunteer)
        return await self.change(
            id, lambda c: filling.accept(c, volunteer, POLICIES.at(now), now), cause
        )

    async def _renew_claim(self, id: str, volunteer: str) -> None:
        """Before an acceptance that is possible: make sure that the claim still holds."""
        callout, responder = await asyncio.gather(self.get(id), self._responders.get(volunteer))
        candidate = callout.candidate(volunteer)
        if candidate is None or candidate.state != "called" or callout.places_left == 0:
            return  # a repeat, or refused with the reason by the decision itself
        now = self._clock.now()
        if responder is None or not responder.on_duty:
            raise Refusal("off_duty")
        if responder.engagement(now) == id:
            return
        until = now + POLICIES.at(now).claim_grace
        if not await self._responders.claim_again(volunteer, id, now, until):
            raise Refusal("not_free")

    async def decline(self, id: str, volunteer: str, cause: Cause) -> Callout:
        now = self._clock.now()
        return await self.change(
            id, lambda c: filling.decline(c, volunteer, POLICIES.at(now), now), cause
        )

    async def set_out(self, id: str, volunteer: str, cause: Cause) -> Callout:
        return await self.change(id, lambda c: attendance.set_out(c, volunteer), cause)

    async def arrive(self, id: str, volunteer: str, cause: Cause) -> Callout:
        now = self._clock.now()
        return await self.change(id, lambda c: attendance.arrive(c, volunteer, now), cause)

    async def finish(self, id: str, volunteer: str, outcome: Outcome, cause: Cause) -> Callout:
        now = self._clock.now()
        return await self.change(
            id, lambda c: attendance.finish(c, volunteer, outcome, POLICIES.at(now), now), cause
        )

    async def withdraw(self, id: str, volunteer: str, cause: Cause) -> Callout:
        now = self._clock.now()
        return await self.change(
            id, lambda c: attendance.withdraw(c, volunteer, POLICIES.at(now), now), cause
        )

    async def drop(self, event: DutyEnded | VolunteerStandingChanged, message: Message) -> None:
        """Their duty or approval ended: by what is stored now, whatever came before or after."""
        if isinstance(event, VolunteerStandingChanged) and event.standing == "approved":
            return
        responder = await self._responders.get(event.volunteer)
        if responder is None or responder.on_duty or responder.engaged is None:
            return
        suspended = not responder.approved
        await self._drop(
            responder.engaged.callout, responder.id, message.cause, suspended=suspended
        )

    async def _drop(self, id: str, volunteer: str, cause: Cause, *, suspended: bool) -> None:
        now = self._clock.now()
        if await self._callouts.get(id) is not None:
            await self.change(
                id,
                lambda c: attendance.drop(c, volunteer, POLICIES.at(now), now, suspended=suspended),
                cause,
            )

    async def call_manually(
        self, id: str, who: Principal, volunteers: Sequence[str], cause: Cause
    ) -> tuple[Callout, list[str]]:
        """The call-out, and who of these was not called: they declined, are on another call-out,
        off duty, party to the matter, or not of an age for it.

        Raises NotFound where `who` may not see the call-out, Refusal not_free if nobody could be
        called, enough_people, or wrong_state when the call-out has ended.
        """
        callout, now = await self.get(id), self._clock.now()
        policy = POLICIES.at(now)
        people = await self._people(callout, who, volunteers)
        free, already = manual_call.sort_out(callout, people, policy, now)
        need = filling.need(callout, policy, now, manual_call.time_to_answer(policy))
        claimed = await self._search.claim_named(need, free, now)
        if not claimed and not already:
            raise Refusal("not_free")
        called = manual_call.candidates(callout, people, claimed, policy, now)
        try:
            changed = await self.change(
                id,
                lambda c: filling.call_manually(c, called, policy, now) if called else None,
                cause,
            )
        except (Refusal, Conflict, CauseReused):
            await self._search.release(id, claimed)
            raise
        return changed, [v for v in people if v not in claimed and v not in already]

    async def _people(
        self, callout: Callout, who: Principal, volunteers: Sequence[str]
    ) -> Mapping[str, Profile]:
        """Officers of the area may call anybody, a leader the own squad."""
        commands = access.commands(who, callout)
        if not commands and not access.leads(who, callout):
            raise NotFound(callout.id)
        known = await self._responders.profiles(volunteers, callout.category, self._clock.now())
        unknown = [n for n, volunteer in enumerate(volunteers) if volunteer not in known]
        if unknown:
            field = "problem.no_such_volunteer"
            raise Refusal(
                "no_such_volunteer", fields={f"body.volunteers.{n}": field for n in unknown}
            )
        if not commands and any(one.squad not in who.squads_led for one in known.values()):
            raise Refusal("outside_squad")
        return {volunteer: known[volunteer] for volunteer in volunteers}

    async def candidacies(self, callout: Callout) -> list[Candidacy]:
        explained = await self._search.explain([wave.decision for wave in callout.waves])
        return candidacies(callout, explained)

    async def get(self, id: str) -> Callout:
        """Raises NotFound."""
        return await self._callouts.require(id)

    async def change(
        self, id: str, decide: Callable[[Callout], Decision | None], cause: Cause
    ) -> Callout:
        """Raises the decision's Refusal; NotFound for who was never called."""
        try:
            changed = await self._callouts.change(id, decide, cause)
        except Refusal as refusal:
            raise NotFound(id) if refusal.code == "not_called" else refusal from None
        self._wake(changed)
        return changed

    def _wake(self, callout: Callout) -> None:
        if callout.due_at is not None and callout.due_at <= self._clock.now():
            self.wakeup.set()
