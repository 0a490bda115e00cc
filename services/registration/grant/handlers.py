"""Gives roles by hand and takes them back."""

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.identity.guards import Principal, require
from contracts.access import Grant
from contracts.vocabulary import Role
from services.registration.account.domain import Account, HeldGrant
from services.registration.account.store import Accounts
from services.registration.grant import domain
from services.registration.squad.store import Squads
from services.registration.station.store import Stations


class GrantHandlers:
    def __init__(
        self, accounts: Accounts, squads: Squads, stations: Stations, clock: Clock
    ) -> None:
        self._accounts, self._squads = accounts, squads
        self._stations, self._clock = stations, clock

    async def give(self, who: Principal, account: str, grant: Grant, cause: Cause) -> Account:
        _require_may_give(who, grant.role, grant.area)
        if grant.role == "leader" or grant.squad is not None:
            await self._require_squad(grant.squad, grant.area)
        held = HeldGrant(**grant.model_dump(), source="hand", given_by=who.subject)
        now = self._clock.now()
        return await self._accounts.change(account, lambda a: domain.give(a, held, now), cause)

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
        _require_may_give(who, role, area)
        await self._accounts.change(account, lambda a: domain.revoke(a, role, area), cause)


def _require_may_give(who: Principal, role: Role, area: str) -> None:
    if who.may("grant.give", area, "city_desk"):
        return
    if role not in domain.OFFICER_GIVES:
        raise Refusal("not_allowed")
    require(who.may("grant.give", area))
