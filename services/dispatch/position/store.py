"""Positions in Redis: rebuilt by the next batch of each phone should it lose them.

`positions` (geo set) and `seen` (time of the position, Unix seconds) hold one entry a person,
`on_duty` who may send, `profiles`, `engaged`, `calls` and `served` what a selection needs of them
(`availability`). `since` tells from when on signs are complete: a Redis that was just emptied must
not end anybody's duty.
"""

from collections.abc import Awaitable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from redis.exceptions import RedisError

from chassis.tasks.batches import Batcher
from chassis.valkey.client import connect
from jinan.coordinates import Point, distance_m
from services.dispatch.policy import POLICIES
from services.dispatch.position.domain import Fix

GEO, SEEN, DUTY = "dispatch:positions", "dispatch:seen", "dispatch:on_duty"
PROFILES, ENGAGED, CALLS = "dispatch:profiles", "dispatch:engaged", "dispatch:calls"
SERVED = "dispatch:served"
_SINCE = "dispatch:since"
# ARGV: seconds, then volunteer, longitude, latitude, time, repeated. Only a newer position replaces
# an older one. Returns who is not known to be on duty, and who was not seen for so many seconds.
_PUT = """
local unknown, back, geo, seen = {}, {}, {}, {}
for i = 2, #ARGV, 4 do
  local who = ARGV[i]
  if redis.call('SISMEMBER', KEYS[3], who) == 0 then
    unknown[#unknown + 1] = who
  else
    local before = redis.call('ZSCORE', KEYS[2], who)
    if not before or tonumber(before) <= tonumber(ARGV[i + 3]) then
      geo[#geo + 1] = ARGV[i + 1]
      geo[#geo + 1] = ARGV[i + 2]
      geo[#geo + 1] = who
      seen[#seen + 1] = ARGV[i + 3]
      seen[#seen + 1] = who
      if not before or before + ARGV[1] < tonumber(ARGV[i + 3]) then back[#back + 1] = who end
    end
  end
end
if #geo > 0 then
  redis.call('GEOADD', KEYS[1], unpack(geo))
  redis.call('ZADD', KEYS[2], unpack(seen))
end
return {unknown, back}
"""


class Kept(NamedTuple):
    """A position was kept. `back`: the first one of the person in a while."""

    back: bool


class Positions:
    """Every call has a time limit. Fixes that come in while a write is under way go out together in
    the next."""

    def __init__(self, url: str) -> None:
        self.redis = connect(url, text=True, retries=1)
        self._put = self.redis.register_script(_PUT)
        self._fixes = Batcher(self._put_all, max_batch=500)

    async def ping(self) -> None:
        await self.redis.ping()

    async def close(self) -> None:
        await self.redis.aclose()

    async def put(self, fix: Fix) -> Kept | None:
        """None where the person is not known to be on duty: then nothing is kept."""
        return await self._fixes.submit(fix)

    async def _put_all(self, batch: Sequence[Fix]) -> Sequence[Kept | None]:
        latest = {fix.volunteer: fix for fix in sorted(batch, key=lambda fix: fix.at)}
        fresh_s = POLICIES.at(batch[0].at).fresh_s
        arguments = [
            x for f in latest.values() for x in (f.volunteer, *map(repr, f.point), _seconds(f.at))
        ]
        unknown, back = await self._put(keys=[GEO, SEEN, DUTY], args=[fresh_s, *arguments])
        return [
            None if fix.volunteer in unknown else Kept(back=fix.volunteer in back) for fix in batch
        ]

    async def admit(self, volunteer: str) -> None:
        """This person may send positions."""
        await self.redis.sadd(DUTY, volunteer)

    async def forget(self, volunteer: str) -> None:
        """This person may not any more; their position is erased."""
        pipe = self.redis.pipeline(transaction=True)
        pipe.srem(DUTY, volunteer)
        pipe.zrem(GEO, volunteer)
        pipe.zrem(SEEN, volunteer)
        for known in (PROFILES, ENGAGED, CALLS, SERVED):
            pipe.hdel(known, volunteer)
        await pipe.execute()

    async def seen(self, volunteers: Sequence[str]) -> dict[str, datetime]:
        """When each was last seen; without those of whom there is no position."""
        if not volunteers:
            return {}
        scores = await self.redis.zmscore(SEEN, list(volunteers))
        pairs = zip(volunteers, scores, strict=True)
        return {who: to_time(score) for who, score in pairs if score is not None}

    async def distances(self, place: Point, volunteers: Sequence[str]) -> dict[str, int]:
        """Metres on the map, for those whose place is known."""
        places = await self.places(volunteers)
        return {who: round(distance_m(place, spot)) for who, spot in places.items()}

    async def places(self, volunteers: Collection[str]) -> dict[str, Point]:
        """Where each was last, of those whose place is known."""
        if not volunteers:
            return {}
        found = cast(list[Any], await self.redis.geopos(GEO, *volunteers))
        pairs = zip(volunteers, found, strict=True)
        return {who: Point(*spot) for who, spot in pairs if spot}

    async def last_fix(self, volunteer: str) -> Fix | None:
        """None where there is none, and while Redis is unavailable: nobody waits for it."""
        try:
            places, seen = await self.places([volunteer]), await self.seen([volunteer])
        except RedisError:
            return None
        if volunteer not in places or volunteer not in seen:
            return None
        return Fix(volunteer, places[volunteer], seen[volunteer])

    async def known_since(self, now: datetime) -> datetime:
        """From when on signs are complete."""
        await self.redis.set(_SINCE, _seconds(now), nx=True)
        stored = await cast(Awaitable[str | None], self.redis.get(_SINCE))
        return to_time(float(stored)) if stored else now


def _seconds(at: datetime) -> str:
    return f"{at.timestamp():.3f}"


def to_time(seconds: float) -> datetime:
    """Cut to milliseconds, as MongoDB keeps it: a recorded situation must read back the same."""
    whole = round(seconds * 1000)
    return datetime.fromtimestamp(whole // 1000, UTC).replace(microsecond=whole % 1000 * 1000)
