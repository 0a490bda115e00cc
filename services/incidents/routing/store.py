"""Officers' corrections in MongoDB, for the next training."""

from dataclasses import asdict
from hashlib import blake2b
from typing import Any

from pymongo import ASCENDING, IndexModel

from chassis.mongo.store import Store
from chassis.personal.keys import PersonKeys
from services.incidents.routing.domain.examples import Example


class Examples:
    """Masked texts (`domain/examples.py`). They stay in incidents; the station's own people read
    them (`ops/routing/README.md` has the command)."""

    def __init__(self, store: Store, keys: PersonKeys) -> None:
        self._keys = keys
        self._examples = store.collection(
            "routing_examples", IndexModel([("of", ASCENDING)], sparse=True)
        )

    async def keep(self, id: str, report: str, example: Example) -> None:
        """`id` derives from the correction's cause: a repeat replaces it by itself. Which report
        it is of can be told by that one's key alone, while it is there."""
        document: dict[str, Any] = {"_id": id, "of": await self._mark(report), **asdict(example)}
        await self._examples.replace_one({"_id": id}, document, upsert=True)

    async def erase(self, report: str) -> None:
        """Before the report's key is destroyed."""
        mark = await self._mark(report)
        if mark is not None:
            await self._examples.delete_many({"of": mark})

    async def _mark(self, report: str) -> str | None:
        key = await self._keys.get(report)
        return None if key is None else blake2b(report.encode(), key=key).hexdigest()
