"""Everybody who acts on a day: opens their streams and starts what each does when a report
changes."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

from jinan.areas import covers
from simulation.actors import behaviour
from simulation.actors.committee import Committee
from simulation.actors.officer import Officer
from simulation.actors.reporter import Reporter
from simulation.actors.volunteer import Volunteer
from simulation.api import Person
from simulation.context import Context
from simulation.tracker import Track

Action = Callable[[Track], Coroutine[Any, Any, None]]
REFRESH_SECONDS = 1.0
"""Wall clock between two refreshes of the station's list; stream messages arrive much earlier."""
SHIFT_SECONDS = 60
"""Domain time between two looks at whose shift it is."""
REMIND_MINUTES = 60
"""Domain time after which the station reminds a silent reporter."""


class Crew:
    """`reporters` maps a report's `n` to the person who files it."""

    def __init__(
        self,
        context: Context,
        volunteers: Sequence[Volunteer],
        officers: Sequence[Officer],
        committees: Sequence[Committee],
        reporters: dict[int, Reporter],
    ) -> None:
        self.context, self.volunteers, self.officers = context, volunteers, officers
        self.committees, self.reporters = committees, reporters
        self._started: set[tuple[int, str]] = set()
        self._escalations: set[str] = set()

    def start(self) -> None:
        """Opens everybody's stream; volunteers start duty."""
        context = self.context
        for volunteer in self.volunteers:
            context.start(f"{volunteer.key}'s stream", volunteer.listen())
            context.start(f"{volunteer.key}'s duty", volunteer.serve())
        listening = {v.person.id for v in self.volunteers} | {o.person.id for o in self.officers}
        for officer in self.officers:
            context.start("the officer's stream", self._listen_as_officer(officer))
        context.start("the street's watch", self._keep_watch())
        for person in [r.person for r in self.reporters.values()] + [
            c.person for c in self.committees
        ]:
            if person.id not in listening:
                listening.add(person.id)
                context.start("a stream", self._listen(person))

    async def run(self, limit_s: float, on_change: Callable[[Context], None]) -> bool:
        """Runs until every report has ended, at most `limit_s` seconds of the wall clock.

        Returns whether all have ended. `on_change` is called whenever a report may have changed.
        """
        for track in self.context.tracker:
            filing = self.reporters[track.entry.n].file(track)
            self.context.start("filing", filing, track)
        refreshing = self.context.start("the officer's list", self._refresh())
        try:
            async with asyncio.timeout(limit_s):
                while not self.context.tracker.ended:
                    await self.context.tracker.changed.wait()
                    self.context.tracker.changed.clear()
                    self._react()
                    on_change(self.context)
        except TimeoutError:
            return False
        finally:
            refreshing.cancel()
        return True

    def officer_on_watch(self) -> Officer:
        shift = behaviour.shift_at(self.context.now())
        return next(
            (officer for officer in self.officers if officer.shift == shift), self.officers[0]
        )

    async def _keep_watch(self) -> None:
        """The officer of each shift has the watch: taken once, then handed over at each change."""
        holder = self.officer_on_watch()
        await holder.take_watch()
        while True:
            await self.context.pause(SHIFT_SECONDS)
            following = self.officer_on_watch()
            if following is not holder:
                await holder.hand_watch_to(following)
                holder = following

    async def _refresh(self) -> None:
        while True:
            await self.officer_on_watch().refresh_all()
            await self._handle_escalations(self.officer_on_watch())
            self.context.tracker.changed.set()  # reminders become due without a message
            await asyncio.sleep(REFRESH_SECONDS)

    async def _listen(self, person: Person) -> None:
        """Reads a report again when a message about it arrives."""
        async for event in person.stream():
            track = self.context.tracker.of(event.message.get("report"))
            if track is not None and event.kind in {"outcome", "notice", "escalation"}:
                await self.context.refresh(track, person)

    async def _listen_as_officer(self, officer: Officer) -> None:
        async for event in officer.person.stream():
            track = self.context.tracker.of(event.message.get("report"))
            if track is None or self.officer_on_watch() is not officer:
                continue
            if event.kind == "escalation":
                self.context.start("acknowledging", officer.acknowledge(track), track)
            if event.message.get("data", {}).get("why") == "escalated":
                self.context.start("escalations", self._handle_escalations(officer))
            self.context.start("reading", officer.read(track), track)

    async def _handle_escalations(self, officer: Officer) -> None:
        """Those that nobody handles yet."""
        for callout, report in await officer.escalated():
            track = self.context.tracker.of(report)
            if track is not None and callout not in self._escalations:
                self._escalations.add(callout)
                handling = officer.handle_escalation(callout, track)
                self.context.start("escalation", handling, track)

    def _react(self) -> None:
        for track in self.context.tracker:
            if track.id and not track.ended:
                for name, action in self._due(track):
                    if (track.entry.n, name) not in self._started:
                        self._started.add((track.entry.n, name))
                        self.context.start(name, action(track), track)

    def _due(self, track: Track) -> list[tuple[str, Action]]:
        """The actions due in the report's state; each name is started once per report."""
        officer, reporter = self.officer_on_watch(), self.reporters[track.entry.n]
        if track.route != track.expected or track.state in {"filed", "not_accepted"}:
            return [(f"triage {track.round}", officer.triage)]
        if track.state in {"handed_off", "acknowledged"}:
            return [(f"take over {track.round}", officer.take_over)]
        if track.state == "assigned":
            staff = next((c for c in self.committees if covers(c.area, track.area)), None)
            return [(f"resolve {track.round}", staff.resolve if staff else officer.resolve)]
        if track.state == "resolved":
            due: list[tuple[str, Action]] = [(f"judge {track.round}", reporter.judge)]
            if track.resolved and self.context.now() - track.resolved > timedelta(
                minutes=REMIND_MINUTES
            ):
                due.append((f"remind {track.round}", self._remind))
            return due
        return []

    async def _remind(self, track: Track) -> None:
        await self.officer_on_watch().remind(track)
        await self.reporters[track.entry.n].confirm(track)
