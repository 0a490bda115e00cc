"""Brings everyone together: who is there, who does what when a report moves, and when the day is
over."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

from jinan.areas import covers
from simulation import behaviour
from simulation.api import Person
from simulation.board import Track
from simulation.committee import Committee
from simulation.officer import Officer
from simulation.reporter import Reporter
from simulation.volunteer import Volunteer
from simulation.world import World

Act = Callable[[Track], Coroutine[Any, Any, None]]
LOOK_SECONDS = 1.0
"""Wall clock between two looks of the station at its list; messages on the streams come long
before."""
PATIENCE_MINUTES = 60
"""Domain time after which the station asks a silent reporter again."""


class City:
    """`reporters` maps a report's `n` to who files it."""

    def __init__(
        self,
        world: World,
        volunteers: Sequence[Volunteer],
        officers: Sequence[Officer],
        committees: Sequence[Committee],
        reporters: dict[int, Reporter],
    ) -> None:
        self.world, self.volunteers, self.officers = world, volunteers, officers
        self.committees, self.reporters = committees, reporters
        self._begun: set[tuple[int, str]] = set()
        self.escalations: set[str] = set()

    def open(self) -> None:
        """Everybody opens their stream; volunteers begin their duty."""
        world = self.world
        for volunteer in self.volunteers:
            world.start(f"{volunteer.key}'s stream", volunteer.listen())
            world.start(f"{volunteer.key}'s duty", volunteer.serve())
        listening = {v.person.id for v in self.volunteers} | {o.person.id for o in self.officers}
        for officer in self.officers:
            world.start("the desk's stream", self._desk_listens(officer))
        for person in [r.person for r in self.reporters.values()] + [
            c.person for c in self.committees
        ]:
            if person.id not in listening:
                listening.add(person.id)
                world.start("a stream", self._listen(person))

    async def play(self, limit_s: float, moved: Callable[[World], None]) -> bool:
        """Until every report has ended, at most `limit_s` seconds of the wall clock; whether all
        have.

        `moved` is told whenever something may have.
        """
        for track in self.world.board:
            self.world.start("files", self.reporters[track.entry.n].file(track), track)
        looking = self.world.start("the desk", self._look())
        try:
            async with asyncio.timeout(limit_s):
                while not self.world.board.ended:
                    await self.world.board.changed.wait()
                    self.world.board.changed.clear()
                    self._react()
                    moved(self.world)
        except TimeoutError:
            return False
        finally:
            looking.cancel()
        return True

    def desk(self) -> Officer:
        watch = behaviour.watch_at(self.world.now())
        return next(
            (officer for officer in self.officers if officer.watch == watch), self.officers[0]
        )

    async def _look(self) -> None:
        while True:
            await self.desk().look_at_all()
            for callout, report in await self.desk().escalated():
                if track := self.world.board.of(report):
                    self._rescue(callout, track)
            self.world.board.changed.set()  # time passes for silent reporters too
            await asyncio.sleep(LOOK_SECONDS)

    async def _listen(self, person: Person) -> None:
        """A message about a report makes one look at it."""
        async for event in person.stream():
            track = self.world.board.of(event.message.get("report"))
            if track is not None and event.kind in {"outcome", "notice", "escalation"}:
                self.world.board.update(await person.get(f"reports/{track.id}"), self.world.now())

    async def _desk_listens(self, officer: Officer) -> None:
        async for event in officer.person.stream():
            track = self.world.board.of(event.message.get("report"))
            callout = str(event.message.get("callout") or "")
            if track is None or self.desk() is not officer:
                continue
            if event.kind == "escalation" and callout:
                self._rescue(callout, track)
            else:
                self.world.start("the desk reads", officer.read(track), track)

    def _rescue(self, callout: str, track: Track) -> None:
        if callout not in self.escalations:
            self.escalations.add(callout)
            self.world.start("call by hand", self.desk().rescue(callout, track), track)

    def _react(self) -> None:
        for track in self.world.board:
            if track.id and not track.ended:
                for what, act in self._due(track):
                    if (track.entry.n, what) not in self._begun:
                        self._begun.add((track.entry.n, what))
                        self.world.start(what, act(track), track)

    def _due(self, track: Track) -> list[tuple[str, Act]]:
        """What is to be done about the report as it stands; each is begun once, by its name."""
        desk, reporter = self.desk(), self.reporters[track.entry.n]
        if track.route != track.expected or track.state in {"filed", "not_accepted"}:
            return [(f"triage {track.round}", desk.triage)]
        if track.state in {"handed_off", "acknowledged"}:
            return [(f"take over {track.round}", desk.take_over)]
        if track.state == "assigned":
            staff = next((c for c in self.committees if covers(c.area, track.area)), None)
            return [(f"see to it {track.round}", staff.see_to if staff else desk.resolve)]
        if track.state == "resolved":
            due: list[tuple[str, Act]] = [(f"judge {track.round}", reporter.judge)]
            if track.resolved and self.world.now() - track.resolved > timedelta(
                minutes=PATIENCE_MINUTES
            ):
                due.append((f"ask again {track.round}", self._ask_again))
            return due
        return []

    async def _ask_again(self, track: Track) -> None:
        await self.desk().remind(track)
        await self.reporters[track.entry.n].confirm(track)
