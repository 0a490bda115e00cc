"""Volunteers on duty: each listens, accepts, goes there, works and finishes."""

import asyncio

from tests.faults.load import Load
from tests.support.client import Json, Person, StreamEvent
from tests.support.demonstration import north_of_the_door

POSITION_EVERY_S = 1.0
LONG_WORK_S = 10.5
"""Wall clock: ten and a half minutes of domain time, so that hours are credited."""


class Volunteer:
    """`received` has the ids of the messages of their stream, in order."""

    def __init__(self, load: Load, person: Person, n: int, works_long: bool) -> None:
        self._load, self._person, self._works_long = load, person, works_long
        self.id = person.id
        self.received: list[str] = []
        self._place = north_of_the_door(20 + 10 * n)
        self._requests = 0

    def _key(self, verb: str) -> str:
        self._requests += 1
        return f"{verb}-{self.id}-{self._requests}"

    async def listen(self, opened: asyncio.Event) -> None:
        async for event in self._person.stream(opened):
            if event.message["id"] not in self.received:  # a reconnection may repeat messages
                self.received.append(event.message["id"])
                if event.kind == "alert":
                    self._load.spawn(self._answer(event))

    async def start_duty(self) -> None:
        await self._post("duty", "duty/start", {"location": self._place}, f"{self.id}/on")

    async def end_duty(self) -> None:
        await self._post("duty", "duty/end", {}, f"{self.id}/off")

    async def send_position(self) -> None:
        at, key = self._load.clock.now().isoformat(), self._key("position")
        body: Json = {"positions": [self._place | {"at": at}]}
        await self._load.client.request(self._person, "position", "positions", body, key)

    async def _answer(self, event: StreamEvent) -> None:
        message, callout = event.message["id"], event.message["callout"]
        path, id = f"callouts/{callout}", f"{callout}/{self.id}"
        await self._post("acknowledge", f"inbox/{message}/acknowledge", {}, message)
        if await self._post("accept", f"{path}/accept", {}, id) is None:
            return
        for step in ("on-the-way", "arrive"):
            await self._post(step, f"{path}/{step}", {}, id)
        if self._works_long:
            await asyncio.sleep(LONG_WORK_S)
        await self._post("finish", f"{path}/finish", {"outcome": "solved"}, id)

    async def _post(self, verb: str, path: str, body: Json, id: str) -> Json | None:
        return await self._load.client.post(self._person, verb, path, body, self._key(verb), id)


class Volunteers:
    """`long_work`: every third works long enough for hours to be credited."""

    def __init__(self, load: Load, people: list[Person], long_work: bool) -> None:
        self._load = load
        self.all = [
            Volunteer(load, person, n, long_work and n % 3 == 0) for n, person in enumerate(people)
        ]
        self._streams: list[asyncio.Task[None]] = []

    async def start_duty(self) -> None:
        """Their streams are open before the first is called."""
        opened = [asyncio.Event() for _ in self.all]
        self._streams = [
            asyncio.create_task(volunteer.listen(event))
            for volunteer, event in zip(self.all, opened, strict=True)
        ]
        async with asyncio.timeout(30):
            await asyncio.gather(*(event.wait() for event in opened))
        await asyncio.gather(*(volunteer.start_duty() for volunteer in self.all))
        self._load.spawn(self._send_positions())

    async def _send_positions(self) -> None:
        while not await self._load.stops_within(POSITION_EVERY_S):
            await asyncio.gather(*(volunteer.send_position() for volunteer in self.all))

    async def end_duty(self) -> None:
        """Open calls are dropped by that."""
        await asyncio.gather(*(volunteer.end_duty() for volunteer in self.all))
        await self._load.stop()  # an alert that came just before is answered to its end

    async def close(self) -> None:
        for stream in self._streams:
            stream.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)
