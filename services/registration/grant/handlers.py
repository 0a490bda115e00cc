"""Gives roles by hand and takes them back.

The giver's grants are read from the store: a token tells of those of some minutes ago.
"""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chassis.clock import Clock
from chassis.domain import Cause, Decision, Refusal
from chassis.identity.guards import Principal, require
from contracts.access import Grant
from contracts.vocabulary import Role
from services.registration.account.domain import Account, HeldGrant
from services.registration.account.store import Accounts
from services.registration.grant import domain
from services.registration.grant.domain import Leaving
from services.registration.grant.store import StoredDepartures
from services.registration.squad.store import Squads
from services.registration.station.store import Stations

_LEAVING_S = 60  # wall-clock seconds; longer than any request


class GrantHandlers:
    def __init__(
        self,
        accounts: Accounts,
        departures: StoredDepartures,
        squads: Squads,
        stations: Stations,
        clock: Clock,
    ) -> None:
        self._accounts, self._departures, self._squads = accounts, departures, squads
        self._stations, self._clock = stations, clock

    async def give(self, who: Principal, account: str, grant: Grant, cause: Cause) -> Account:
        await self._require_may_give(who, grant.role, grant.area)
        if grant.role == "leader" or grant.squad is not None:
            await self._require_squad(grant.squad, grant.area)
        held = HeldGrant(**grant.model_dump(), source="hand", given_by=who.subject)
        now = self._clock.now()
        if grant.until is None:
            return await self._accounts.change(account, lambda a: domain.give(a, held, now), cause)
        # It may take the place of one without an end.
        async with self._another_stays(account, grant.role, grant.area) as another:

            def decide(state: Account) -> Decision[Account] | None:
                domain.require_another(state, grant.role, grant.area, another)
                return domain.give(state, held, now)

            return await self._accounts.change(account, decide, cause)

    async def _require_squad(self, id: str | None, area: str) -> None:
        """A leader's grant reveals the squad's names and phones: a squad of another station is not
        the giver's to give."""
        squad = None if id is None else await self._squads.get(id)
        station = None if squad is None else await self._stations.get(squad.station)
        if station is None or not station.overlaps(area):
            raise Refusal("squad_unknown", "body.squad")

    async def revoke(
        self, who: Principal, account: str, role: Role, area: str, cause: Cause
    ) -> None:
        await self._require_may_give(who, role, area)
        async with self._another_stays(account, role, area) as another:

            def decide(state: Account) -> Decision[Account] | None:
                domain.require_another(state, role, area, another)
                return domain.revoke(state, role, area)

            await self._accounts.change(account, decide, cause)

    @asynccontextmanager
    async def _another_stays(self, account: str, role: Role, area: str) -> AsyncGenerator[bool]:
        """Whether somebody besides the account holds the role without an end, if somebody must.

        First it is noted that the account is leaving, then the others are counted: of two who leave
        at once at least one sees the other, here or as one who has left.
        """
        if (role, area) not in domain.NEVER_EMPTY:
            yield True
            return
        blank, now = domain.departures_of(role, area), self._clock.now()
        since = now - self._clock.span(_LEAVING_S)
        request = secrets.token_hex(16)  # a repeat of the same one takes its turn again
        one = Leaving(request=request, account=account, at=now)
        noted = await self._departures.change(
            blank.id, lambda d: domain.leave(d, one, since), Cause(f"{request}:leave"), blank
        )
        try:
            leaving = [one.account for one in noted.leaving]
            yield await self._accounts.hold_without_end(role, area, besides=leaving)
        finally:
            await self._departures.change(
                blank.id, lambda d: domain.left(d, request), Cause(f"{request}:left")
            )

    async def _require_may_give(self, who: Principal, role: Role, area: str) -> None:
        account = await self._accounts.get(who.subject)
        held = account.grants_at(self._clock.now()) if account else ()
        grants = tuple(grant.contract() for grant in held)
        giver = Principal(subject=who.subject, session=who.session, grants=grants)
        if giver.may("grant.give", area, "city_desk"):
            return
        if role not in domain.OFFICER_GIVES:
            raise Refusal("not_allowed")
        require(giver.may("grant.give", area))
