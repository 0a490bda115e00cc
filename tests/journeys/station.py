"""The demonstration station as journeys use it."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from chassis.clock import Clock
from simulation.api import Api, Json, Refused
from simulation.api import Person as SignedIn
from simulation.people import DOOR, Demonstration, Person
from tests.journeys.phone import Phone, eventually
from tests.support.duty import start_duty

COMMUNITY = "370104009008"
SIGN_S = 1.0
"""Wall clock between two positions of a volunteer on duty."""


class Station:
    """Each volunteer and resident is used by one journey only: rest and load of one journey cannot
    disturb another.

    Everybody on duty stands near one place; who is on duty goes off at the journey's end.
    """

    def __init__(self, api: Api, clock: Clock, plan: Demonstration) -> None:
        self.api, self.clock, self.id = api, clock, plan.station.id
        self.place = {"longitude": DOOR[0], "latitude": DOOR[1], "datum": "wgs84"}
        self._free: dict[str, Iterator[Person]] = {
            # Between 18 and 69 years: called at any hour.
            "volunteer": (
                p for p in plan.volunteers if p.role == "volunteer" and 1960 <= p.birth_year <= 2004
            ),
            "resident": iter(plan.residents[:-1]),
        }
        self._same = {
            "officer": plan.officers[0],
            "committee": _of(plan, COMMUNITY),
            "bystander": plan.residents[-1],
            "idle volunteer": plan.volunteers[-1],
        }
        self._phones: list[Phone] = []
        self._signed_in: dict[str, SignedIn] = {}

    async def somebody(self, role: str) -> Phone:
        """A resident or volunteer whom nobody has used yet, or the one who is always the same."""
        person = self._same[role] if role in self._same else next(self._free[role])
        if person.phone not in self._signed_in:  # a code a minute is all that a phone gets
            self._signed_in[person.phone] = await self.api.sign_in(person.phone)
        phone = Phone(self._signed_in[person.phone])
        self._phones.append(phone)
        await phone.open()
        return phone

    async def on_duty(self, metres_north: float = 50) -> Phone:
        """A volunteer who has gone on duty so far from the middle, and shows it until the journey
        ends."""
        phone = await self.somebody("volunteer")
        place = self.place | {"latitude": DOOR[1] + metres_north / 111_195}
        await start_duty(phone.person, place)
        await self._show(phone, place)
        phone.keep(asyncio.create_task(self._go_on_showing(phone, place)))
        return phone

    async def _show(self, phone: Phone, place: Json) -> None:
        await phone.person.post(
            "positions", {"positions": [place | {"at": self.clock.now().isoformat()}]}
        )

    async def _go_on_showing(self, phone: Phone, place: Json) -> None:
        while True:
            await asyncio.sleep(SIGN_S)
            with suppress(Refused):
                await self._show(phone, place)

    def words_of(self, category: str = "nuisance", **more: Any) -> Json:
        """The body of a report at the middle."""
        text = {"assistance": "想请人帮忙把东西搬上楼", "traffic": "路口有车堵住了"}.get(
            category, "楼下的音响太吵"
        )
        return {
            "text": text,
            "category": category,
            "location": self.place,
            "community": COMMUNITY,
        } | more

    async def reports(self, who: Phone, category: str = "nuisance", **more: Any) -> Json:
        return await who.person.post("reports", self.words_of(category, **more))

    async def stands(self, who: Phone, report: str, *states: str, **more: Any) -> Json:
        """The report as `who` reads it, once it is in one of these states (and has what `more`
        names)."""
        return await eventually(
            lambda: who.person.get(f"reports/{report}"),
            lambda view: (
                view["state"] in states
                and all(view.get(key) == value for key, value in more.items())
            ),
            f"report in {states}",
        )

    async def domain_minutes(self, minutes: float) -> None:
        """So long somebody works on the scene; there is nothing to wait for but the time itself."""
        await asyncio.sleep(self.clock.seconds(minutes * 60))

    async def go_home(self) -> None:
        """Everybody puts the phone away; nobody is on duty any more."""
        for phone in self._phones:
            await phone.close()
            with suppress(Refused):
                await phone.person.post("duty/end")
        self._phones.clear()


def _of(plan: Demonstration, community: str) -> Person:
    return next(person for person in plan.committee if person.area == community)
