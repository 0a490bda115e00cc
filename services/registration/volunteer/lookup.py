"""Looking at volunteers: whoever reads a name or a phone leaves a line that the person can read."""

from chassis.clock import Clock
from chassis.domain import Refusal
from chassis.identity.guards import Principal
from contracts.vocabulary import Role, Standing
from services.registration.account.domain import Account
from services.registration.account.store import Accounts, Look, Looks, Reach
from services.registration.station.store import Stations

_READERS: tuple[Role, ...] = ("officer", "leader")


class VolunteerLookup:
    def __init__(self, accounts: Accounts, looks: Looks, stations: Stations, clock: Clock) -> None:
        self._accounts, self._looks, self._stations, self._clock = accounts, looks, stations, clock

    async def many(
        self,
        who: Principal,
        station: str | None,
        standing: Standing | None,
        squad: str | None,
        after: str,
        limit: int,
    ) -> list[Account]:
        """The volunteers in reach, with their names: a look at each."""
        reach = _reach(who)
        if station is not None:
            await self._require_reaches(who, station, reach)
        found = await self._accounts.volunteers(
            reach, station=station, standing=standing, squad=squad, after=after, limit=limit
        )
        await self._log(who, found, ["name"])
        return found

    async def one(self, who: Principal, id: str) -> Account:
        """A volunteer with name and phone. One's own is no look."""
        account = await self._accounts.require(id)
        if account.volunteer is None:
            raise Refusal("not_found")
        if account.id != who.subject:
            who.require("person.read", account.volunteer.area, squad=account.volunteer.squad)
            await self._log(who, [account], ["name", "phone"])
        return account

    async def _log(self, who: Principal, people: list[Account], what: list[str]) -> None:
        now = self._clock.now()
        await self._looks.write(
            [
                Look(
                    person=account.id,
                    by=who.subject,
                    by_role=_role(who, account),
                    at=now,
                    what=what,
                )
                for account in people
                if account.id != who.subject
            ]
        )

    async def _require_reaches(self, who: Principal, station: str, reach: Reach) -> None:
        found = await self._stations.get(station)
        if found is None:
            raise Refusal("not_found")
        if not reach.squads and not any(
            who.may("person.read", street, "officer") for street in found.streets
        ):
            raise Refusal("outside_area")


def _reach(who: Principal) -> Reach:
    grants = who.grants_for("person.read")
    return Reach(
        areas=tuple(grant.area for grant in grants if grant.role == "officer"),
        squads=tuple(grant.squad for grant in grants if grant.role == "leader" and grant.squad),
    )


def _role(who: Principal, account: Account) -> Role:
    """In which role somebody looks."""
    facts = account.volunteer
    if facts is not None:
        for role in _READERS:
            if who.may("person.read", facts.area, role, squad=facts.squad):
                return role
    raise Refusal("outside_area")
