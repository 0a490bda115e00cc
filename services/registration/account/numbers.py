"""Who holds which ID number, by its keyed hash: kept beside the person's key, which is not in
ordinary back-ups, and gone with it. So an old back-up confirms nobody's number.

A file of its own because it is the one place where two accounts meet: the hash must be unique over
all of them, and it is not stored with them (docs/decisions/0037).
"""

from collections.abc import Sequence

from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError
from pymongo.write_concern import WriteConcern

from chassis.errors import DuplicateKey
from chassis.mongo.store import Document
from chassis.personal.keys import PersonKeys

NUMBERS = "number_keys"
_SINCE = "number_version"
_STORED_BEFORE = "id_number_key"
BY_NUMBER = IndexModel([(NUMBERS, ASCENDING)], unique=True, sparse=True)


class HeldNumbers:
    """An account holds a number before it is stored with it: of two that apply with one number, the
    unique index lets one. What a change that failed has left is freed by who needs it."""

    def __init__(self, accounts: AsyncCollection[Document], keys: PersonKeys) -> None:
        self._accounts, self._keys = accounts, keys
        # Not waited for: the account's own write, behind it in the same oplog, is acknowledged by
        # the majority only together with this one.
        self._quick = keys.collection.with_options(write_concern=WriteConcern(w=1, j=False))

    async def hold(self, id: str, number: str, version: int, *, erased: bool) -> None:
        """For the change of this version of the account. `erased`: it keeps the number from others,
        though its key is destroyed; any other without a key holds none.

        Raises DuplicateKey where another account holds it.
        """
        if await self._stored_before([number], besides=id):
            raise DuplicateKey({NUMBERS: 1})
        match: Document = {"_id": id} if erased else {"_id": id, "key": {"$exists": True}}
        change = {"$addToSet": {NUMBERS: number}, "$max": {_SINCE: version}}
        try:
            await self._quick.update_one(match, change)
        except DuplicateKeyError:
            raise DuplicateKey({NUMBERS: 1}) from None

    async def free(self, id: str, number: str, version: int) -> bool:
        """Whether the account does not hold it any more: a change of an earlier version than this
        one cannot happen now. One that holds it for this version may."""
        match = {"_id": id, NUMBERS: number, _SINCE: {"$lt": version}}
        await self._keys.collection.update_one(match, _without(number))
        return id not in await self.holders([number])

    async def holders(self, numbers: Sequence[str]) -> list[str]:
        """The accounts, also those that were stored with the number itself."""
        found = self._keys.collection.find(
            {NUMBERS: {"$in": list(numbers)}}, {"_id": 1}, max_time_ms=5000
        )
        held = [document["_id"] async for document in found]
        return sorted({*held, *await self._stored_before(numbers)}) if numbers else []

    async def _stored_before(self, numbers: Sequence[str], besides: str = "") -> list[str]:
        query = {_STORED_BEFORE: {"$in": list(numbers), "$gt": ""}, "_id": {"$ne": besides}}
        found = self._accounts.find(query, {"_id": 1}, max_time_ms=5000)
        return [document["_id"] async for document in found]


def _without(number: str) -> list[Document]:
    """No empty list stays behind: the unique index would hold it, and let nobody else have one."""
    left = {"$setDifference": [f"${NUMBERS}", [number]]}
    return [{"$set": {NUMBERS: {"$cond": [{"$eq": [left, []]}, "$$REMOVE", left]}}}]
