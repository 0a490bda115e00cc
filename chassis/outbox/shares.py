"""Which aggregates' events a process relays: its shares of all ids, each under a lease by the
store's clock. See docs/decisions/0020."""

import time
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection

from chassis.telemetry.metrics import RELAY_SHARES

SHARES = 8
"""Part of what is stored: documents carry the number of their share."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def share_of(id: str) -> int:
    """The share that a new document with this id belongs to."""
    return zlib.crc32(id.encode()) % SHARES


def rebalance(leases: Mapping[str, Any], holder: str) -> tuple[list[int], list[int]]:
    """(shares to take, shares to give back) so that in the end all live replicas, sorted by name,
    hold equally many: the first ones one more, where it does not come out even."""
    names = sorted(member["holder"] for member in leases["members"])
    rank = names.index(holder)
    quota = SHARES // len(names) + (rank < SHARES % len(names))
    shares, now = leases["shares"], leases["now"]
    mine = [share["number"] for share in shares if share["holder"] == holder]
    free = [share["number"] for share in shares if share["until"] <= now]
    return free[: max(0, quota - len(mine))], mine[quota:]


class Shares:
    """Held only while this process's own clock agrees: a process that slept has lost them.

    One document has the leases of all shares, and all live replicas: one command renews all.
    """

    def __init__(self, leases: AsyncCollection[dict[str, Any]], seconds: float = 5.0) -> None:
        self._leases, self._seconds = leases, seconds
        self.holder = f"relay_{token_hex(10)}"
        self._mine: frozenset[int] = frozenset()
        self._until = 0.0

    @property
    def held(self) -> frozenset[int]:
        return self._mine if time.monotonic() < self._until else frozenset()

    async def renew(self) -> Sequence[int]:
        """Renew what is held and take what is due to this replica. Gives the shares to give back:
        others have too few."""
        take, give = rebalance(await self._write(), self.holder)
        if take:
            await self._write(take=take)
        return give

    async def give_back(self, shares: Sequence[int]) -> None:
        """Nothing of them is published by this process any more."""
        self._mine -= {*shares}
        await self._write(give=shares)

    async def leave(self) -> None:
        """Give everything back, and count no more as a live replica."""
        shares, self._mine = self._mine, frozenset[int]()
        await self._write(give=[*shares], live=False)

    async def _write(
        self, take: Sequence[int] = (), give: Sequence[int] = (), live: bool = True
    ) -> Mapping[str, Any]:
        """Renew, take those that have lapsed, and give back, atomically. The local deadline counts
        from before the call and ends a fifth early."""
        asked = time.monotonic()
        leases = await self._leases.find_one_and_update(
            {"_id": "relay"},
            [{"$set": _changes(self.holder, self._seconds, take, give, live)}],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert leases is not None  # noqa: S101 - it is upserted
        mine = [share["number"] for share in leases["shares"] if share["holder"] == self.holder]
        self._mine, self._until = frozenset(mine), asked + self._seconds * 0.8
        RELAY_SHARES.set(len(mine))
        return leases


def _changes(
    holder: str, seconds: float, take: Sequence[int], give: Sequence[int], live: bool
) -> Mapping[str, Any]:
    until = {"$add": ["$$NOW", int(seconds * 1000)]}
    mine, number = {"$eq": ["$$this.holder", holder]}, "$$this.number"
    lapsed = {"$lte": ["$$this.until", "$$NOW"]}
    given = {"$and": [mine, {"$in": [number, [*give]]}]}
    taken = {"$or": [mine, {"$and": [lapsed, {"$in": [number, [*take]]}]}]}
    share = {
        "$switch": {
            "branches": [
                {"case": given, "then": {"number": number, "holder": "", "until": "$$NOW"}},
                {"case": taken, "then": {"number": number, "holder": holder, "until": until}},
            ],
            "default": "$$this",
        }
    }
    free = [{"number": n, "holder": "", "until": _NEVER} for n in range(SHARES)]
    others = {"$and": [{"$not": mine}, {"$not": lapsed}]}
    members = {"$filter": {"input": {"$ifNull": ["$members", []]}, "cond": others}}
    me = [{"holder": holder, "until": until}] if live else []
    return {
        "shares": {"$map": {"input": {"$ifNull": ["$shares", free]}, "in": share}},
        "members": {"$concatArrays": [members, me]},
        "now": "$$NOW",
    }
