"""Reporters: residents, volunteers or committee staff. They file a report and confirm or reopen
it."""

import time
from typing import Any

from simulation.actors import behaviour
from simulation.api import Person, Refused
from simulation.context import Context
from simulation.tracker import Track


class Reporter:
    """The person who files one report."""

    def __init__(self, context: Context, person: Person) -> None:
        self._context, self.person = context, person

    async def file(self, track: Track) -> None:
        """Files it at the report's time, exactly once even if the request is retried."""
        context, entry = self._context, track.entry
        await context.until(entry.at)
        body: dict[str, Any] = {
            "text": entry.text,
            "location": {
                "longitude": entry.longitude,
                "latitude": entry.latitude,
                "datum": entry.datum,
            },
        }
        if entry.reporter == "volunteer" and entry.route == "log":
            body["finished"] = True  # a log entry: nothing is left to do
        if entry.category:
            body["category"] = entry.category
        if entry.community:
            body["community"] = entry.community
        if entry.people_needed:
            body["people_needed"] = entry.people_needed
        now, track.sent_at = context.now(), time.perf_counter()
        key = f"demonstration-{context.run}-{entry.n}"
        view, track.trace = await self.person.post_traced("reports", body, key)
        context.tracker.filed(track, view, now)

    async def read(self, track: Track) -> None:
        """Refreshes the tracker's state of the report."""
        await self._context.refresh(track, self.person)

    async def judge(self, track: Track) -> None:
        """Answers whether it is resolved: confirms, reopens, or does not answer yet."""
        context, entry = self._context, track.entry
        track.judged += 1
        verdict = behaviour.verdict(context.seed, entry.n, track.judged)
        if verdict == "slow":
            return
        await context.pause(behaviour.verdict_minutes(context.seed, entry.n, track.judged) * 60)
        if verdict == "confirm":
            await self.confirm(track)
        else:
            track.accepted = track.resolved = None
            await self.person.post(
                f"reports/{track.id}/reopen", {"reason": "人走了以后问题又出现了"}
            )
            await self.read(track)

    async def confirm(self, track: Track) -> None:
        try:
            await self.person.post(f"reports/{track.id}/confirm")
        except Refused as refused:
            if refused.status != 409:  # closed already
                raise
        await self.read(track)
