"""A volunteer of the demonstration: on duty by plan, sends positions, answers calls and attends."""

import asyncio
import time
from datetime import datetime, timedelta

from simulation.actors import behaviour
from simulation.actors.behaviour import Place
from simulation.api import Json, Person, Refused
from simulation.context import Context
from simulation.people import Shift
from simulation.tracker import Track

POSITION_SECONDS = 60
"""Domain time between two positions, which are sent in batches of `BATCH`."""
BATCH = 3


class Volunteer:
    """`key` is the person's name in the plan; their answers are derived from it."""

    def __init__(
        self, context: Context, key: str, home: Place, shifts: tuple[Shift, ...], person: Person
    ) -> None:
        self._context, self.key, self.person = context, key, person
        self._home, self._shifts = home, shifts
        self.on_duty = False
        self.engaged = ""
        self.accepted = False
        """Whether they accepted any call."""
        self._step = int(behaviour.draw(context.seed, "step", key) * 1000)
        self._way: tuple[Place, Place, datetime, datetime] | None = None
        self._attending: dict[str, asyncio.Task[None]] = {}

    def scheduled(self) -> bool:
        return behaviour.shift_at(self._context.now()) in self._shifts

    async def serve(self) -> None:
        """Starts and ends duty by plan and sends positions, until cancelled."""
        await self._context.pause(
            behaviour.draw(self._context.seed, "begin", self.key) * POSITION_SECONDS * BATCH
        )
        while True:
            try:
                await self._serve()
            except Refused as error:
                self._context.note(f"{self.key}: {error}")
            await self._context.pause(POSITION_SECONDS * BATCH)

    async def _serve(self) -> None:
        if self.scheduled() and not self.on_duty:
            place = self.place(self._context.now())
            await self.person.post("duty/start", {"location": place._asdict() | {"datum": "wgs84"}})
            self.on_duty = True
        elif self.on_duty and not self.scheduled() and not self.engaged:
            self.on_duty = False
            await self.person.post("duty/end")
        if self.on_duty:
            await self._send_positions()

    async def _send_positions(self) -> None:
        now = self._context.now()
        ages = [timedelta(seconds=POSITION_SECONDS * n) for n in reversed(range(BATCH))]
        positions = [
            self.place(now - age)._asdict() | {"at": (now - age).isoformat()} for age in ages
        ]
        self._step += 1
        await self.person.post("positions", {"positions": positions})

    def place(self, at: datetime) -> Place:
        if self._way is None:
            return behaviour.stroll(self._context.seed, self.key, self._home, self._step)
        start, end, left, arrives = self._way
        share = (at - left) / max(arrives - left, timedelta(seconds=1))
        return behaviour.on_the_way(start, end, min(1.0, max(0.0, share)))

    async def listen(self) -> None:
        """Reacts to the messages of the open stream, until cancelled."""
        async for kind, _, message in self.person.stream():
            callout = str(message.get("callout") or "")
            track = self._context.tracker.of(message.get("report"))
            if kind == "alert" and track is not None:
                self._alerted(track)
                if callout not in self._attending or self._attending[callout].done():
                    answer = self._answer(callout, track, message)
                    self._attending[callout] = self._context.start(
                        f"{self.key} answers", answer, track
                    )
            elif kind == "stand_down" and callout in self._attending:
                self._attending.pop(callout).cancel()
                self._free(callout)

    def _alerted(self, track: Track) -> None:
        track.called.add(self.key)
        if track.alert_ms is None:
            track.alert_ms = (time.perf_counter() - track.sent_at) * 1000
        self._context.tracker.changed.set()

    async def _answer(self, callout: str, track: Track, message: Json) -> None:
        data = message.get("data") or {}
        wave, manual = int(data.get("wave") or 1), bool(data.get("by_hand"))
        reply = behaviour.reply(self._context.seed, self.key, track.entry.n, wave, manual)
        if reply.answer == "silent":
            return
        left = datetime.fromisoformat(message["expires_at"]) - self._context.now()
        await self._context.pause(left.total_seconds() * reply.after)
        try:
            if reply.answer == "decline":
                await self.person.post(f"callouts/{callout}/decline")
                return
            await self.person.post(f"callouts/{callout}/accept")
        except Refused as refused:
            if refused.status == 409:  # enough people, lapsed or stood down
                return
            raise
        await self._attend(callout, track)

    async def _attend(self, callout: str, track: Track) -> None:
        context, self.engaged = self._context, callout
        self.accepted = True
        track.came.add(self.key)
        track.accepted = track.accepted or context.now()
        context.tracker.changed.set()
        try:
            await self.person.post(f"callouts/{callout}/on-the-way")
            place = await self._location(track)
            if place is None:  # the report was rerouted meanwhile
                await self.person.post(f"callouts/{callout}/withdraw")
                return
            start, now = self.place(context.now()), context.now()
            seconds = behaviour.walk_seconds(behaviour.metres(start, place))
            self._way = start, place, now, now + timedelta(seconds=seconds)
            await context.pause(seconds)
            await self.person.post(f"callouts/{callout}/arrive")
            await context.pause(
                behaviour.on_scene_minutes(context.seed, self.key, track.entry.n) * 60
            )
            outcome = behaviour.outcome(context.seed, track.entry.n, track.judged + 1)
            await self.person.post(f"callouts/{callout}/finish", {"outcome": outcome})
        except Refused as refused:
            if refused.status != 409:  # stood down meanwhile
                raise
        finally:
            self._free(callout)

    def _free(self, callout: str) -> None:
        if self.engaged == callout:
            self.engaged, self._way = "", None

    async def _location(self, track: Track) -> Place | None:
        """The exact place, readable shortly after accepting; None if it never becomes readable."""
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
