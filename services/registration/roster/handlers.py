"""Loads a roster: checks it against itself and against what is stored, then writes it."""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial

from chassis.clock import Clock
from chassis.domain import Cause, Decision, Refusal
from jinan.areas import CITY
from jinan.local_time import local_date
from services.registration.account.domain import Account, new_account
from services.registration.account.personal import PersonalData
from services.registration.account.store import Accounts
from services.registration.roster import domain
from services.registration.roster.check import Check, CheckedPerson
from services.registration.roster.domain import RosterFile
from services.registration.squad import domain as squads_domain
from services.registration.squad.domain import Squad
from services.registration.squad.store import Squads
from services.registration.station import domain as stations_domain
from services.registration.station.domain import Station
from services.registration.station.store import Stations


class WrongRoster(Exception):
    """`problems`: a line for each, with its path in the file: `people[3].phone: ...`"""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


class RosterHandlers:
    """`allow_unassigned`: also accept unassigned phone numbers."""

    def __init__(
        self,
        accounts: Accounts,
        stations: Stations,
        squads: Squads,
        personal: PersonalData,
        clock: Clock,
        allow_unassigned: bool,
    ) -> None:
        self._accounts, self._stations, self._squads = accounts, stations, squads
        self._personal, self._clock, self._allow_unassigned = personal, clock, allow_unassigned

    async def load(self, file: RosterFile) -> Mapping[str, int]:
        """What -> how many were written.

        Raises WrongRoster before anything is written.
        """
        now = self._clock.now()
        check = Check(file, self._personal, self._allow_unassigned, local_date(now))
        first = {key: self._personal.first_account_of(key) for key in check.phone_keys()}
        check.accounts(await self._accounts.of_phones(first))
        check.stations(await self._stored_stations(file))
        check.squads(await self._stored_squads(file), now)
        people = check.people()
        accounts = await self._accounts.among([person.account for person in people])
        keys = [p.enrolment.application.id_number_key for p in people if p.enrolment.application]
        check.id_numbers(people, await self._accounts.with_id_numbers(keys))
        await self._require_city_officer(check, file)
        new, changed = self._decide(check, people, {account.id: account for account in accounts})
        if check.problems:
            raise WrongRoster(check.problems)
        return await self._write(check, new, changed)

    async def _require_city_officer(self, check: Check, file: RosterFile) -> None:
        """Before a station begins its work somebody is on the watch of the city."""
        given = (r for person in file.people for r in person.roles if r.until is None)
        if not file.stations or any((r.role, r.area) == ("officer", CITY) for r in given):
            return
        if not await self._accounts.hold_without_end("officer", CITY, besides=()):
            check.refuse("people", Refusal("no_city_officer"))

    async def _stored_stations(self, file: RosterFile) -> list[Station]:
        volunteers = [person.volunteer for person in file.people if person.volunteer]
        ids = {entry.id for entry in file.stations} | {entry.station for entry in file.squads}
        ids |= {volunteer.station for volunteer in volunteers}
        found = [await self._stations.get(id) for id in sorted(ids)]
        streets = [street for station in file.stations for street in station.streets]
        return [station for station in found if station] + await self._stations.serving(streets)

    async def _stored_squads(self, file: RosterFile) -> list[Squad]:
        """Those that the file names, and all of the stations that get one."""
        ids = {entry.id for entry in file.squads}
        ids |= {p.volunteer.squad for p in file.people if p.volunteer and p.volunteer.squad}
        ids |= {role.squad for person in file.people for role in person.roles if role.squad}
        found = [await self._squads.get(id) for id in sorted(ids)]
        stations = {entry.station for entry in file.squads}
        neighbours = [await self._squads.of_station(station) for station in sorted(stations)]
        return [squad for squad in found if squad] + [s for group in neighbours for s in group]

    def _decide(
        self, check: Check, people: Sequence[CheckedPerson], stored: Mapping[str, Account]
    ) -> tuple[list[Decision[Account]], list[CheckedPerson]]:
        """The accounts to add, and the people whose accounts are to change."""
        now = self._clock.now()
        new: list[Decision[Account]] = []
        changed: list[CheckedPerson] = []
        for person in people:
            account = stored.get(person.account)
            blank = new_account(person.account, person.phone, person.phone_key)
            try:
                decision = domain.enrol(account or blank, account is None, person.enrolment, now)
            except Refusal as refusal:
                check.refuse(person.path, refusal)
                continue
            if decision is not None and account is None:
                new.append(decision)
            elif decision is not None:
                changed.append(person)
        return new, changed

    async def _write(
        self, check: Check, new: Sequence[Decision[Account]], changed: Sequence[CheckedPerson]
    ) -> Mapping[str, int]:
        cause, now = Cause(secrets.token_hex(16)), self._clock.now()
        stations = [stations_domain.register(station) for station in check.new_stations]
        written = {"stations": await self._stations.add_missing(stations, cause)}
        written["people"] = await self._accounts.add_missing(new, cause) + len(changed)
        for person in changed:
            decide = partial(domain.enrol, is_new=False, enrolment=person.enrolment, now=now)
            await self._accounts.change(person.account, decide, cause)
        # After their leaders: the service reacts to a squad's event with a grant to its leader.
        squads = [squads_domain.form(squad) for squad in check.new_squads]
        written["squads"] = await self._squads.add_missing(squads, cause)
        return written
