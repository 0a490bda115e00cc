"""Officers' corrections in MongoDB, for the next training."""

from dataclasses import asdict
from typing import Any

from chassis.mongo.store import Store
from services.incidents.routing.domain.examples import Example


class Examples:
    """Masked texts (`domain/examples.py`). They stay in incidents: `ops.routing.export` is run by
    the station's own people."""

    def __init__(self, store: Store) -> None:
        self._examples = store.collection("routing_examples")

    async def keep(self, id: str, example: Example) -> None:
        """`id` derives from the correction's cause: a repeat replaces it by itself."""
        document: dict[str, Any] = {"_id": id, **asdict(example)}
        await self._examples.replace_one({"_id": id}, document, upsert=True)

    async def all(self) -> list[Example]:
        found = await self._examples.find({}, {"_id": 0}).sort("_id").to_list()
        return [Example(**document) for document in found]
