"""Quotas: how often a thing may be done for one key (an address, a phone), in several windows of
time at once."""

import asyncio
import hmac
import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError
from pymongo.write_concern import WriteConcern

from chassis.domain import Refusal, Window
from chassis.mongo.store import Document, Store
from chassis.tasks.batches import Batcher
from chassis.telemetry.metrics import QUOTA_ADMITTED, QUOTA_REFUSALS
from contracts.texts import LocalizedText, text

_MAX_REMEMBERED = 20_000


def _never(_: str) -> bool:
    return False


class Quota:
    """Counts by real time, exactly over all replicas: a key's windows are one document, which one
    write counts in if all of them have room. Requests of one key that arrive during a write share
    the next one, and a window that was found full is remembered, so that a flood costs few writes.

    A window begins with the first request that is counted in it, and ends after its seconds: any
    span of that length sees at most twice its number. What is refused is not counted.

    Not journalled: a crash of the store may lose the counts of the last moments.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        windows: Callable[[datetime], Sequence[Window]],
        secret: str,
        exempt: Callable[[str], bool] = _never,
    ) -> None:
        """`windows` of a time: from the policy. Keys are stored as hashes keyed with `secret`.
        `exempt` keys are not counted."""
        collection = store.collection(
            "quotas", IndexModel([("purge_at", ASCENDING)], expireAfterSeconds=0)
        )
        self._collection = collection.with_options(write_concern=WriteConcern(w=1, j=False))
        self._name, self._windows, self._exempt = name, windows, exempt
        self._clock, self._hash = store.clock, hmac.new(secret.encode(), name.encode(), "sha256")
        self._batches: Batcher[str, float] = Batcher(self._take_batch)
        self._full: dict[str, float] = {}
        """Hashed key -> the Unix time until which one of its windows is full."""

    async def take(self, key: str) -> None:
        """Count one.

        Raises:
            Refusal: `too_many`, with the time to wait.
            Exception: the store cannot answer; nothing is let through unless it was counted.
        """
        if wait := await self.wait(key):
            raise Refusal("too_many", retry_after=wait, wait=duration(wait))

    async def wait(self, key: str) -> int:
        """Count one; 0. Where a window is full, nothing is counted, and the result is the seconds
        until it ends."""
        if self._exempt(key):
            return 0
        hashed = self._hashed(key)
        until = self._full.get(hashed, 0.0)
        if until <= self._clock.real():
            until = await self._batches.submit(hashed)
        if not until:
            QUOTA_ADMITTED.labels(self._name).inc()
            return 0
        QUOTA_REFUSALS.labels(self._name).inc()
        return max(1, math.ceil(until - self._clock.real()))

    def _hashed(self, key: str) -> str:
        keyed = self._hash.copy()
        keyed.update(b"\x1f" + key.encode("utf-8", "surrogatepass"))
        return f"{self._name}:{keyed.hexdigest()[:32]}"

    async def _take_batch(self, batch: Sequence[str]) -> Sequence[float]:
        asked = Counter(batch)
        taken = await asyncio.gather(*(self._count(key, n) for key, n in asked.items()))
        found = dict(zip(asked, taken, strict=True))
        outcomes: list[float] = []
        for key in batch:
            granted, until = found[key]
            found[key] = granted - 1, until
            outcomes.append(0.0 if granted > 0 else until)
        return outcomes

    async def _count(self, key: str, asked: int) -> tuple[int, float]:
        """How many of them were counted, and until when no more are (0: there is room)."""
        now = datetime.fromtimestamp(self._clock.real(), UTC)
        windows = self._windows(now)
        document = await self._update(key, _counting(windows, asked, now))
        full = [w for w in windows if document[_field(w)]["count"] >= w.most]
        until = max((document[_field(w)]["until"].timestamp() for w in full), default=0.0)
        if until:
            self._remember(key, until)
        return document["granted"], until

    async def _update(self, key: str, steps: list[Document]) -> Document:
        try:
            return await self._find_and_update(key, steps)
        except DuplicateKeyError:  # two began the document at once
            return await self._find_and_update(key, steps)

    async def _find_and_update(self, key: str, steps: list[Document]) -> Document:
        document = await self._collection.find_one_and_update(
            {"_id": key},
            steps,
            upsert=True,
            return_document=ReturnDocument.AFTER,
            maxTimeMS=5000,
        )
        assert document is not None  # noqa: S101 - an upsert gives one
        return document

    def _remember(self, key: str, until: float) -> None:
        if len(self._full) >= _MAX_REMEMBERED:
            now = self._clock.real()
            self._full = {k: end for k, end in self._full.items() if end > now}
            if len(self._full) >= _MAX_REMEMBERED:
                self._full.clear()
        self._full[key] = until


def duration(seconds: int) -> LocalizedText:
    """A span of time in words, rounded up."""
    unit, length = "seconds", 1
    if seconds > 7200:
        unit, length = "hours", 3600
    elif seconds > 120:
        unit, length = "minutes", 60
    return text(f"duration.{unit}", count=-(-seconds // length))


def _field(window: Window) -> str:
    return f"s{window.seconds}"


def _counting(windows: Sequence[Window], asked: int, now: datetime) -> list[Document]:
    """The steps that count as many of those who ask as every window has room for."""
    fields = [_field(window) for window in windows]
    begun = {_field(w): {"until": now + timedelta(seconds=w.seconds), "count": 0} for w in windows}
    present = {f: {"$cond": [{"$gt": [f"${f}.until", now]}, f"${f}", begun[f]]} for f in fields}
    room = [{"$subtract": [w.most, f"${_field(w)}.count"]} for w in windows]
    counted = {f"{f}.count": {"$add": [f"${f}.count", "$granted"]} for f in fields}
    ends = {"$max": [f"${f}.until" for f in fields]}
    return [
        {"$set": present},
        {"$set": {"granted": {"$max": [0, {"$min": [asked, *room]}]}, "purge_at": ends}},
        {"$set": counted},
    ]
