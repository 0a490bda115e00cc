"""The demonstration station as journeys use it."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from chassis.clock import Clock
from tests.support.client import Api, Json, Refused, start_duty
from tests.support.demonstration import (
    COMMUNITY,
    Demonstration,
    Planned,
    SignIns,
    north_of_the_door,
    report_body,
    volunteers,
)
from tests.support.phone import PATIENCE_S, Phone
from tests.support.waiting import eventually

POSITION_EVERY_S = 1.0
"""Wall clock between two positions of a volunteer on duty."""
_TEXTS = {"assistance": "想请人帮忙把东西搬上楼", "traffic": "路口有车堵住了"}


class Station:
    """Each volunteer and resident takes part in one journey only: no journey is affected by the
    rest and load of another.

    Everybody on duty is near one place; they go off duty when the journey ends.
    """

    def __init__(self, api: Api, clock: Clock, plan: Demonstration) -> None:
        self.api, self.clock, self.id = api, clock, plan.station.id
        self._unused: dict[str, Iterator[Planned]] = {
            "volunteer": iter(volunteers(plan)),
            "resident": iter(plan.residents[:-1]),
        }
        self._fixed = {
            "officer": plan.officers[0],
            "committee": next(p for p in plan.committee if p.area == COMMUNITY),
            "bystander": plan.residents[-1],
            "idle volunteer": plan.volunteers[-1],
        }
        self._phones: list[Phone] = []
        self._filed: list[tuple[Phone, str]] = []
        self._sign_ins = SignIns(api)

    async def somebody(self, role: str) -> Phone:
        """A resident or volunteer whom no journey has used yet, or the one person of the role."""
        planned = self._fixed[role] if role in self._fixed else next(self._unused[role])
        phone = Phone(await self._sign_ins.person(planned.phone))
        self._phones.append(phone)
        await phone.open()
        return phone

    async def on_duty(self, metres_north: float = 50) -> Phone:
        """A volunteer on duty, so far from the middle, who sends positions until the journey
        ends."""
        phone, place = await self.somebody("volunteer"), north_of_the_door(metres_north)
        await start_duty(phone.person, place)
        await self._send_position(phone, place)
        phone.keep(asyncio.create_task(self._keep_sending_positions(phone, place)))
        return phone

    async def _send_position(self, phone: Phone, place: Json) -> None:
        position = place | {"at": self.clock.now().isoformat()}
        await phone.person.post("positions", {"positions": [position]})

    async def _keep_sending_positions(self, phone: Phone, place: Json) -> None:
        while True:
            await asyncio.sleep(POSITION_EVERY_S)
            with suppress(Refused):
                await self._send_position(phone, place)

    def report_body(self, category: str = "nuisance", **more: Any) -> Json:
        """A report at the middle."""
        text = more.pop("text", _TEXTS.get(category, "楼下的音响太吵"))
        return report_body(text, category, **more)

    async def file_report(self, who: Phone, category: str = "nuisance", **more: Any) -> Json:
        report = await who.person.post("reports", self.report_body(category, **more))
        self._filed.append((who, report["id"]))
        return report

    async def report_in_state(self, who: Phone, report: str, *states: str, **more: Any) -> Json:
        """The report as `who` reads it, once it is in one of these states and its fields are as in
        `more`."""

        def accept(view: Json) -> bool:
            in_state = view["state"] in states
            return in_state and all(view.get(key) == value for key, value in more.items())

        return await eventually(
            lambda: who.person.get(f"reports/{report}"),
            accept,
            what=f"report in {states}",
            within=PATIENCE_S,
            retry_on=(Refused,),
        )

    async def timeline_shows(self, who: Phone, report: str, what: str) -> None:
        """Events of a call-out reach the person first, then the report."""
        await eventually(
            lambda: who.person.get(f"reports/{report}"),
            lambda view: what in [entry["what"] for entry in view["timeline"]],
            what=f"{what} in the time line",
            within=PATIENCE_S,
        )

    async def domain_minutes(self, minutes: float) -> None:
        """How long the work takes. There is no condition to wait for but the time itself."""
        await asyncio.sleep(self.clock.seconds(minutes * 60))

    async def end_journey(self) -> None:
        """All phones are closed, nobody is on duty any more, and no report waits for those of the
        next journey."""
        for phone, report in self._filed:
            with suppress(Refused):
                await phone.person.post(f"reports/{report}/withdraw", {"reason": "不需要了"})
        self._filed.clear()
        for phone in self._phones:
            await phone.close()
            with suppress(Refused):
                await phone.person.post("duty/end")
        self._phones.clear()
