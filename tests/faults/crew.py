"""Volunteers on duty: each listens, accepts, goes there, works and finishes."""

import asyncio

from simulation.api import Json, Person, StreamEvent
from simulation.people import DOOR
from tests.faults.load import Load

SHOWN_EVERY_S = 1.0
LONG_WORK_S = 10.5
"""Wall clock: ten minutes and a half of the domain's time, so that hours are credited."""


class Volunteer:
    """`heard` are the ids of the messages of their stream, as they came."""

    def __init__(self, load: Load, person: Person, n: int, works_long: bool) -> None:
        self._load, self._person, self._works_long = load, person, works_long
        self.id = person.id
        self.heard: list[str] = []
        self.place = {
            "longitude": DOOR[0],
            "latitude": DOOR[1] + (20 + 10 * n) / 111_195,
            "datum": "wgs84",
        }
        self._times = 0

    def key(self, verb: str) -> str:
        self._times += 1
        return f"{verb}-{self.id}-{self._times}"

    async def listen(self, opened: asyncio.Event) -> None:
        async for event in self._person.stream(opened):
            if event.message["id"] not in self.heard:  # after a break a message may come twice
                self.heard.append(event.message["id"])
                if event.kind == "alert":
                    self._load.spawn(self._answer(event))

    async def start(self) -> None:
        await self._post("duty", "duty/start", {"location": self.place}, f"{self.id}/on")

    async def end(self) -> None:
        await self._post("duty", "duty/end", {}, f"{self.id}/off")

    async def show(self) -> None:
        at = self._load.phone.clock.now().isoformat()
        body = {"positions": [self.place | {"at": at}]}
        await self._load.phone.post(
            self._person, "position", "positions", body, self.key("position")
        )

    async def _answer(self, event: StreamEvent) -> None:
        message, callout = event.message["id"], event.message["callout"]
        await self._post("acknowledge", f"inbox/{message}/acknowledge", {}, message)
        if (
            await self._post("accept", f"callouts/{callout}/accept", {}, f"{callout}/{self.id}")
            is None
        ):
            return
        for step in ("on-the-way", "arrive"):
            await self._post(step, f"callouts/{callout}/{step}", {}, f"{callout}/{self.id}")
        if self._works_long:
            await asyncio.sleep(LONG_WORK_S)
        await self._post(
            "finish", f"callouts/{callout}/finish", {"outcome": "solved"}, f"{callout}/{self.id}"
        )

    async def _post(self, verb: str, path: str, body: Json, done: str) -> Json | None:
        return await self._load.phone.do(self._person, verb, path, body, self.key(verb), done)


class Crew:
    def __init__(self, load: Load, people: list[Person], long_work: bool) -> None:
        self._load = load
        self.volunteers = [
            Volunteer(load, person, n, long_work and n % 3 == 0) for n, person in enumerate(people)
        ]
        self._streams: list[asyncio.Task[None]] = []

    async def go_on_duty(self) -> None:
        """Their streams are open before the first is called."""
        opened = [asyncio.Event() for _ in self.volunteers]
        self._streams = [
            asyncio.create_task(one.listen(event))
            for one, event in zip(self.volunteers, opened, strict=True)
        ]
        async with asyncio.timeout(30):
            await asyncio.gather(*(event.wait() for event in opened))
        await asyncio.gather(*(one.start() for one in self.volunteers))
        self._load.spawn(self._show())

    async def _show(self) -> None:
        while not await self._load.stops_within(SHOWN_EVERY_S):
            await asyncio.gather(*(one.show() for one in self.volunteers))

    async def go_home(self) -> None:
        """Off duty; calls that are open are dropped by that."""
        await asyncio.gather(*(one.end() for one in self.volunteers))
        await self._load.stop()  # an alert that came just before is answered to its end

    async def close(self) -> None:
        for stream in self._streams:
            stream.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)
