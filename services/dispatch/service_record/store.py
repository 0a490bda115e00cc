"""Service records in MongoDB: one document per volunteer and day."""

from pymongo import ASCENDING, IndexModel

from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from services.dispatch.service_record.domain import ServiceRecord


class ServiceRecords(Repository[ServiceRecord]):
    def __init__(self, store: Store) -> None:
        by_day = IndexModel([("volunteer", ASCENDING), ("day", ASCENDING)], name="by_day")
        super().__init__(store, "service_records", ServiceRecord, by_day)

    async def of(self, volunteer: str, first: str, last: str, limit: int) -> list[ServiceRecord]:
        """Days with work from `first` to `last`, both included, in order. Those of an older version
        do not say `worked`, and have work."""
        days = {"day": {"$gte": first, "$lte": last}}
        query = {"volunteer": volunteer, **days, "worked": {"$ne": False}}
        return await self.find(query, sort=[("day", ASCENDING)], limit=limit)
