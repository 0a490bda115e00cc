"""Reads names. The access log is written before anything is returned."""

from collections.abc import Mapping, Sequence

from chassis.clock import Clock
from chassis.errors import NotFound
from chassis.identity.guards import Principal, require
from chassis.limits.quota import Quota
from contracts.vocabulary import Role
from services.registration.account.domain import Account
from services.registration.account.personal import PersonalData
from services.registration.account.store import AccessLog, AccessLogEntry, Accounts
from services.registration.person import domain
from services.registration.sign_in.handlers import phone_of
from services.registration.squad.store import Squads
from services.registration.station.store import Stations
from services.registration.volunteer.handlers import VolunteerReader
from services.registration.volunteer.store import VolunteerFilter


class PersonReader:
    """`lookups`: how often one account may ask for others by their phone."""

    def __init__(
        self,
        accounts: Accounts,
        squads: Squads,
        stations: Stations,
        volunteers: VolunteerReader,
        access_log: AccessLog,
        lookups: Quota,
        personal: PersonalData,
        clock: Clock,
    ) -> None:
        self._accounts, self._squads, self._stations = accounts, squads, stations
        self._volunteers, self._access_log, self._lookups = volunteers, access_log, lookups
        self._personal, self._clock = personal, clock

    async def names(self, who: Principal, ids: Sequence[str]) -> Mapping[str, str]:
        """Account -> name, of those whom the reader may read, oneself too. Of the others nothing is
        said, not even whether they exist."""
        now, found = self._clock.now(), dict[str, str]()
        read_as: dict[str, Role] = {}
        for account in await self._accounts.among(list(dict.fromkeys(ids))):
            own = account.id == who.subject
            role = None if own else domain.reads_name_as(who, account, now)
            name = self._personal.name_of(account) if own or role else None
            if name is not None:
                found[account.id] = name
                if role is not None:
                    read_as[account.id] = role
        await self._log(who, read_as)
        return found

    async def members(
        self, who: Principal, squad: str, after: str, limit: int
    ) -> tuple[Sequence[Account], bool]:
        """Approved members by id, from beyond `after`, and whether there are more. Raises NotFound,
        or Refusal for other squads."""
        found = await self._squads.require(squad)
        streets = (await self._stations.require(found.station)).streets
        require(
            squad in who.squads_led
            or any(who.may("person.read", street, "officer") for street in streets)
        )
        only = VolunteerFilter(station=found.station, squad=squad, standing="approved")
        return await self._volunteers.page(who, only, after, limit)

    async def by_phone(self, who: Principal, phone_text: str) -> tuple[str, str | None]:
        """The account of a phone, and its masked name. Raises NotFound for a phone without one, and
        Refusal for too many look-ups."""
        phone = phone_of(phone_text, "body.phone")
        await self._lookups.take(who.subject)
        key = self._personal.phone_key(phone)
        id = await self._accounts.of_phone(key, self._personal.first_account_of(key))
        account = None if id is None else await self._accounts.get(id)
        if account is None or account.erased_at is not None:
            raise NotFound("phone")
        role: Role = "city_desk" if who.has("city_desk") else "officer"
        if account.id != who.subject:
            await self._log(who, {account.id: role})
        name = self._personal.name_of(account)
        return account.id, name and domain.masked(name)

    async def _log(self, who: Principal, read_as: Mapping[str, Role]) -> None:
        now = self._clock.now()
        await self._access_log.write(
            [
                AccessLogEntry(person=id, by=who.subject, by_role=role, at=now, fields=("name",))
                for id, role in read_as.items()
            ]
        )
