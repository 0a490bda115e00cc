"""The officer at the station's desk: looks at every report, puts right what the rules did not, and ends matters."""

from typing import Any

from deploy.demonstration import people
from deploy.demonstration.api import Json, Person, Refused
from deploy.demonstration.board import Track
from deploy.demonstration.people import Watch
from deploy.demonstration.world import World

ALARM_MINUTES = 15
"""How long the officer waits for those called by hand before the station sees to the matter itself."""


class Officer:
    """One officer, at the desk during `watch`."""

    def __init__(self, world: World, station: str, watch: Watch, person: Person) -> None:
        self._world, self._station, self.watch, self.person = world, station, watch, person

    async def look_at_all(self) -> None:
        """The station's list, page by page, onto the board."""
        cursor = ""
        while True:
            query = {"station": self._station} | ({"cursor": cursor} if cursor else {})
            page = await self.person.get("reports", **query)
            for view in page["reports"]:
                self._world.board.update(view, self._world.now())
            cursor = page.get("next")
            if not cursor:
                return

    async def escalated(self) -> list[tuple[str, str]]:
        """(call-out, report) of those for which nobody has come."""
        page = await self.person.get("callouts", station=self._station, state="escalated")
        return [(str(view["id"]), str(view["report"])) for view in page["callouts"]]

    async def read(self, track: Track) -> None:
        self._world.board.update(await self.person.get(f"reports/{track.id}"), self._world.now())

    async def triage(self, track: Track) -> None:
        """Look at a new report; where the rules chose otherwise than an officer would, route it, with the reason."""
        world, entry = self._world, track.entry
        await world.pause(people.triage_minutes(world.seed, entry.n) * 60)
        if track.ended or track.route == entry.route:
            return
        body: dict[str, Any] = {"route": entry.route, "reason": f"值班民警判断应由{_WHO[entry.route]}处理"}
        if entry.category and entry.category != track.category:
            body["category"] = entry.category
        if entry.route == "volunteers":
            body["skills"] = list(entry.skills)
        await self.person.post(f"reports/{track.id}/route", body)
        await self.read(track)

    async def take_over(self, track: Track) -> None:
        """A police matter: taken on at once, and closed with an outcome that the reporter can read."""
        world, n = self._world, track.entry.n
        if track.state == "handed_off":
            await world.pause(20)
            await self.person.post(f"reports/{track.id}/acknowledge")
            await self.read(track)
        await world.pause(people.police_minutes(world.seed, n) * 60)
        await self.person.post(f"reports/{track.id}/close", {"outcome": "solved", "note": "民警已到场处置完毕"})
        await self.read(track)

    async def resolve(self, track: Track) -> None:
        """The station sees to a matter that nobody else does."""
        world, n = self._world, track.entry.n
        await world.pause(people.committee_minutes(world.seed, n, track.judged + 1) * 60)
        if track.state not in {"resolved", "closed"}:
            await self.person.post(f"reports/{track.id}/resolve", {"outcome": "solved", "note": "派出所已派员处理"})
            await self.read(track)

    async def remind(self, track: Track) -> None:
        """Ask a silent reporter once more; the note of it stands in the time line."""
        await self.person.post(f"reports/{track.id}/notes", {"text": "已电话提醒报告人确认"})

    async def rescue(self, callout: str, track: Track) -> None:
        """Nobody came: call by hand whoever is about, and if that is not enough let the station see to it."""
        world = self._world
        track.escalated = True
        await world.pause(60)
        view = await self.person.get(f"callouts/{callout}")
        missing = int(view["people_needed"]) - int(view["accepted"])
        asked = self._whom(await self._candidates(callout), missing) if view["state"] == "escalated" else []
        if asked:
            try:
                await self.person.post(f"callouts/{callout}/call", {"volunteers": asked})
            except Refused as refused:
                world.note(f"call by hand: {refused}", track)
        await world.pause(ALARM_MINUTES * 60)
        view = await self.person.get(f"callouts/{callout}")
        if view["state"] == "escalated":
            await self.resolve(track)

    async def _candidates(self, callout: str) -> list[Json]:
        found = await self.person.get(f"callouts/{callout}/candidates")
        return found["candidates"] if isinstance(found, dict) else found

    @staticmethod
    def _whom(candidates: list[Json], missing: int) -> list[str]:
        """The nearest who did not say no, twice as many as are missing."""
        asleep = {"timed_out", "passed_over", "not_called", "skipped"}
        free = [c for c in candidates if c.get("state") in asleep]
        free.sort(key=lambda c: float(c.get("distance_m") or 1e6))
        return [str(c["volunteer"]) for c in free[: 2 * missing]]


_WHO = {"volunteers": "义警", "committee": "社区居委会", "police": "民警", "log": "日志"}
