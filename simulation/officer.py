"""The officer at the station's desk: looks at every report, puts right what the rules did not, and
ends matters."""

from typing import Any

from simulation import behaviour
from simulation.api import Json, Person, Refused
from simulation.behaviour import Watch
from simulation.board import Track
from simulation.world import World

BY_HAND_MINUTES = 8
"""How long the officer waits for those called by hand before the station sees to the matter
itself."""
MOST_BY_HAND = 12


class Officer:
    """One officer, at the desk during `watch`."""

    def __init__(self, world: World, station: str, watch: Watch, person: Person) -> None:
        self._world, self._station, self.watch, self.person = world, station, watch, person

    async def look_at_all(self) -> None:
        """The station's list, page by page, onto the board."""
        cursor: dict[str, str] = {}
        while True:
            page = await self.person.get("reports", station=self._station, limit=100, **cursor)
            for view in page["items"]:
                self._world.board.update(view, self._world.now())
            if not page.get("next"):
                return
            cursor = {"cursor": page["next"]}

    async def escalated(self) -> list[tuple[str, str]]:
        """(call-out, report) of those for which nobody has come."""
        page = await self.person.get("callouts", station=self._station, state="escalated")
        return [
            (str(v["id"]), str(v["report"]))
            for v in page["callouts"]
            if v["escalated_to"] == "station"
        ]

    async def read(self, track: Track) -> None:
        self._world.board.update(await self.person.get(f"reports/{track.id}"), self._world.now())

    async def triage(self, track: Track) -> None:
        """Look at a new report; where the rules chose otherwise than an officer would, route it,
        with the reason."""
        world, entry = self._world, track.entry
        await world.pause(behaviour.triage_minutes(world.seed, entry.n) * 60)
        if track.ended or (track.route == entry.route and track.state != "filed"):
            return
        body: dict[str, Any] = {
            "route": entry.route,
            "reason": f"值班民警判断应由{_WHO[entry.route]}处理",
        }
        if entry.category and entry.category != track.category:
            body["category"] = entry.category
        if entry.route == "volunteers":
            body["skills"] = list(entry.skills)
        await self.person.post(f"reports/{track.id}/route", body)
        await self.read(track)

    async def take_over(self, track: Track) -> None:
        """A police matter: taken on at once, and closed with an outcome that the reporter can
        read."""
        world, n = self._world, track.entry.n
        if track.state == "handed_off":
            await world.pause(20)
            await self.person.post(f"reports/{track.id}/acknowledge")
            await self.read(track)
        await world.pause(behaviour.police_minutes(world.seed, n) * 60)
        await self.person.post(
            f"reports/{track.id}/close", {"outcome": "solved", "note": "民警已到场处置完毕"}
        )
        await self.read(track)

    async def resolve(self, track: Track) -> None:
        """The station sees to a matter that nobody else does."""
        world, n = self._world, track.entry.n
        await world.pause(behaviour.committee_minutes(world.seed, n, track.judged + 1) * 60)
        try:
            await self.person.post(
                f"reports/{track.id}/resolve", {"outcome": "solved", "note": "派出所已派员处理"}
            )
        except Refused as refused:
            if refused.status != 409:  # somebody else has seen to it meanwhile
                raise
        await self.read(track)

    async def remind(self, track: Track) -> None:
        """Ask a silent reporter once more; the note of it stands in the time line."""
        await self.person.post(f"reports/{track.id}/notes", {"text": "已电话提醒报告人确认"})

    async def rescue(self, callout: str, track: Track) -> None:
        """Nobody came: call by hand whoever is about, and if that is not enough let the station see
        to it."""
        world = self._world
        track.escalated = True
        await world.pause(60)
        view = await self.person.get(f"callouts/{callout}")
        asked = await self._whom(view) if view["state"] == "escalated" else []
        try:
            if asked:
                await self.person.post(f"callouts/{callout}/call", {"volunteers": asked})
        except Refused as refused:
            if refused.status != 409:  # between the look and the call they may have gone elsewhere
                raise
        await world.pause(BY_HAND_MINUTES * 60)
        view = await self.person.get(f"callouts/{callout}")
        if view["state"] == "escalated" and not view["accepted"]:
            await self.resolve(track)
        elif view["state"] == "escalated":
            await self._with_those_who_came(callout, track)

    async def _with_those_who_came(self, callout: str, track: Track) -> None:
        """Fewer than asked for are on it: the matter waits for them, at most as long as the station
        would take."""
        await self._world.pause(
            behaviour.committee_minutes(self._world.seed, track.entry.n, track.judged + 1) * 60
        )
        if (await self.person.get(f"callouts/{callout}"))["state"] == "escalated":
            await self.resolve(track)

    async def _whom(self, view: Json) -> list[str]:
        """The nearest who are free and were not asked yet, twice as many as are missing."""
        lines = (await self.person.get(f"callouts/{view['id']}/candidates"))["candidates"]
        asked = {str(line["volunteer"]) for line in lines if line["state"] != "not_called"}
        distance = {str(line["volunteer"]): line["distance_m"] or 0 for line in lines}
        duty = await self.person.get("duty", station=self._station)
        free = [
            str(one["volunteer"])
            for one in duty["volunteers"]
            if one["on_duty"] and not one["engaged"]
        ]
        wanted = sorted(
            (v for v in free if v not in asked), key=lambda v: distance.get(v, 1_000_000)
        )
        return wanted[: min(MOST_BY_HAND, 2 * (int(view["people_needed"]) - int(view["accepted"])))]


_WHO = {"volunteers": "义警", "committee": "社区居委会", "police": "民警", "log": "日志"}
