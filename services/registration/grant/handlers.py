"""Give and take roles by hand."""

from datetime import datetime

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.identity.guards import Principal
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
        self._accounts, self._squads, self._stations, self._clock = (
            accounts,
            squads,
            stations,
            clock,
        )

    async def give(
        self,
        who: Principal,
        account: str,
        role: Role,
        area: str,
        squad: str | None,
        until: datetime | None,
        cause: Cause,
    ) -> Account:
        _require(who, role, area)
        if role == "leader" or squad is not None:
            await self._require_squad(squad, area)
        grant = HeldGrant(
            role=role, area=area, squad=squad, source="hand", given_by=who.subject, until=until
        )
        now = self._clock.now()
        return await self._accounts.change(account, lambda a: domain.give(a, grant, now), cause)

    async def _require_squad(self, id: str | None, area: str) -> None:
        squad = None if id is None else await self._squads.get(id)
        station = None if squad is None else await self._stations.get(squad.station)
        if station is None or not domain.is_of(station.streets, area):
            raise Refusal("squad_unknown", "body.squad")

    async def take(self, who: Principal, account: str, role: Role, area: str, cause: Cause) -> None:
        _require(who, role, area)
        await self._accounts.change(account, lambda a: domain.take(a, role, area), cause)


def _require(who: Principal, role: Role, area: str) -> None:
    """The city desk deals with all roles, an officer with those of the own area's volunteers and
    committees."""
    if who.may("grant.give", area, "city_desk"):
        return
    if role not in domain.OFFICER_GIVES:
        raise Refusal("not_allowed")
    who.require("grant.give", area)
