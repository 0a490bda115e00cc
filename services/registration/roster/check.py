"""Checks a roster's entries against each other and against what is stored.

A file of its own because it reads phones and ID numbers with libraries that a domain must not
import, and is as long as what it serves.
"""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from chassis.domain import Refusal
from contracts.texts import text
from jinan.divisions import communities, names
from services.registration.account.domain import Account, HeldGrant
from services.registration.account.personal import (
    PersonalData,
    is_assigned,
    is_too_young,
    normalize_phone,
    parse_id_number,
)
from services.registration.roster.domain import (
    SYSTEM,
    Enrolment,
    PersonEntry,
    RoleEntry,
    RosterFile,
    VolunteerEntry,
)
from services.registration.squad.domain import Squad
from services.registration.station.domain import Station
from services.registration.volunteer.domain import Application


class CheckedPerson(NamedTuple):
    """`path` is the entry's in the file. `account` and `phone` (encrypted, and its keyed hash) are
    those of the person."""

    path: str
    account: str
    phone: str
    phone_key: str
    enrolment: Enrolment


class Check:
    """Collects in `problems` all that is wrong: a line for each, with its path in the file."""

    def __init__(
        self, file: RosterFile, personal: PersonalData, allow_unassigned: bool, today: date
    ) -> None:
        self._file, self._personal, self._allow_unassigned = file, personal, allow_unassigned
        self._today = today
        self.problems: list[str] = []
        self.new_stations: list[Station] = []
        self.new_squads: list[Squad] = []
        self._known_stations: dict[str, Station] = {}
        self._known_squads: dict[str, Squad] = {}
        self._accounts: dict[str, str] = {}

    def phone_keys(self) -> list[str]:
        """Of all people of the file, as far as their phones are right."""
        phones = (normalize_phone(person.phone) for person in self._file.people)
        return [self._personal.phone_key(phone) for phone in phones if phone]

    def accounts(self, stored: Mapping[str, str]) -> None:
        """Phone's key -> account, of those that there are."""
        self._accounts |= stored

    def _account_of(self, phone: str) -> str:
        """A new one for whoever has none."""
        new = f"acc_{secrets.token_hex(10)}"
        return self._accounts.setdefault(self._personal.phone_key(phone), new)

    def refuse(self, path: str, refusal: Refusal) -> None:
        problem = text(f"problem.{refusal.code}", **refusal.values)
        self.problems.append(f"{path}: {problem.zh} / {problem.en}")

    def stations(self, stored: Sequence[Station]) -> None:
        self._known_stations = {station.id: station for station in stored}
        serving = {street: station.id for station in stored for street in station.streets}
        self._unique("stations", "id", [entry.id for entry in self._file.stations])
        for n, entry in enumerate(self._file.stations):
            station = Station.model_validate(entry.model_dump())
            if station.id not in self._known_stations:
                self.new_stations.append(station)
            known = self._known_stations.setdefault(station.id, station)
            if (known.name, known.streets) != (station.name, station.streets):
                self.refuse(f"stations[{n}].id", Refusal("roster_differs"))
            for street in station.streets:
                if street not in names():
                    self.refuse(f"stations[{n}].streets", Refusal("area_unknown"))
                elif serving.setdefault(street, station.id) != station.id:
                    self.refuse(f"stations[{n}].streets", Refusal("street_served"))

    def squads(self, stored: Sequence[Squad], now: datetime) -> None:
        self._known_squads = {squad.id: squad for squad in stored}
        named = {(squad.station, squad.name): squad.id for squad in stored}
        self._unique("squads", "id", [entry.id for entry in self._file.squads])
        self._unique("squads", "leader", [entry.leader for entry in self._file.squads])
        phones = {normalize_phone(person.phone) for person in self._file.people}
        for n, entry in enumerate(self._file.squads):
            leader = None if entry.leader is None else normalize_phone(entry.leader)
            if entry.leader is not None and (leader is None or leader not in phones):
                self.refuse(f"squads[{n}].leader", Refusal("roster_leader_unknown"))
            squad = Squad(
                id=entry.id,
                station=entry.station,
                name=entry.name,
                leader=leader and self._account_of(leader),
                appointed_by=leader and SYSTEM,
                formed_at=now,
            )
            if squad.id not in self._known_squads:
                self.new_squads.append(squad)
            known = self._known_squads.setdefault(squad.id, squad)
            if (known.station, known.name) != (squad.station, squad.name):
                self.refuse(f"squads[{n}].id", Refusal("roster_differs"))
            if squad.station not in self._known_stations:
                self.refuse(f"squads[{n}].station", Refusal("station_unknown"))
            if named.setdefault((squad.station, squad.name), squad.id) != squad.id:
                self.refuse(f"squads[{n}].name", Refusal("squad_name_taken"))

    def people(self) -> list[CheckedPerson]:
        """Those whose own entry is right."""
        self._unique("people", "phone", [normalize_phone(p.phone) for p in self._file.people])
        leads = {squad.leader: (squad.id, squad.station) for squad in self.new_squads}
        found: list[CheckedPerson] = []
        for n, entry in enumerate(self._file.people):
            path, before = f"people[{n}]", len(self.problems)
            phone = normalize_phone(entry.phone)
            if phone is None or not is_assigned(phone, self._allow_unassigned):
                self.refuse(f"{path}.phone", Refusal("phone_invalid"))
                continue
            account = self._account_of(phone)
            enrolment = Enrolment(
                name=self._personal.encrypt(entry.name, "name", account),
                birth_year=entry.birth_year,
                application=self._application(path, account, entry),
                standing=entry.volunteer.standing if entry.volunteer else "applied",
                reason=self._reason(account, entry),
                leads=leads.get(account),
                grants=self._grants(path, entry.roles),
            )
            if len(self.problems) == before:
                encrypted = self._personal.encrypt(phone, "phone", account)
                key = self._personal.phone_key(phone)
                found.append(CheckedPerson(path, account, encrypted, key, enrolment))
        return found

    def _application(self, path: str, account: str, entry: PersonEntry) -> Application | None:
        volunteer = entry.volunteer
        if volunteer is None:
            return None
        self._check_service(f"{path}.volunteer", volunteer)
        identity = parse_id_number(volunteer.id_number, self._today)
        if identity is None:
            self.refuse(f"{path}.volunteer.id_number", Refusal("id_number_invalid"))
            return None
        number, birth_year = identity
        if is_too_young(number, self._today):
            self.refuse(f"{path}.volunteer.id_number", Refusal("too_young"))
        return Application(
            station=volunteer.station,
            area=volunteer.area,
            name=self._personal.encrypt(entry.name, "name", account),
            id_number=self._personal.encrypt(number, "id_number", account),
            id_number_key=self._personal.id_number_key(number),
            birth_year=birth_year,
            skills=tuple(dict.fromkeys(volunteer.skills)),
            squad=volunteer.squad,
        )

    def _check_service(self, path: str, volunteer: VolunteerEntry) -> None:
        station = self._known_stations.get(volunteer.station)
        if station is None:
            self.refuse(f"{path}.station", Refusal("station_unknown"))
        if volunteer.area not in communities():
            self.refuse(f"{path}.area", Refusal("area_unknown"))
        elif station is not None and not station.serves(volunteer.area):
            self.refuse(f"{path}.area", Refusal("area_not_served"))
        squad = self._known_squads.get(volunteer.squad or "")
        if volunteer.squad and (squad is None or squad.station != volunteer.station):
            self.refuse(f"{path}.squad", Refusal("squad_unknown"))

    def _reason(self, account: str, entry: PersonEntry) -> str | None:
        reason = entry.volunteer and entry.volunteer.reason
        return reason and self._personal.encrypt(reason, "reason", account)

    def _grants(self, path: str, entries: Sequence[RoleEntry]) -> tuple[HeldGrant, ...]:
        return tuple(self._grant(f"{path}.roles[{n}]", entry) for n, entry in enumerate(entries))

    def _grant(self, path: str, entry: RoleEntry) -> HeldGrant:
        if entry.area not in names():
            self.refuse(f"{path}.area", Refusal("area_unknown"))
        if entry.role == "leader" or entry.squad is not None:
            squad = self._known_squads.get(entry.squad or "")
            station = squad and self._known_stations.get(squad.station)
            if station is None or not station.overlaps(entry.area):
                self.refuse(f"{path}.squad", Refusal("squad_unknown"))
        until = entry.until and entry.until.astimezone(UTC)
        return HeldGrant(
            role=entry.role,
            area=entry.area,
            squad=entry.squad,
            source="hand",
            given_by=SYSTEM,
            until=until,
        )

    def id_numbers(self, people: Sequence[CheckedPerson], holders: Sequence[Account]) -> None:
        """Each belongs to one person, and to no other account of `holders`."""
        held = {account.id_number_key: account.id for account in holders}
        for person in people:
            key = person.enrolment.application and person.enrolment.application.id_number_key
            if key and held.setdefault(key, person.account) != person.account:
                self.refuse(f"{person.path}.volunteer.id_number", Refusal("id_number_taken"))

    def _unique(self, section: str, field: str, values: Sequence[str | None]) -> None:
        counts = Counter(value for value in values if value is not None)
        for n, value in enumerate(values):
            if value is not None and counts[value] > 1:
                self.refuse(f"{section}[{n}].{field}", Refusal("roster_duplicate"))
