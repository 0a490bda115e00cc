"""Form squads and name their leaders. The leader's grant follows from the squad's own event, in the
next step."""

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import DuplicateKey
from chassis.identity.guards import Principal
from services.registration.account.domain import Account
from services.registration.account.store import Accounts
from services.registration.squad import domain
from services.registration.squad.domain import Squad
from services.registration.squad.store import Squads
from services.registration.station.domain import Station
from services.registration.station.store import Stations
from services.registration.volunteer import domain as volunteers


class SquadHandlers:
    def __init__(
        self, squads: Squads, stations: Stations, accounts: Accounts, clock: Clock
    ) -> None:
        self._squads, self._stations, self._accounts, self._clock = (
            squads,
            stations,
            accounts,
            clock,
        )

    async def of(self, station: str) -> list[Squad]:
        return await self._squads.of(station)

    async def form(
        self, who: Principal, station: str, name: str, leader: str | None, cause: Cause
    ) -> Squad:
        await self._require_officer(who, station)
        id = cause.derive("squ")
        if leader is not None:
            await self._require_can_lead(leader, id, station, "body.leader")
        squad = Squad(id=id, station=station, name=name, leader=leader, formed_at=self._clock.now())
        try:
            return await self._squads.add(*domain.form(squad), cause)
        except DuplicateKey:
            raise Refusal("squad_name_taken", "body.name") from None

    async def appoint(self, who: Principal, id: str, leader: str, cause: Cause) -> Squad:
        squad = await self._squads.require(id)
        await self._require_officer(who, squad.station)
        await self._require_can_lead(leader, id, squad.station, "body.account")
        return await self._squads.change(id, lambda squad: domain.led_by(squad, leader), cause)

    async def follow(self, id: str, cause: Cause) -> None:
        """Bring the grants to what the squad says now, whatever was said before. Safe to repeat, in
        any order."""
        squad = await self._squads.require(id)
        if squad.leader is not None:
            await self._give(squad, squad.leader, cause)
        for account in await self._accounts.leaders_of(id):
            if account.id != squad.leader:
                await self._accounts.change(
                    account.id, lambda a: volunteers.step_down(a, id), cause
                )

    async def _give(self, squad: Squad, leader: str, cause: Cause) -> None:
        try:
            await self._accounts.change(
                leader, lambda a: volunteers.lead(a, squad.id, squad.station), cause
            )
        except Refusal:  # suspended, or made another squad's leader, since they were named
            await self._squads.change(squad.id, lambda s: domain.without(s, leader), cause)

    async def lose(self, account: str, cause: Cause) -> None:
        """A volunteer's standing has changed: who is not approved leads no squad."""
        found = await self._accounts.get(account)
        if found is None or found.volunteer is None or found.volunteer.standing == "approved":
            return
        for squad in await self._squads.led_by(account):
            await self._squads.change(squad.id, lambda s: domain.without(s, account), cause)

    async def _require_officer(self, who: Principal, station: str) -> Station:
        found = await self._stations.get(station)
        if found is None:
            raise Refusal("station_unknown", "body.station")
        if not any(who.may("volunteer.decide", street) for street in found.streets):
            raise Refusal("outside_area")
        return found

    async def _require_can_lead(self, account: str, squad: str, station: str, field: str) -> None:
        found: Account | None = await self._accounts.get(account)
        if found is None:
            raise Refusal("not_approved", field)
        try:
            volunteers.lead(found, squad, station)
        except Refusal as refusal:
            raise Refusal(refusal.code, field) from None
