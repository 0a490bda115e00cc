"""The record of each search, in MongoDB."""

from collections.abc import Sequence

from pymongo import ASCENDING, IndexModel, UpdateOne

from chassis.domain import Frozen
from chassis.mongo.coalescer import Coalescer
from chassis.mongo.store import Store
from services.dispatch.selection.domain.situation import Found, Selection, Situation


class _Record(Frozen):
    """A search as it is stored."""

    id: str
    callout: str
    wave: int
    situation: Situation
    choice: Selection


class SelectionRecords:
    def __init__(self, store: Store) -> None:
        by_need = IndexModel([("callout", ASCENDING), ("wave", ASCENDING)])
        self._records = store.collection("decisions", by_need)
        self._writes = Coalescer(self._records)

    async def keep(self, found: Found) -> None:
        """Replaces an earlier record of the same id. Kept as one text: nobody queries a part of
        it."""
        record = _Record(
            id=found.id,
            callout=found.need,
            wave=found.attempt,
            situation=found.situation,
            choice=found.selection,
        )
        fields = {
            "callout": record.callout,
            "wave": record.wave,
            "record": record.model_dump_json(),
        }
        await self._writes.submit(UpdateOne({"_id": found.id}, {"$set": fields}, upsert=True))

    async def get(self, ids: Sequence[str]) -> list[Found]:
        """In the order of attempts."""
        query = {"_id": {"$in": list(ids)}}
        cursor = self._records.find(query, max_time_ms=5000).sort("wave", ASCENDING)
        return [_found(_Record.model_validate_json(each["record"])) async for each in cursor]


def _found(record: _Record) -> Found:
    return Found(
        id=record.id,
        need=record.callout,
        attempt=record.wave,
        situation=record.situation,
        selection=record.choice,
    )
