"""The demonstration station as journeys use it."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from chassis.clock import Clock
from tests.support.client import (
    Api,
    Json,
    Person,
    Refused,
    appoint,
    new_phone,
    renewed,
    start_duty,
)
from tests.support.demonstration import (
    COMMUNITY,
    STREET,
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
WATCH_LEFT = timedelta(hours=6)
"""Of the street's watch when a journey begins: longer than one lasts."""
_TEXTS = {"assistance": "想请人帮忙把东西搬上楼", "traffic": "路口有车堵住了"}


class Station:
    """Each volunteer and resident takes part in one journey only: no journey is affected by the
    rest and load of another.

    Everybody on duty is near one place. When the journey ends they go off duty, and whatever they
    left open looks for nobody any more: it would call the volunteers of the next journey.
    """

    def __init__(self, api: Api, clock: Clock, plan: Demonstration, sign_ins: SignIns) -> None:
        self.api, self.clock, self.id, self._plan = api, clock, plan.station.id, plan
        self._unused: dict[str, Iterator[Planned]] = {
            "volunteer": iter(volunteers(plan)),
            "resident": iter(plan.residents[:-1]),
        }
        self._fixed = {
            "officer": plan.officers[0],
            "colleague": plan.officers[1],
            "city desk": plan.city_desk[0],
            "city officer": plan.city_officers[0],
            "committee": next(p for p in plan.committee if p.area == COMMUNITY),
            "bystander": plan.residents[-1],
            "idle volunteer": plan.volunteers[-1],
        }
        self._phones: list[Phone] = []
        self._on_duty: list[Phone] = []
        self._sign_ins = sign_ins

    async def somebody(self, role: str) -> Phone:
        """A resident or volunteer whom no journey has used yet, or the one person of the role."""
        return await self._phone(await self._signed_in(role))

    async def appointed(self, area: str) -> Phone:
        """A new officer of this area, whom no other journey meets."""
        desk, second = await self._signed_in("city desk"), await self._signed_in("city officer")
        person = await self.api.sign_in(new_phone())
        await appoint(desk, second, person.id, "officer", area)
        return await self._phone(await renewed(person))

    async def leader_of(self, volunteer: Phone) -> Phone:
        """Of their squad."""
        squad = (await volunteer.person.get("accounts/me"))["volunteer"]["squad"]
        key = next(plan.leader for plan in self._plan.squads if plan.id == squad)
        leader = next(planned for planned in self._plan.volunteers if planned.key == key)
        return await self._phone(await self._sign_ins.person(leader.phone))

    async def _signed_in(self, role: str) -> Person:
        planned = self._fixed[role] if role in self._fixed else next(self._unused[role])
        return await self._sign_ins.person(planned.phone)

    async def _phone(self, person: Person) -> Phone:
        phone = Phone(person)
        self._phones.append(phone)
        await phone.open()
        return phone

    async def begin_journey(self) -> None:
        """The officer has the street's watch, and what others left open calls nobody."""
        officer = await self._signed_in("officer")
        await self._keep_watch(officer)
        await self._end_callouts(officer)

    async def _keep_watch(self, officer: Person) -> None:
        """It lapses after twelve domain hours, minutes here: it begins anew in a colleague's hand
        and back."""
        watch = await officer.post("watches", {"area": STREET})
        if datetime.fromisoformat(watch["until"]) - self.clock.now() < WATCH_LEFT:
            colleague = await self._signed_in("colleague")
            await hand_over(watch["id"], officer, colleague)
            await hand_over(watch["id"], colleague, officer)

    async def on_duty(self, metres_north: float = 50) -> Phone:
        """A volunteer on duty, so far from the middle, who sends positions until the journey
        ends."""
        phone, place = await self.somebody("volunteer"), north_of_the_door(metres_north)
        await start_duty(phone.person, place)
        self._on_duty.append(phone)
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

    def report_body(self, category: str | None = "nuisance", **more: Any) -> Json:
        """A report at the middle, or in the place that `more` gives."""
        text = more.pop("text", _TEXTS.get(category or "", "楼下的音响太吵"))
        return report_body(text, category, **more)

    async def file_report(self, who: Phone, category: str | None = "nuisance", **more: Any) -> Json:
        return await who.person.post("reports", self.report_body(category, **more))

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

    async def close_as_police(self, officer: Phone, report: str) -> None:
        """It was taken over already."""
        body = {"outcome": "solved", "note": "民警已到场处置"}
        await officer.person.post(f"reports/{report}/close", body)

    async def resolve_and_confirm(self, officer: Phone, reporter: Phone, report: str) -> None:
        body = {"outcome": "solved", "note": "民警已安排处理"}
        await officer.person.post(f"reports/{report}/resolve", body)
        await reporter.receives("outcome", report)
        await reporter.person.post(f"reports/{report}/confirm")
        await self.report_in_state(reporter, report, "closed")

    async def escalated_callout(self, officer: Phone, report: str) -> str:
        """The id of a report's call-out that nobody, or too few, answered."""
        page = await officer.person.get("callouts", station=self.id, state="escalated")
        return next(callout["id"] for callout in page["items"] if callout["report"] == report)

    async def domain_minutes(self, minutes: float) -> None:
        """How long the work takes. There is no condition to wait for but the time itself."""
        await asyncio.sleep(self.clock.seconds(minutes * 60))

    async def goes_for_ever(self, phone: Phone) -> None:
        """They are erased within this journey: nothing is asked of them at its end."""
        await phone.close()
        self._phones.remove(phone)
        if phone in self._on_duty:
            self._on_duty.remove(phone)

    async def end_journey(self) -> None:
        """All phones are closed, nobody is on duty any more, and no call-out calls anybody."""
        phones, self._phones = self._phones, []
        volunteers, self._on_duty = self._on_duty, []
        for phone in phones:
            await phone.close()
            with suppress(Refused):
                await phone.person.post("duty/end")
        for volunteer in volunteers:
            await self._is_free(volunteer)
        if volunteers:
            await self.nobody_is_sought()

    async def _end_callouts(self, officer: Person) -> None:
        """The station deals with whatever still looks for volunteers, or waits for one to be
        free."""

        async def left() -> list[Json]:
            found: list[Json] = []
            for state in ("opened", "escalated"):
                page = await officer.get("callouts", station=self.id, state=state)
                found += page["items"]
            for callout in found:
                with suppress(Refused):  # it was on the way already
                    body = {"outcome": "solved", "note": "民警已处理"}
                    await officer.post(f"reports/{callout['report']}/resolve", body)
            return found

        await eventually(left, lambda found: not found, what="no call-out left", within=PATIENCE_S)

    async def _is_free(self, volunteer: Phone) -> None:
        """Their place in a call-out falls free some time after their duty ended."""
        await eventually(
            lambda: volunteer.person.get("duty/me"),
            lambda duty: duty["engaged"] is None,
            what="volunteer free",
            within=PATIENCE_S,
        )

    async def nobody_is_sought(self) -> None:
        """Each call-out with a free place has found that nobody is on duty, and alerted the
        station."""
        officer = await self._sign_ins.person(self._fixed["officer"].phone)
        await eventually(
            lambda: officer.get("callouts", station=self.id, state="opened"),
            lambda page: page["items"] == [],
            what="no call-out that calls volunteers",
            within=PATIENCE_S,
        )


async def hand_over(watch: str, giver: Person, taker: Person) -> None:
    await giver.post(f"watches/{watch}/offer", {"to": taker.id})
    await taker.post(f"watches/{watch}/accept")
