"""A volunteer of the demonstration: on duty by plan, showing where they are, answering calls and
going there."""

import asyncio
import time
from datetime import datetime, timedelta

from simulation import behaviour
from simulation.api import Json, Person, Refused
from simulation.behaviour import Place, Watch
from simulation.board import Track
from simulation.world import World

SIGN_SECONDS = 60
"""Domain time between two positions; they are sent in batches of `BATCH`."""
BATCH = 3


class Volunteer:
    """`key` is the person's name in the plan, which their answers come from."""

    def __init__(
        self, world: World, key: str, home: Place, watches: tuple[Watch, ...], person: Person
    ) -> None:
        self._world, self.key, self._home, self._watches, self.person = (
            world,
            key,
            home,
            watches,
            person,
        )
        self.on_duty = False
        self.engaged = ""
        self.came = False
        """Whether they accepted a call at all."""
        self._step = int(behaviour.draw(world.seed, "step", key) * 1000)
        self._way: tuple[Place, Place, datetime, datetime] | None = None
        self._attending: dict[str, asyncio.Task[None]] = {}

    def due_now(self) -> bool:
        return behaviour.watch_at(self._world.now()) in self._watches

    async def serve(self) -> None:
        """Duty on and off by plan, and a batch of positions every so often; until cancelled."""
        await self._world.pause(
            behaviour.draw(self._world.seed, "begin", self.key) * SIGN_SECONDS * BATCH
        )
        while True:
            try:
                await self._serve()
            except Refused as error:
                self._world.note(f"{self.key}: {error}")
            await self._world.pause(SIGN_SECONDS * BATCH)

    async def _serve(self) -> None:
        if self.due_now() and not self.on_duty:
            place = self.place(self._world.now())
            await self.person.post("duty/start", {"location": place._asdict() | {"datum": "wgs84"}})
            self.on_duty = True
        elif self.on_duty and not self.due_now() and not self.engaged:
            self.on_duty = False
            await self.person.post("duty/end")
        if self.on_duty:
            await self._show()

    async def _show(self) -> None:
        now = self._world.now()
        moments = [now - timedelta(seconds=SIGN_SECONDS * back) for back in reversed(range(BATCH))]
        positions = [self.place(at)._asdict() | {"at": at.isoformat()} for at in moments]
        self._step += 1
        await self.person.post("positions", {"positions": positions})

    def place(self, at: datetime) -> Place:
        if self._way is None:
            return behaviour.stroll(self._world.seed, self.key, self._home, self._step)
        start, end, left, arrives = self._way
        share = (at - left) / max(arrives - left, timedelta(seconds=1))
        return behaviour.on_the_way(start, end, min(1.0, max(0.0, share)))

    async def listen(self) -> None:
        """What comes on the open stream, until cancelled."""
        async for kind, _, message in self.person.stream():
            callout, track = (
                str(message.get("callout") or ""),
                self._world.board.of(message.get("report")),
            )
            if kind == "alert" and track is not None:
                self._alerted(track)
                if callout not in self._attending or self._attending[callout].done():
                    answer = self._answer(callout, track, message)
                    self._attending[callout] = self._world.start(
                        f"{self.key} answers", answer, track
                    )
            elif kind == "stand_down" and callout in self._attending:
                self._attending.pop(callout).cancel()
                self._free(callout)

    def _alerted(self, track: Track) -> None:
        track.called.add(self.key)
        if track.alert_ms is None:
            track.alert_ms = (time.perf_counter() - track.sent_at) * 1000
        self._world.board.changed.set()

    async def _answer(self, callout: str, track: Track, message: Json) -> None:
        data = message.get("data") or {}
        wave, by_hand = int(data.get("wave") or 1), bool(data.get("by_hand"))
        reply = behaviour.reply(self._world.seed, self.key, track.entry.n, wave, by_hand)
        if reply.answer == "silent":
            return
        left = datetime.fromisoformat(message["expires_at"]) - self._world.now()
        await self._world.pause(left.total_seconds() * reply.after)
        try:
            if reply.answer == "decline":
                await self.person.post(f"callouts/{callout}/decline")
                return
            await self.person.post(f"callouts/{callout}/accept")
        except Refused as refused:
            if (
                refused.status == 409
            ):  # enough behaviour, lapsed, or stood down: nothing to do any more
                return
            raise
        await self._attend(callout, track)

    async def _attend(self, callout: str, track: Track) -> None:
        world, self.engaged = self._world, callout
        self.came = True
        track.came.add(self.key)
        track.accepted = track.accepted or world.now()
        world.board.changed.set()
        try:
            await self.person.post(f"callouts/{callout}/on-the-way")
            place = await self._where(track)
            if place is None:  # it was taken from the volunteers meanwhile
                await self.person.post(f"callouts/{callout}/withdraw")
                return
            start, now = self.place(world.now()), world.now()
            seconds = behaviour.walk_seconds(behaviour.metres(start, place))
            self._way = start, place, now, now + timedelta(seconds=seconds)
            await world.pause(seconds)
            await self.person.post(f"callouts/{callout}/arrive")
            await world.pause(behaviour.on_scene_minutes(world.seed, self.key, track.entry.n) * 60)
            outcome = behaviour.outcome(world.seed, track.entry.n, track.judged + 1)
            await self.person.post(f"callouts/{callout}/finish", {"outcome": outcome})
        except Refused as refused:
            if refused.status != 409:  # stood down in between
                raise
        finally:
            self._free(callout)

    def _free(self, callout: str) -> None:
        if self.engaged == callout:
            self.engaged, self._way = "", None

    async def _where(self, track: Track) -> Place | None:
        """The exact place, which those who accepted may read, a moment after they did; None if it
        stays closed."""
        for _ in range(50):
            try:
                location = (await self.person.get(f"reports/{track.id}")).get("location")
            except Refused as refused:
                if refused.status not in (403, 404):
                    raise
                location = None
            if location:
                return Place(location["longitude"], location["latitude"])
            await asyncio.sleep(0.1)
        return None
