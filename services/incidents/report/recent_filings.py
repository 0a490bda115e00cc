"""Which requests are the same report. A file of its own because `store.py` would exceed 300 lines
with it."""

import hmac
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError
from pymongo.write_concern import WriteConcern

from chassis.domain import Cause
from chassis.errors import CauseReused, Unavailable
from chassis.mongo.store import Document, Store
from services.incidents.policy import POLICIES

_KEYS_KEPT = timedelta(days=7)
"""For how long a phone without a network may repeat a request."""


class RecentFilings:
    """Under which cause each content was filed last, for a minute of real time, and which cause
    each request was answered by, for a week. Contents are stored as hashes keyed with `secret`."""

    def __init__(self, store: Store, secret: str) -> None:
        expiry = IndexModel([("until", ASCENDING)], expireAfterSeconds=0)
        self._durable = store.collection("recent_filings", expiry)
        # Not journalled: after a crash of the store what is said again within the minute may
        # become a second report.
        self._quick = self._durable.with_options(write_concern=WriteConcern(w=1, j=False))
        self._clock, self._secret = store.clock, secret.encode()

    async def cause_of(self, content: str, cause: Cause) -> Cause:
        """The cause under which the report is filed: that of the same content within the minute,
        else its own. Of many at once one is the first, on whichever replica.

        What a cause was given once it is given again, however late it is repeated: the minute
        has passed by then, or somebody said the same anew. Raises CauseReused where the same key
        came with another body.
        """
        id = f"key {cause.id}"
        if known := await self._durable.find_one({"_id": id}, max_time_ms=5000):
            return _answered(known, cause)
        now = datetime.fromtimestamp(self._clock.real(), UTC)
        first = await self._first(content, cause, now)
        # Where it is its own the stored report tells the same after a crash.
        collection = self._quick if first == cause else self._durable
        new = {"cause": asdict(first), "mark": cause.mark, "until": now + _KEYS_KEPT}
        before = await _upsert(collection, id, {"$setOnInsert": new})
        return first if before is None else _answered(before, cause)

    async def _first(self, content: str, cause: Cause, now: datetime) -> Cause:
        until = now + timedelta(seconds=POLICIES.at(now).same_report_within_s)
        live = {"$gt": ["$until", now]}
        kept = {
            "until": {"$cond": [live, "$until", until]},
            "cause": {"$cond": [live, "$cause", {"$literal": asdict(cause)}]},
        }
        key = hmac.digest(self._secret, content.encode("utf-8", "surrogatepass"), "sha256").hex()
        before = await _upsert(self._quick, key, [{"$set": kept}])
        return cause if before is None or before["until"] <= now else Cause(**before["cause"])


def _answered(kept: Document, cause: Cause) -> Cause:
    if kept["mark"] != cause.mark:
        raise CauseReused
    return Cause(**kept["cause"])


async def _upsert(collection: Any, id: str, change: Document | list[Document]) -> Document | None:
    """The document before the change."""
    for _ in range(2):
        with suppress(DuplicateKeyError):  # two began the document at once
            return await collection.find_one_and_update(
                {"_id": id}, change, upsert=True, maxTimeMS=5000
            )
    raise Unavailable("recent filings")
