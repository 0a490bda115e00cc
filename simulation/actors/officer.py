"""The station officer on watch: acknowledges what they are asked, triages every report, takes over
police matters and handles escalations."""

from typing import Any

from simulation.actors import behaviour
from simulation.api import Json, Person, Refused
from simulation.context import Context
from simulation.people import Shift, StationPlan
from simulation.tracker import Track

MANUAL_MINUTES = 8
"""Domain time that the officer waits for volunteers called manually before the station resolves the
report itself."""
MAX_MANUAL = 12


class Officer:
    """One officer, who has the watch of the station's streets during `shift`."""

    def __init__(
        self, context: Context, station: StationPlan, shift: Shift, person: Person
    ) -> None:
        self._context, self.shift, self.person = context, shift, person
        self._station, self._streets = station.id, station.streets

    async def take_watch(self) -> None:
        """From now they are asked about whatever somebody has to look at."""
        for street in self._streets:
            await self.person.post("watches", {"area": street})

    async def hand_watch_to(self, colleague: "Officer") -> None:
        """Offered and accepted; what has lapsed meanwhile is taken anew."""
        for street in self._streets:
            watch = f"watches/wat_{street}"
            try:
                await self.person.post(f"{watch}/offer", {"to": colleague.person.id})
                await colleague.person.post(f"{watch}/accept")
            except Refused as refused:
                if refused.status != 409:
                    raise
        await colleague.take_watch()

    async def refresh_all(self) -> None:
        """Takes over the station's whole list of reports."""
        cursor: dict[str, str] = {}
        while True:
            page = await self.person.get("reports", station=self._station, limit=100, **cursor)
            for view in page["items"]:
                self._context.tracker.update(view, self._context.now())
            if not page.get("next"):
                return
            cursor = {"cursor": page["next"]}

    async def escalated(self) -> list[tuple[str, str]]:
        """(call-out id, report id) of the call-outs escalated to the station."""
        page = await self.person.get("callouts", station=self._station, state="escalated")
        return [
            (str(v["id"]), str(v["report"]))
            for v in page["items"]
            if v["escalated_to"] == "station"
        ]

    async def read(self, track: Track) -> None:
        await self._context.refresh(track, self.person)

    async def acknowledge(self, track: Track) -> None:
        """Answers for it: a police matter is taken over, and nobody else is asked."""
        context, entry = self._context, track.entry
        await context.pause(behaviour.acknowledge_seconds(context.seed, entry.n))
        try:
            await self.person.post(f"reports/{track.id}/acknowledge")
        except Refused as refused:
            if refused.status != 409:  # decided meanwhile
                raise
        await self.read(track)

    async def triage(self, track: Track) -> None:
        """Reviews a report: routes it where the rules left that to a person, or chose another route
        than the officer, with a reason."""
        context, entry = self._context, track.entry
        await context.pause(behaviour.triage_minutes(context.seed, entry.n) * 60)
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
        """Acknowledges a police matter at once and later closes it with an outcome."""
        context, n = self._context, track.entry.n
        if track.state == "handed_off":
            await self.acknowledge(track)
        await context.pause(behaviour.police_minutes(context.seed, n) * 60)
        await self.person.post(
            f"reports/{track.id}/close", {"outcome": "solved", "note": "民警已到场处置完毕"}
        )
        await self.read(track)

    async def resolve(self, track: Track) -> None:
        """The station resolves a report that nobody else handles."""
        context, n = self._context, track.entry.n
        await context.pause(behaviour.committee_minutes(context.seed, n, track.judged + 1) * 60)
        try:
            await self.person.post(
                f"reports/{track.id}/resolve", {"outcome": "solved", "note": "派出所已派员处理"}
            )
        except Refused as refused:
            if refused.status != 409:  # resolved by somebody else meanwhile
                raise
        await self.read(track)

    async def remind(self, track: Track) -> None:
        """Notes in the time line that a silent reporter was reminded."""
        await self.person.post(f"reports/{track.id}/notes", {"text": "已电话提醒报告人确认"})

    async def handle_escalation(self, callout: str, track: Track) -> None:
        """Calls nearby volunteers manually; if nobody comes, the station resolves the report."""
        context = self._context
        track.escalated = True
        await context.pause(60)
        view = await self.person.get(f"callouts/{callout}")
        asked = await self._nearest_free(view) if view["state"] == "escalated" else []
        try:
            if asked:
                await self.person.post(f"callouts/{callout}/call", {"volunteers": asked})
        except Refused as refused:
            if refused.status != 409:  # their state changed between the query and the call
                raise
        await context.pause(MANUAL_MINUTES * 60)
        view = await self.person.get(f"callouts/{callout}")
        if view["state"] == "escalated" and not view["accepted"]:
            await self.resolve(track)
        elif view["state"] == "escalated":
            await self._await_responders(callout, track)

    async def _await_responders(self, callout: str, track: Track) -> None:
        """Waits for those who accepted, at most as long as the station itself would take."""
        await self._context.pause(
            behaviour.committee_minutes(self._context.seed, track.entry.n, track.judged + 1) * 60
        )
        if (await self.person.get(f"callouts/{callout}"))["state"] == "escalated":
            await self.resolve(track)

    async def _nearest_free(self, view: Json) -> list[str]:
        """The nearest free volunteers not called yet, twice as many as are missing."""
        page = await self.person.get(f"callouts/{view['id']}/candidates", limit=200)
        lines = page["items"]
        asked = {str(line["volunteer"]) for line in lines if line["state"] != "not_called"}
        distance = {str(line["volunteer"]): line["distance_m"] or 0 for line in lines}
        duty = await self.person.get("duty", station=self._station, limit=200)
        free = [
            str(one["volunteer"]) for one in duty["items"] if one["on_duty"] and not one["engaged"]
        ]
        wanted = sorted(
            (v for v in free if v not in asked), key=lambda v: distance.get(v, 1_000_000)
        )
        return wanted[: min(MAX_MANUAL, 2 * (int(view["people_needed"]) - int(view["accepted"])))]


_WHO = {"volunteers": "义警", "committee": "社区居委会", "police": "民警", "log": "日志"}
