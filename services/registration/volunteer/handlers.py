"""Apply, decide, propose, look at. Areas are checked on what is stored, in the same step that
changes it."""

from collections.abc import Callable
from typing import Literal

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from chassis.errors import DuplicateKey
from chassis.identity.guards import Principal
from contracts.vocabulary import Role, Skill
from services.registration.account.domain import Account, Proposal, Volunteer
from services.registration.account.personal import Personal, id_number_and_birth_year
from services.registration.account.store import Accounts
from services.registration.division.store import Divisions
from services.registration.squad.store import Squads
from services.registration.station.store import Stations
from services.registration.volunteer import domain
from services.registration.volunteer.domain import Application, Decision

Deciding = Callable[[Account], Decision | None]
_PROPOSERS: tuple[Role, ...] = ("leader", "committee", "officer")


class VolunteerHandlers:
    """Decides about volunteers."""

    def __init__(
        self,
        accounts: Accounts,
        stations: Stations,
        squads: Squads,
        divisions: Divisions,
        personal: Personal,
        clock: Clock,
    ) -> None:
        self._accounts, self._stations, self._squads = accounts, stations, squads
        self._divisions, self._personal, self._clock = divisions, personal, clock

    async def apply(
        self,
        who: Principal,
        station: str,
        area: str,
        name: str,
        id_number: str,
        skills: tuple[Skill, ...],
        squad: str | None,
        cause: Cause,
    ) -> Account:
        await self._require_served(station, area)
        await self._require_squad(squad, station)
        identity = id_number_and_birth_year(id_number)
        if identity is None:
            raise Refusal("id_number_invalid", "body.id_number")
        number, birth_year = identity
        application = Application(
            station=station,
            area=area,
            birth_year=birth_year,
            skills=skills,
            squad=squad,
            name=self._personal.seal(name, "name", who.subject),
            id_number=self._personal.seal(number, "id_number", who.subject),
            id_number_key=self._personal.id_number_key(number),
        )
        now = self._clock.now()
        try:
            return await self._accounts.change(
                who.subject,
                lambda account: domain.apply(account, application, now),
                cause,
            )
        except DuplicateKey:
            raise Refusal("id_number_taken", "body.id_number") from None

    async def approve(self, who: Principal, id: str, squad: str | None, cause: Cause) -> Account:
        if squad is not None:
            await self._require_squad(squad, (await self._volunteer(id))[1].station)
        now = self._clock.now()
        return await self._decide(
            who, id, lambda a: domain.approve(a, who.subject, squad, now), cause
        )

    async def reject(self, who: Principal, id: str, reason: str, cause: Cause) -> Account:
        sealed, now = self._personal.seal(reason, "reason", id), self._clock.now()
        return await self._decide(
            who, id, lambda a: domain.reject(a, who.subject, sealed, now), cause
        )

    async def suspend(self, who: Principal, id: str, reason: str, cause: Cause) -> Account:
        sealed, now = self._personal.seal(reason, "reason", id), self._clock.now()
        return await self._decide(
            who, id, lambda a: domain.suspend(a, who.subject, sealed, now), cause
        )

    async def amend(
        self,
        who: Principal,
        id: str,
        skills: tuple[Skill, ...] | None,
        squad: str | None,
        cause: Cause,
    ) -> Account:
        if squad is not None:
            await self._require_squad(squad, (await self._volunteer(id))[1].station)
        return await self._decide(
            who, id, lambda a: domain.amend(a, skills, squad, who.subject), cause
        )

    async def propose(
        self,
        who: Principal,
        id: str,
        what: Literal["approve", "suspend"],
        reason: str,
        cause: Cause,
    ) -> Account:
        """A leader for the own squad, a committee for its own area, an officer too."""
        _, facts = await self._volunteer(id)
        role = _proposes_as(who, facts)
        if role is None:
            raise Refusal("outside_area")
        proposal = Proposal(
            id=cause.derive("prp"),
            what=what,
            by=who.subject,
            by_role=role,
            at=self._clock.now(),
            reason=self._personal.seal(reason, "reason", id),
        )
        return await self._accounts.change(id, lambda a: domain.propose(a, proposal), cause)

    async def _decide(self, who: Principal, id: str, decide: Deciding, cause: Cause) -> Account:
        def within_area(account: Account) -> Decision | None:
            if account.volunteer is None:
                raise Refusal("not_found")
            who.require("volunteer.decide", account.volunteer.area)
            return decide(account)

        return await self._accounts.change(id, within_area, cause)

    async def _volunteer(self, id: str) -> tuple[Account, Volunteer]:
        account = await self._accounts.require(id)
        if account.volunteer is None:
            raise Refusal("not_found")
        return account, account.volunteer

    async def _require_served(self, station: str, area: str) -> None:
        found = await self._stations.get(station)
        if found is None:
            raise Refusal("station_unknown", "body.station")
        if not await self._divisions.is_community(area):
            raise Refusal("area_unknown", "body.area")
        if not found.serves(area):
            raise Refusal("area_not_served", "body.area")

    async def _require_squad(self, squad: str | None, station: str) -> None:
        if squad is not None:
            found = await self._squads.get(squad)
            if found is None or found.station != station:
                raise Refusal("squad_unknown", "body.squad")


def _proposes_as(who: Principal, facts: Volunteer) -> Role | None:
    for role in _PROPOSERS:
        if who.may("volunteer.propose", facts.area, role, squad=facts.squad):
            return role
    return None
