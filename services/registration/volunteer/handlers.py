"""Decides about volunteers, and reads them. Areas are checked on the stored state, in the step that
changes it; each access to a name or a phone leaves an entry that the person can see."""

from collections.abc import Callable, Sequence
from datetime import datetime

from chassis.clock import Clock
from chassis.domain import Cause, Decision, Refusal
from chassis.errors import DuplicateKey
from chassis.identity.guards import Principal, require
from contracts.access import Permission
from contracts.vocabulary import Role, Skill
from jinan.local_time import local_date
from services.registration.account.domain import (
    Account,
    NumberClaim,
    Proposal,
    ProposedChange,
    Volunteer,
)
from services.registration.account.personal import PersonalData, is_too_young, parse_id_number
from services.registration.account.store import AccessLog, AccessLogEntry, Accounts
from services.registration.division.store import Divisions
from services.registration.policy import POLICIES
from services.registration.squad.store import Squads
from services.registration.station.store import Stations
from services.registration.volunteer import domain
from services.registration.volunteer.domain import Application
from services.registration.volunteer.store import Reach, VolunteerFilter, Volunteers

_PROPOSERS: tuple[Role, ...] = ("leader", "committee", "officer")
_READERS: tuple[Role, ...] = ("officer", "leader")


class VolunteerHandlers:
    """Decides about volunteers."""

    def __init__(
        self,
        accounts: Accounts,
        stations: Stations,
        squads: Squads,
        divisions: Divisions,
        personal: PersonalData,
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
        today = local_date(self._clock.now())
        identity = parse_id_number(id_number, today)
        if identity is None:
            raise Refusal("id_number_invalid", "body.id_number")
        number, birth_year = identity
        if is_too_young(number, today):
            raise Refusal("too_young", "body.id_number")
        application = Application(
            station=station,
            area=area,
            birth_year=birth_year,
            skills=skills,
            squad=squad,
            name=self._personal.encrypt(name, "name", who.subject),
            id_number=self._personal.encrypt(number, "id_number", who.subject),
            id_number_key=self._personal.id_number_key(number),
        )
        return await self._apply(who.subject, application, cause)

    async def _apply(self, account: str, application: Application, cause: Cause) -> Account:
        """Of two accounts with one ID number the unique index lets one hold it. Who is refused
        learns nothing of the other; the officers of the other see that somebody claims it."""
        now = self._clock.now()
        for _ in range(2):
            try:
                return await self._accounts.change(
                    account, lambda a: domain.apply(a, application, now), cause
                )
            except DuplicateKey:
                if not await self._freed_or_claimed(account, application, now, cause):
                    break
        raise Refusal("id_number_taken", "body.id_number")

    async def _freed_or_claimed(
        self, account: str, application: Application, now: datetime, cause: Cause
    ) -> bool:
        """Whether the ID number is free now; else the claim is noted with who holds it."""
        claim = NumberClaim(account=account, station=application.station, at=now)
        number = application.id_number_key
        for holder in await self._accounts.with_id_numbers([number]):
            if holder.erased_at is not None:  # suspended before: nobody joins anew with it
                return False
            if domain.free_number(holder) is not None:
                await self._accounts.change(
                    holder.id, domain.free_number, Cause(f"{cause.id}:free")
                )
                return await self._accounts.free(holder.id, number, Cause(f"{cause.id}:freed"))
            if holder.id_number_key != number:  # it began to apply, and did not get it
                return await self._accounts.free(holder.id, number, Cause(f"{cause.id}:freed"))
            await self._accounts.change(
                holder.id,
                lambda a: domain.claim(a, claim, POLICIES.at(now)),
                Cause(f"{cause.id}:claim"),
            )
            return False
        return True  # it was freed since

    async def approve(self, who: Principal, id: str, squad: str | None, cause: Cause) -> Account:
        await self._require_squad_of(id, squad)
        now = self._clock.now()
        return await self._decide(
            who, id, lambda a: domain.approve(a, who.subject, squad, now), cause
        )

    async def reject(self, who: Principal, id: str, reason: str, cause: Cause) -> Account:
        encrypted, now = self._personal.encrypt(reason, "reason", id), self._clock.now()
        return await self._decide(
            who, id, lambda a: domain.reject(a, who.subject, encrypted, now), cause
        )

    async def suspend(self, who: Principal, id: str, reason: str, cause: Cause) -> Account:
        encrypted, now = self._personal.encrypt(reason, "reason", id), self._clock.now()
        return await self._decide(
            who, id, lambda a: domain.suspend(a, who.subject, encrypted, now), cause
        )

    async def decide_number(
        self, who: Principal, id: str, reason: str, cause: Cause, *, genuine: bool
    ) -> Account:
        encrypted, now = self._personal.encrypt(reason, "reason", id), self._clock.now()
        return await self._decide(
            who,
            id,
            lambda a: domain.decide_number(a, who.subject, encrypted, now, genuine=genuine),
            cause,
        )

    async def update(
        self,
        who: Principal,
        id: str,
        skills: tuple[Skill, ...] | None,
        squad: str | None,
        cause: Cause,
    ) -> Account:
        await self._require_squad_of(id, squad)
        now = self._clock.now()
        return await self._decide(
            who, id, lambda a: domain.update(a, skills, squad, who.subject, now), cause
        )

    async def propose(
        self, who: Principal, id: str, what: ProposedChange, reason: str, cause: Cause
    ) -> Account:
        """By a leader for their squad, by a committee or an officer for their area."""
        volunteer = _volunteer(await self._accounts.require(id))
        role = _role_for(who, "volunteer.propose", volunteer, _PROPOSERS)
        now = self._clock.now()
        proposal = Proposal(
            id=cause.derive("prp"),
            what=what,
            by=who.subject,
            by_role=role,
            at=now,
            reason=self._personal.encrypt(reason, "reason", id),
        )
        return await self._accounts.change(
            id, lambda a: domain.propose(a, proposal, POLICIES.at(now)), cause
        )

    async def _decide(
        self,
        who: Principal,
        id: str,
        decide: Callable[[Account], Decision[Account] | None],
        cause: Cause,
    ) -> Account:
        def within_area(account: Account) -> Decision[Account] | None:
            require(who.may("volunteer.decide", _volunteer(account).area))
            return decide(account)

        return await self._accounts.change(id, within_area, cause)

    async def _require_served(self, station: str, area: str) -> None:
        found = await self._stations.get(station)
        if found is None:
            raise Refusal("station_unknown", "body.station")
        if not await self._divisions.is_community(area):
            raise Refusal("area_unknown", "body.area")
        if not found.serves(area):
            raise Refusal("area_not_served", "body.area")

    async def _require_squad_of(self, id: str, squad: str | None) -> None:
        """That the squad, if any, is one of the volunteer's station."""
        if squad is not None:
            volunteer = _volunteer(await self._accounts.require(id))
            await self._require_squad(squad, volunteer.station)

    async def _require_squad(self, squad: str | None, station: str) -> None:
        if squad is not None:
            found = await self._squads.get(squad)
            if found is None or found.station != station:
                raise Refusal("squad_unknown", "body.squad")


class VolunteerReader:
    """Reads volunteers. The access log is written before anything is returned."""

    def __init__(
        self, accounts: Accounts, access_log: AccessLog, stations: Stations, clock: Clock
    ) -> None:
        self._accounts, self._access_log = accounts, access_log
        self._volunteers, self._stations, self._clock = Volunteers(accounts), stations, clock

    async def page(
        self, who: Principal, only: VolunteerFilter, after: str, limit: int
    ) -> tuple[Sequence[Account], bool]:
        """The volunteers in reach by id, from beyond `after`, and whether there are more. Their
        names are read."""
        reach = _reach(who)
        if only.contested:  # whose ID number somebody claims is for officers to know
            reach = reach.with_(squads=())
        if only.station is not None:
            await self._require_reaches(who, only.station, reach)
        found = await self._volunteers.page(reach, only, after, limit + 1)
        await self._log(who, found[:limit], "name")
        return found[:limit], len(found) > limit

    async def one(self, who: Principal, id: str) -> Account:
        """A volunteer, with name and phone. Reading oneself is not logged."""
        account = await self._accounts.require(id)
        volunteer = _volunteer(account)
        if account.id != who.subject:
            require(who.may("person.read", volunteer.area, squad=volunteer.squad))
            await self._log(who, [account], "name", "phone")
        return account

    async def _log(self, who: Principal, read: Sequence[Account], *fields: str) -> None:
        now = self._clock.now()
        await self._access_log.write(
            [
                AccessLogEntry(
                    person=account.id,
                    by=who.subject,
                    by_role=_role_for(who, "person.read", _volunteer(account), _READERS),
                    at=now,
                    fields=fields,
                )
                for account in read
                if account.id != who.subject
            ]
        )

    async def _require_reaches(self, who: Principal, station: str, reach: Reach) -> None:
        streets = (await self._stations.require(station)).streets
        if not reach.squads and not any(who.may("person.read", s, "officer") for s in streets):
            raise Refusal("outside_area")


def _volunteer(account: Account) -> Volunteer:
    if account.volunteer is None:
        raise Refusal("not_found")
    return account.volunteer


def _reach(who: Principal) -> Reach:
    grants = who.grants_for("person.read")
    return Reach(
        areas=tuple(grant.area for grant in grants if grant.role == "officer"),
        squads=tuple(grant.squad for grant in grants if grant.role == "leader" and grant.squad),
    )


def _role_for(
    who: Principal, permission: Permission, volunteer: Volunteer, roles: Sequence[Role]
) -> Role:
    """The first of the roles in which they may do this to the volunteer. Raises Refusal if there is
    none."""
    for role in roles:
        if who.may(permission, volunteer.area, role, squad=volunteer.squad):
            return role
    raise Refusal("outside_area")
