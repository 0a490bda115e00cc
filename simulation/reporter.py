"""Who reports: residents, volunteers and committee staff alike. They file, and say whether it
really is solved."""

import time
from typing import Any

from simulation import behaviour
from simulation.api import Person, Refused
from simulation.board import Track
from simulation.world import World


class Reporter:
    """One person's side of the report that they filed."""

    def __init__(self, world: World, person: Person) -> None:
        self._world, self.person = world, person

    async def file(self, track: Track) -> None:
        """At the report's time, once, however often the network makes the phone repeat itself."""
        world, entry = self._world, track.entry
        await world.until(entry.at)
        body: dict[str, Any] = {
            "text": entry.text,
            "location": {
                "longitude": entry.longitude,
                "latitude": entry.latitude,
                "datum": entry.datum,
            },
        }
        if entry.reporter == "volunteer" and entry.route == "log":
            body["finished"] = True  # a volunteer knows whether the matter is over
        if entry.category:
            body["category"] = entry.category
        if entry.community:
            body["community"] = entry.community
        if entry.people_needed:
            body["people_needed"] = entry.people_needed
        now, track.sent_at = world.now(), time.perf_counter()
        key = f"demonstration-{world.run}-{entry.n}"
        view, track.trace = await self.person.post_traced("reports", body, key)
        world.board.filed(track, view, now)

    async def read(self, track: Track) -> None:
        """Look at how it stands, as after a message about it."""
        self._world.board.update(await self.person.get(f"reports/{track.id}"), self._world.now())

    async def judge(self, track: Track) -> None:
        """The platform asks whether it is solved: yes, no, or nothing for now."""
        world, entry = self._world, track.entry
        track.judged += 1
        verdict = behaviour.verdict(world.seed, entry.n, track.judged)
        if verdict == "slow":
            return
        await world.pause(behaviour.verdict_minutes(world.seed, entry.n, track.judged) * 60)
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
            if refused.status != 409:  # the station was faster
                raise
        await self.read(track)
