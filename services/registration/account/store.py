"""Accounts, and the log of who read whose name and phone."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis.domain import Cause, Frozen
from chassis.errors import DuplicateKey
from chassis.mongo.documents import Seal
from chassis.mongo.paging import behind
from chassis.mongo.store import Document, Store, new_id
from chassis.personal.keys import PersonKeys
from chassis.personal.repository import SealedRepository
from chassis.personal.sealing import PersonalField, empty, nothing
from contracts.vocabulary import Role
from services.registration.account.domain import Account
from services.registration.account.numbers import BY_NUMBER, HeldNumbers

_LATEST = [("at", DESCENDING), ("_id", DESCENDING)]
# Partial: most accounts are no volunteers. A query must repeat the condition to use the index.
IS_VOLUNTEER = {"volunteer.station": {"$gt": ""}}
_BY_HAND = {"grants.source": "hand"}
_ERASURE_DUE, _IS_DATE = "erasure.due_at", {"$type": "date"}


_PHONE_KEY = "phone_key"
_NUMBER_KEY = "id_number_key"
_READABLE_NUMBER = "readable_number"
"""In a loaded document: its ID number's hash was stored readable."""


def _none(_: object) -> tuple[()]:
    return ()


_PERSONAL = (
    PersonalField("phone", empty),
    PersonalField("name", nothing),
    PersonalField("birth_year", nothing),
    PersonalField("id_number", nothing),
    PersonalField(_NUMBER_KEY, nothing),
    PersonalField("refused_numbers", _none),
    PersonalField("volunteer.history.*.reason", nothing),
    PersonalField("volunteer.proposals.*.reason", empty),
)


def keys_of_people(store: Store, field_key: str) -> PersonKeys:
    """With the indexes by which the account of a phone, and of an ID number, is found."""
    by_phone = IndexModel([(_PHONE_KEY, ASCENDING)], unique=True, sparse=True)
    return PersonKeys(store, field_key, by_phone, BY_NUMBER)


class Accounts(SealedRepository[Account]):
    """The personal fields of each are sealed under the person's key."""

    def __init__(self, store: Store, keys: PersonKeys) -> None:
        by_station = [
            ("volunteer.station", ASCENDING),
            ("volunteer.standing", ASCENDING),
            ("_id", ASCENDING),
        ]
        super().__init__(
            store,
            "accounts",
            Account,
            IndexModel(by_station, partialFilterExpression=IS_VOLUNTEER),
            IndexModel([("volunteer.squad", ASCENDING)], partialFilterExpression=IS_VOLUNTEER),
            IndexModel(
                [("grants.role", ASCENDING), ("grants.area", ASCENDING)],
                partialFilterExpression=_BY_HAND,
            ),
            IndexModel(
                [("id_number_key", ASCENDING)],
                unique=True,
                partialFilterExpression={"id_number_key": {"$gt": ""}},
            ),
            IndexModel(
                [(_ERASURE_DUE, ASCENDING)], partialFilterExpression={_ERASURE_DUE: _IS_DATE}
            ),
            keys=keys,
            personal=_PERSONAL,
        )
        self.numbers = HeldNumbers(self.collection, keys)

    def lookup_of(self, aggregate: Account) -> Mapping[str, str]:
        return {} if aggregate.phone_key is None else {_PHONE_KEY: aggregate.phone_key}

    async def open(self, documents: Sequence[Document]) -> None:
        for document in documents:
            document[_READABLE_NUMBER] = document.get(_NUMBER_KEY) is not None
        await super().open(documents)

    async def seal_for(self, aggregate: Account, document: Document | None) -> Seal:
        """The number is held before it is stored. Raises DuplicateKey where another holds it."""
        seal = await super().seal_for(aggregate, document)
        number, stored = aggregate.id_number_key, document or {_READABLE_NUMBER: True}
        if number and (stored[_READABLE_NUMBER] or number != stored.get(_NUMBER_KEY)):
            version, erased = stored.get("version", 0), aggregate.erased_at is not None
            await self.numbers.hold(aggregate.id, number, version, erased=erased)
        return seal

    async def free(self, id: str, number: str, cause: Cause) -> bool:
        """Whether this account does not hold the number any more: not where it has it by now."""
        fenced = await self.change(
            id, lambda a: None if a.id_number_key == number else (a, ()), cause
        )
        if fenced.id_number_key == number:
            return False
        return await self.numbers.free(id, number, fenced.version)

    async def of_phone(self, phone_key: str, first: str) -> str | None:
        """The account of the phone; `first`: what its id would be from the time when ids were
        derived from phones. That one is found by the key from now on, so that an erased account is
        not found again."""
        found = await self.keys.find(phone_key=phone_key)
        if found is not None or not await self.exists(first):
            return found
        if not await self._left_phone(first):
            await self.keys.new(first, {_PHONE_KEY: phone_key})
            await self.keys.note(first, phone_key=phone_key)
            return first
        return None

    async def move(self, id: str, phone_key: str) -> None:
        """From now on the account is found by this phone. Raises DuplicateKey where another is."""
        await self.key_of(id)
        try:
            await self.keys.note(id, phone_key=phone_key)
        except DuplicateKeyError:
            raise DuplicateKey({_PHONE_KEY: 1}) from None

    async def _left_phone(self, id: str) -> bool:
        """Whether the account was erased, or is found by another phone by now."""
        return await self.keys.is_destroyed(id) or await self.keys.has(id, _PHONE_KEY)

    async def of_phones(self, first: Mapping[str, str]) -> Mapping[str, str]:
        """As `of_phone`, of many: phone's key -> account, of those that have one. `first`: phone's
        key -> the id that was derived from it."""
        found = dict(await self.keys.find_all(_PHONE_KEY, list(first)))
        for phone_key in first.keys() - found.keys():
            if account := await self.of_phone(phone_key, first[phone_key]):
                found[phone_key] = account
        return found

    async def key_of(self, id: str) -> bytes | None:
        """The key of an account that there is; None where it was erased."""
        key = await self.keys.get(id)
        return key if key is not None or not await self.exists(id) else await self.keys.new(id)

    async def exists(self, id: str) -> bool:
        return await self.collection.find_one({"_id": id}, {"_id": 1}) is not None

    async def due_for_erasure(self, now: datetime) -> AsyncGenerator[tuple[str, datetime], None]:
        """(id, when) of all whose time has come, the earliest first."""
        query = {_ERASURE_DUE: {"$lte": now, **_IS_DATE}}
        waiting = self.collection.find(query, {"erasure": 1}, max_time_ms=5000)
        async with waiting.sort(_ERASURE_DUE, ASCENDING) as found:
            async for document in found:
                yield document["_id"], document["erasure"]["due_at"]

    async def next_erasure(self, now: datetime) -> datetime | None:
        """The earliest after `now`."""
        query = {_ERASURE_DUE: {"$gt": now, **_IS_DATE}}
        first = await self.collection.find_one(
            query, {"erasure": 1}, sort=[(_ERASURE_DUE, ASCENDING)], max_time_ms=5000
        )
        return first["erasure"]["due_at"] if first else None

    async def hold_without_end(self, role: Role, area: str, besides: Sequence[str]) -> bool:
        """Whether somebody besides these accounts was given the role for this area by hand, without
        an end."""
        grant = {"role": role, "area": area, "source": "hand", "until": None}
        query = {**_BY_HAND, "grants": {"$elemMatch": grant}, "_id": {"$nin": list(besides)}}
        return await self.collection.find_one(query, {"_id": 1}, max_time_ms=5000) is not None

    async def with_grants_by_hand(
        self, areas: Sequence[str], role: Role | None, now: datetime, after: str, limit: int
    ) -> list[Account]:
        """Accounts with such a grant that holds now, for these areas or what lies in them; by id,
        from beyond `after`."""
        within = [{"area": {"$gte": area, "$lt": f"{area}~"}} for area in areas]
        holds = [{"until": None}, {"until": {"$gt": now}}]
        grant = {"source": "hand", "$and": [{"$or": within}, {"$or": holds}]}
        if role is not None:
            grant["role"] = role
        query = {**_BY_HAND, "grants": {"$elemMatch": grant}, "_id": {"$gt": after}}
        return await self.find(query, sort=[("_id", ASCENDING)], limit=limit)

    async def among(self, ids: Sequence[str]) -> list[Account]:
        """Those of the ids that exist."""
        return await self.find({"_id": {"$in": list(ids)}}, limit=len(ids)) if ids else []

    async def with_id_numbers(self, keys: Sequence[str]) -> list[Account]:
        """Accounts that hold one of these ID numbers, given by their keyed hashes; those that are
        about to have it, and erased ones that keep it from others, too."""
        return await self.among(await self.numbers.holders(keys))


class AccessLogEntry(Frozen):
    """`by` (an account) read fields of `person`, as `by_role`."""

    id: str = ""
    """Given by the store."""
    person: str
    by: str
    by_role: Role
    at: datetime
    fields: tuple[str, ...]
    report: str | None = None
    """Because of which."""
    reason: str | None = None
    """Encrypted for the person."""


class AccessLog:
    """One document for each access to a person's fields, written before the answer."""

    def __init__(self, store: Store) -> None:
        self._collection = store.collection(
            "access_log", IndexModel([("person", ASCENDING), *_LATEST])
        )

    async def write(self, entries: Sequence[AccessLogEntry]) -> None:
        if entries:
            documents = [
                entry.model_dump(exclude={"id"}) | {"_id": new_id("read")} for entry in entries
            ]
            await self._collection.insert_many(documents, ordered=False)

    async def erase(self, person: str) -> None:
        """Who read their fields. What they read of others stays, as an id, with these."""
        await self._collection.delete_many({"person": person})

    async def of(
        self, person: str, after: tuple[datetime, str] | None, limit: int
    ) -> list[AccessLogEntry]:
        """The latest first; from beyond the entry at (time, id)."""
        query = {"person": person, **behind("at", after)}
        found = self._collection.find(query, limit=limit, max_time_ms=5000).sort(_LATEST)
        return [AccessLogEntry.model_validate(d | {"id": d["_id"]}) async for d in found]
