"""`python -m services.registration.seed`: Jinan's divisions and the demonstration station; again,
it changes nothing.

Writes what the service itself would have written, events included: whether the service runs now or
later, its relay publishes them. Reads the same environment as the service.
"""

import asyncio
import sys
import time

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.errors import is_transient
from chassis.mongo.store import Store
from contracts.envelope import Event
from services.registration.account import events
from services.registration.account.cipher import FieldCipher
from services.registration.account.domain import Account, HeldGrant, resident
from services.registration.account.personal import Personal
from services.registration.account.store import Accounts
from services.registration.division.store import Divisions
from services.registration.settings import RegistrationSettings
from services.registration.squad import domain as squads_domain
from services.registration.squad.domain import Squad
from services.registration.squad.store import Squads
from services.registration.station import domain as stations_domain
from services.registration.station.domain import Station
from services.registration.station.store import Stations
from services.registration.volunteer import domain as volunteers_domain
from services.registration.volunteer.domain import Application
from simulation.people import Demonstration, Person, demonstration

CAUSE = Cause("seed")
BY = "system"
_WAIT = 60.0  # seconds for the store to come up


class Seed:
    """Turns the plan of people into stored aggregates, by the same decisions that the API makes."""

    def __init__(self, settings: RegistrationSettings) -> None:
        self._clock = Clock(settings.clock)
        self._store = Store(settings.mongo_url, "registration", self._clock)
        self._personal = Personal(FieldCipher(settings.field_key, settings.lookup_key))
        self._accounts, self._squads = Accounts(self._store), Squads(self._store)
        self._stations, self._divisions = Stations(self._store), Divisions(self._store)

    async def run(self, plan: Demonstration) -> dict[str, int]:
        """What -> how many were written now."""
        await self._until_there()
        await self._clock.sync(self._store.server_time)
        await self._store.prepare()
        written = {"divisions": await self._divisions.load()}
        station = Station(**vars(plan.station))
        written["stations"] = await self._stations.add_missing(
            [stations_domain.register(station)], CAUSE
        )
        people = [self._volunteer(person, plan.station.id) for person in plan.volunteers]
        written["volunteers"] = await self._accounts.add_missing(people, CAUSE)
        # After their leaders: the service follows a squad's event at once, and would look for them.
        written["squads"] = await self._squads.add_missing(
            [squads_domain.form(squad) for squad in self._squads_of(plan)], CAUSE
        )
        staff = [self._member(person) for person in plan.staff]
        written["officers, committee and desks"] = await self._accounts.add_missing(staff, CAUSE)
        await self._store.close()
        return written

    async def _until_there(self) -> None:
        until = time.monotonic() + _WAIT
        while True:
            try:
                await self._store.ping()
                return
            except Exception as error:
                if not is_transient(error) or time.monotonic() > until:
                    raise
                await asyncio.sleep(0.5)

    def _squads_of(self, plan: Demonstration) -> list[Squad]:
        by_key = {person.key: self._id(person) for person in plan.volunteers}
        now = self._clock.now()
        return [
            Squad(
                id=s.id,
                station=plan.station.id,
                name=s.name,
                leader=by_key[s.leader],
                formed_at=now,
            )
            for s in plan.squads
        ]

    def _id(self, person: Person) -> str:
        return self._personal.account_id(f"+86{person.phone}")

    def _account(self, person: Person) -> Account:
        id = self._id(person)
        return Account(
            id=id,
            phone=self._personal.seal(f"+86{person.phone}", "phone", id),
            grants=(resident(),),
            name=self._personal.seal(person.name, "name", id),
            birth_year=person.birth_year,
        )

    def _volunteer(self, person: Person, station: str) -> tuple[Account, list[Event]]:
        """Applied, approved and, for a squad's leader, named; the events say how it stands in the
        end."""
        now, account = self._clock.now(), self._account(person)
        application = Application(
            station=station,
            area=person.area,
            birth_year=person.birth_year,
            skills=person.skills,
            squad=person.squad,
            name=self._personal.seal(person.name, "name", account.id),
            id_number=self._personal.seal(person.id_number, "id_number", account.id),
            id_number_key=self._personal.id_number_key(person.id_number),
        )
        account, _ = volunteers_domain.apply(account, application, now)
        account, _ = volunteers_domain.approve(account, BY, None, now)
        if person.role == "leader" and person.squad:
            account, _ = volunteers_domain.lead(account, person.squad, station) or (account, [])
        return account, [
            events.opened(account),
            events.standing_changed(account),
            events.grants_changed(account),
        ]

    def _member(self, person: Person) -> tuple[Account, list[Event]]:
        account = self._account(person)
        grant = HeldGrant(role=person.role, area=person.area, source="hand", given_by=BY)
        account = account.model_copy(update={"grants": (*account.grants, grant)})
        return account, [events.opened(account), events.grants_changed(account)]


def main() -> int:
    settings = RegistrationSettings()
    missing = [name for name in settings.missing() if name in ("FIELD_KEY", "LOOKUP_KEY")]
    if missing:
        sys.stderr.write(f"seed: set {', '.join(missing)} as for the service\n")
        return 2
    written = asyncio.run(Seed(settings).run(demonstration()))
    for what, count in written.items():
        sys.stdout.write(f"{what}: {count} written\n" if count else f"{what}: there already\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
