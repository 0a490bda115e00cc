"""Call-outs as people and other services move them: load, decide, save."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.domain import Cause, Refusal, derived_id
from chassis.errors import AlreadyExists, DuplicateKey, NotFound
from chassis.kafka.subscriptions import Message
from chassis.tasks.schedule import Schedule
from chassis.telemetry import tracing
from contracts.access import Principal
from contracts.events.dispatch import DutyEnded
from contracts.events.incidents import ReportRouted
from contracts.events.registration import VolunteerStandingChanged
from contracts.vocabulary import Outcome
from jinan.coordinates import Point
from services.dispatch.callout.claims import Claims
from services.dispatch.callout.domain import access, arrival, attendance, filling, manual_call
from services.dispatch.callout.domain.candidacy import Candidacy, candidacies
from services.dispatch.callout.domain.report_end import ReportEnd, end_reason
from services.dispatch.callout.domain.state import Callout, Decision, EndReason
from services.dispatch.callout.store import Callouts, EndedReports, record
from services.dispatch.policy import POLICIES, DispatchPolicy
from services.dispatch.responder.domain import Responder
from services.dispatch.responder.store import Responders
from services.dispatch.selection.domain.explanation import explain
from services.dispatch.selection.domain.situation import Found
from services.dispatch.selection.handlers import CandidateSearch

_IN_ORDER = timedelta(seconds=30)


class CalloutHandlers:
    """`schedule` has when the next step of a call-out is due."""

    def __init__(
        self,
        callouts: Callouts,
        ended: EndedReports,
        responders: Responders,
        claims: Claims,
        search: CandidateSearch,
        clock: Clock,
    ) -> None:
        self._callouts, self._ended, self._responders = callouts, ended, responders
        self._claims, self._search, self._clock = claims, search, clock
        self.schedule = Schedule(clock)

    async def open(self, event: ReportRouted, message: Message) -> None:
        """The call-out, its first wave and the claims on those called are one write. Stands down
        the call-out of an earlier round; opens nothing where the report has ended or been routed
        again since."""
        if event.route != "volunteers":
            return await self.end(event, message)
        if await self._is_outdated(event, message):
            return None
        now = self._clock.now()
        policy = POLICIES.at(now)
        id = derived_id("cal", event.report, str(event.round))
        callout = filling.opened(id, event, policy, now, tracing.current())

        def save(found: Found) -> Awaitable[Callout]:
            # Not the time of the search: who was found may have left another call-out since then.
            opened, facts = filling.open_with(callout, found, policy, self._clock.now())
            return self._callouts.add(opened, facts, message.cause, record(found))

        try:
            stored = await self._claims.call_found(callout, policy, now, save)
        except AlreadyExists:  # the same round came by another message
            return None
        return await self._called(stored, stored.waves[0].called)

    async def _is_outdated(self, event: ReportRouted, message: Message) -> bool:
        """Stands down earlier rounds. The events of a report come in order: only what an operator
        replays comes after the report's end, and that is older than a moment."""
        if event.round == 1 and self._clock.now() - message.at < _IN_ORDER:
            return False
        known, ended = await asyncio.gather(
            self._callouts.of_report(event.report), self._ended.after(event.report, message.seq)
        )
        earlier = [callout for callout in known if callout.round < event.round]
        cause = Cause(f"round:{event.report}:{event.round}")
        await self._stand_down(earlier, "routed_elsewhere", cause)
        return ended or len(earlier) < len(known)

    async def call_next_wave(self, callout: Callout) -> None:
        now = self._clock.now()
        policy = POLICIES.at(now)

        def save(found: Found) -> Awaitable[Callout]:
            called_at, recorded = self._clock.now(), filling.is_recorded(callout, found)
            return self._callouts.change(
                callout.id,
                lambda c: filling.call_wave(
                    c, found, policy, called_at, recorded=recorded, searched=callout
                ),
                Cause(f"wave:{callout.version}:{found.id}"),
                attached=record(found) if recorded else None,
            )

        stored = await self._claims.call_found(callout, policy, now, save)
        await self._called(stored, stored.waves[-1].called)

    async def _called(self, callout: Callout, called: Collection[str]) -> None:
        """Drop those who went off duty before they were called."""
        self.schedule.note(callout.due_at)
        for responder in await self._claims.off_duty(callout, called):
            cause = Cause(f"drop:{callout.id}:{callout.version}:{responder.id}")
            await self._drop(callout.id, responder.id, cause, suspended=not responder.approved)

    async def end(self, event: ReportEnd, message: Message) -> None:
        """The report needs no volunteers any more. One resolved or returned by them is skipped:
        their call-out ends by itself."""
        reason = end_reason(event)
        if reason is None:
            return
        await self._ended.mark(event.report, message.seq)
        await self._stand_down(await self._callouts.of_report(event.report), reason, message.cause)

    async def _stand_down(
        self, callouts: Sequence[Callout], reason: EndReason, cause: Cause
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
        off_duty when they are not on duty, on_another_matter when another call-out holds them."""
        now = self._clock.now()
        responder = await self._responders.get(volunteer)
        on_duty = responder is not None and responder.on_duty
        try:
            return await self.change(
                id,
                lambda c: filling.accept(c, volunteer, POLICIES.at(now), now, on_duty=on_duty),
                cause,
            )
        except DuplicateKey as held:  # they let the call lapse, and have been called elsewhere
            raise Refusal("on_another_matter") if "held" in held.key else held from None

    async def decline(self, id: str, volunteer: str, cause: Cause) -> Callout:
        now = self._clock.now()
        return await self.change(
            id, lambda c: filling.decline(c, volunteer, POLICIES.at(now), now), cause
        )

    async def set_out(self, id: str, volunteer: str, cause: Cause) -> Callout:
        return await self._attend(attendance.set_out, id, volunteer, cause)

    async def arrive(self, id: str, volunteer: str, cause: Cause) -> Callout:
        """Raises Refusal far_from_scene where their phone is elsewhere, and they say it once."""
        now, last = self._clock.now(), await self._search.last_fix(volunteer)
        changed = await self.change(
            id, lambda c: arrival.arrive(c, volunteer, last, POLICIES.at(now), now), cause
        )
        arrival.require_on_scene(changed, volunteer)
        return changed

    async def still_here(self, id: str, volunteer: str, cause: Cause) -> Callout:
        return await self._attend(attendance.still_here, id, volunteer, cause)

    async def finish(self, id: str, volunteer: str, outcome: Outcome, cause: Cause) -> Callout:
        now = self._clock.now()
        return await self.change(
            id, lambda c: attendance.finish(c, volunteer, outcome, POLICIES.at(now), now), cause
        )

    async def withdraw(self, id: str, volunteer: str, cause: Cause) -> Callout:
        return await self._attend(attendance.withdraw, id, volunteer, cause)

    async def _attend(
        self,
        decide: Callable[[Callout, str, DispatchPolicy, datetime], Decision | None],
        id: str,
        volunteer: str,
        cause: Cause,
    ) -> Callout:
        now = self._clock.now()
        return await self.change(id, lambda c: decide(c, volunteer, POLICIES.at(now), now), cause)

    async def drop(self, event: DutyEnded | VolunteerStandingChanged, message: Message) -> None:
        """Their duty or approval ended: by what is stored now, whatever came before or after."""
        if isinstance(event, VolunteerStandingChanged) and event.standing == "approved":
            return
        responder = await self._responders.get(event.volunteer)
        if responder is None or responder.on_duty:
            return
        for one in (await self._callouts.engagements([responder.id])).values():
            suspended = not responder.approved
            await self._drop(one.callout, responder.id, message.cause, suspended=suspended)

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
        place = Point(callout.longitude, callout.latitude)
        metres = await self._search.distances(place, free)

        def save(chosen: Sequence[str]) -> Awaitable[Callout]:
            called = manual_call.candidates(callout, people, chosen, metres, policy, now)
            return self.change(
                id,
                lambda c: filling.call_manually(c, called, policy, now) if called else None,
                cause,
            )

        if not free and not already:
            raise Refusal("not_free")
        changed, called = await self._claims.call_named(id, free, save)
        await self._called(changed, called)
        return changed, [v for v in people if v not in called and v not in already]

    async def _people(
        self, callout: Callout, who: Principal, volunteers: Sequence[str]
    ) -> Mapping[str, Responder]:
        """Officers of the area may call anybody, a leader the own squad."""
        commands = access.commands(who, callout)
        if not commands and not access.leads(who, callout):
            raise NotFound(callout.id)
        known = {one.id: one for one in await self._responders.of(volunteers)}
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
        return candidacies(callout, explain(await self._callouts.searches(callout.id)))

    async def forget_searches(self) -> None:
        now = self._clock.now()
        kept = timedelta(days=POLICIES.at(now).search_days)
        await self._callouts.forget_searches(now - kept)

    async def get(self, id: str) -> Callout:
        """Raises NotFound."""
        return await self._callouts.require(id)

    async def change(
        self, id: str, decide: Callable[[Callout], Decision | None], cause: Cause
    ) -> Callout:
        """Raises the decision's Refusal; NotFound for who was never called."""
        before: list[Callout] = []

        def noting(callout: Callout) -> Decision | None:
            before[:] = [callout]
            return decide(callout)

        try:
            changed = await self._callouts.change(id, noting, cause)
        except Refusal as refusal:
            raise NotFound(id) if refusal.code == "not_called" else refusal from None
        self.schedule.note(changed.due_at)
        if before:
            await self._claims.follow(before[0], changed)
        return changed
