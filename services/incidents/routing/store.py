"""Officers' corrections in MongoDB, for the next training."""

from dataclasses import asdict
from typing import Any

from pymongo import ASCENDING, IndexModel

from chassis.mongo.store import Store
from services.incidents.routing.domain.examples import Example


class Examples:
    """Masked texts (`domain/examples.py`). They stay in incidents; the station's own people read
    them (`ops/routing/README.md` has the command)."""

    def __init__(self, store: Store) -> None:
        self._examples = store.collection(
            "routing_examples", IndexModel([("report", ASCENDING)], sparse=True)
        )

    async def keep(self, id: str, report: str, example: Example) -> None:
        """`id` derives from the correction's cause: a repeat replaces it by itself."""
        document: dict[str, Any] = {"_id": id, "report": report, **asdict(example)}
        await self._examples.replace_one({"_id": id}, document, upsert=True)

    async def erase(self, report: str) -> None:
        await self._examples.delete_many({"report": report})
