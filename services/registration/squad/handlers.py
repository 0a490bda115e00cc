"""Forms squads and appoints leaders. The leader's grant follows from the squad's own event."""

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import DuplicateKey
from chassis.identity.guards import Principal
from chassis.kafka.subscriptions import Message
from contracts.events.registration import SquadFormed, VolunteerStandingChanged
from services.registration.account.store import Accounts
from services.registration.squad import domain
from services.registration.squad.domain import Squad
from services.registration.squad.store import Squads, leaders_of
from services.registration.station.store import Stations


class SquadHandlers:
    def __init__(
        self, squads: Squads, stations: Stations, accounts: Accounts, clock: Clock
    ) -> None:
        self._squads, self._stations = squads, stations
        self._accounts, self._clock = accounts, clock

    async def of_station(self, station: str, after: str, limit: int) -> list[Squad]:
        """Up to `limit` + 1, by id, from beyond `after`."""
        return await self._squads.of_station(station, after, limit + 1)

    async def one(self, id: str) -> Squad:
        """Raises NotFound."""
        return await self._squads.require(id)

    async def form(
        self, who: Principal, station: str, name: str, leader: str | None, cause: Cause
    ) -> Squad:
        await self._require_officer(who, station)
        id = cause.derive("squ")
        if leader is not None:
            await self._require_can_lead(leader, id, station, "body.leader")
        by = None if leader is None else who.subject
        squad = Squad(
            id=id,
            station=station,
            name=name,
            leader=leader,
            appointed_by=by,
            formed_at=self._clock.now(),
        )
        try:
            return await self._squads.add(*domain.form(squad), cause)
        except DuplicateKey:
            raise Refusal("squad_name_taken", "body.name") from None

    async def appoint(self, who: Principal, id: str, leader: str, cause: Cause) -> Squad:
        squad = await self._squads.require(id)
        await self._require_officer(who, squad.station)
        await self._require_can_lead(leader, id, squad.station, "body.account")
        return await self._squads.change(
            id, lambda squad: domain.with_leader(squad, leader, who.subject), cause
        )

    async def follow_squad(self, event: SquadFormed, message: Message) -> None:
        """Bring the leaders' grants in line with the stored squad, not with the event: safe in any
        order."""
        squad, cause = await self._squads.require(event.squad), message.cause
        by, now = squad.appointed_by or squad.id, self._clock.now()
        if squad.leader is not None:
            await self._give_grant(squad, squad.leader, by, cause)
        for account in await leaders_of(self._accounts, squad.id):
            if account.id != squad.leader:
                await self._accounts.change(
                    account.id, lambda a: domain.step_down(a, squad.id, by, now), cause
                )

    async def _give_grant(self, squad: Squad, leader: str, by: str, cause: Cause) -> None:
        now = self._clock.now()
        try:
            await self._accounts.change(
                leader, lambda a: domain.lead(a, squad.id, squad.station, by, now), cause
            )
        except Refusal:  # since they were appointed: suspended, or made another squad's leader
            await self._squads.change(squad.id, lambda s: domain.without_leader(s, leader), cause)

    async def follow_standing(self, event: VolunteerStandingChanged, message: Message) -> None:
        """A volunteer who is not approved leads no squad."""
        id = event.volunteer
        found = None if event.standing == "approved" else await self._accounts.get(id)
        if found is None or found.volunteer is None or found.volunteer.standing == "approved":
            return
        for squad in await self._squads.led_by(id):
            await self._squads.change(
                squad.id, lambda s: domain.without_leader(s, id), message.cause
            )

    async def _require_officer(self, who: Principal, station: str) -> None:
        found = await self._stations.get(station)
        if found is None:
            raise Refusal("station_unknown", "body.station")
        if not any(who.may("volunteer.decide", street) for street in found.streets):
            raise Refusal("outside_area")

    async def _require_can_lead(self, account: str, squad: str, station: str, field: str) -> None:
        found = await self._accounts.get(account)
        if found is None:
            raise Refusal("not_approved", field)
        try:
            domain.lead(found, squad, station, found.id, self._clock.now())
        except Refusal as refusal:
            raise Refusal(refusal.code, field) from None
