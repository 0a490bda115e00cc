"""Proposes strong roles, and gives them once a second person has agreed.

What people may do is read from the store: nobody proposes or confirms with a role they lost.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import NotFound
from chassis.identity.guards import Principal, require
from chassis.kafka.subscriptions import Message
from chassis.tasks.schedule import Schedule
from chassis.tasks.sweep import RETRY_S, Sweep
from contracts.access import Grant
from contracts.events.registration import GrantProposalConfirmed
from jinan.areas import CITY
from services.registration.grant.domain import STRONG
from services.registration.grant.handlers import GrantHandlers, GrantLogHandlers
from services.registration.grant_proposal import domain
from services.registration.grant_proposal.domain import GrantProposal
from services.registration.grant_proposal.store import GrantProposals
from services.registration.policy import POLICIES

log = structlog.get_logger()


class GrantProposalHandlers:
    def __init__(
        self,
        proposals: GrantProposals,
        grants: GrantHandlers,
        grant_log: GrantLogHandlers,
        clock: Clock,
    ) -> None:
        self._proposals, self._grants = proposals, grants
        self._log, self._clock = grant_log, clock
        self.schedule = Schedule(clock)
        """When the next proposal lapses."""
        self._sweep = Sweep[str]("proposals that lapse")

    async def propose(
        self, who: Principal, account: str, grant: Grant, reason: str, cause: Cause
    ) -> GrantProposal:
        """Raises NotFound for an unknown account, and Refusal for what could not be given."""
        if grant.role not in STRONG:
            raise Refusal("one_person_gives", "body.role")
        await self._grants.require_may_give(who.subject, grant.role, grant.area)
        now = self._clock.now()
        proposal = GrantProposal(
            id=cause.derive("gpr"),
            account=account,
            role=grant.role,
            area=grant.area,
            until=grant.until,
            by=who.subject,
            why=cause.derive("why"),
            at=now,
            expires_at=now + POLICIES.at(now).grant_proposal,
        )
        await self._grants.require_can_get(account, proposal.grant(None))
        await self._log.keep_reason(account, reason, cause)
        added = await self._proposals.add(proposal, (), cause)
        self.schedule.note(added.expires_at)
        return added

    async def confirm(self, who: Principal, id: str, cause: Cause) -> GrantProposal:
        """The role is given at once. Raises Refusal where the proposer may not give it any more, or
        it cannot be given."""
        proposal = await self._proposals.require(id)
        await self._require_may_decide(who, proposal)
        try:
            await self._grants.require_may_give(proposal.by, proposal.role, proposal.area)
        except Refusal:
            raise Refusal("proposer_lost_role") from None
        await self._grants.require_can_get(proposal.account, proposal.grant(who.subject))
        now = self._clock.now()
        confirmed = await self._proposals.change(
            id, lambda p: domain.confirm(p, who.subject, now), cause
        )
        return await self._give(confirmed)

    async def on_confirmed(self, event: GrantProposalConfirmed, _: Message) -> None:
        """Gives the role where the request ended before it could."""
        try:
            await self._give(await self._proposals.require(event.proposal))
        except (Refusal, NotFound) as error:
            log.warning("confirmed role not given", id=event.proposal, error=str(error))

    async def _give(self, confirmed: GrantProposal) -> GrantProposal:
        """Once, however often it is asked for."""
        if confirmed.given_at is not None:
            return confirmed
        id, grant, now = confirmed.id, confirmed.grant(confirmed.decided_by), self._clock.now()
        await self._grants.give_confirmed(confirmed.account, grant, Cause(f"give:{id}"))
        return await self._proposals.change(
            id, lambda p: domain.given(p, now), Cause(f"given:{id}")
        )

    async def decline(self, who: Principal, id: str, cause: Cause) -> GrantProposal:
        proposal = await self._proposals.require(id)
        if proposal.by != who.subject:
            await self._require_may_decide(who, proposal)
        now = self._clock.now()
        return await self._proposals.change(
            id, lambda p: domain.decline(p, who.subject, now), cause
        )

    async def lapse_due(self) -> datetime | None:
        """Gives when the next one lapses. Safe on several replicas at once."""
        now = self._clock.now()

        async def lapse(id: str) -> None:
            cause = Cause(f"due:{id}")
            await self._proposals.change(id, lambda p: domain.lapse(p, now), cause)

        if await self._sweep.over(self._proposals.expired(now), lapse):
            return await self._proposals.next_expiry(now)
        return now + self._clock.span(RETRY_S)

    async def page(
        self, who: Principal, after: tuple[datetime, str] | None, limit: int
    ) -> tuple[Sequence[GrantProposal], Mapping[str, str]]:
        """Up to `limit` + 1 of those whom they may decide about, the latest first; and the reasons
        in words, by their ids. Raises Refusal for who may decide about none."""
        holder = await self._grants.holder(who.subject)
        is_desk = [g.area for g in holder.grants_for("grant.give") if g.role == "city_desk"]
        areas = [CITY] if holder.may("grant.give", CITY, "officer") else is_desk
        if not areas:
            raise Refusal("not_allowed")
        found = await self._proposals.in_areas(areas, after, limit + 1)
        return found, await self._log.reasons({p.why: p.account for p in found})

    async def reason(self, proposal: GrantProposal) -> str | None:
        return (await self._log.reasons({proposal.why: proposal.account})).get(proposal.why)

    def now(self) -> datetime:
        return self._clock.now()

    async def _require_may_decide(self, who: Principal, proposal: GrantProposal) -> None:
        require(domain.may_decide(await self._grants.holder(who.subject), proposal.area))
