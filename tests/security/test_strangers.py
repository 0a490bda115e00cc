"""Every operation that takes an id, tried by people of every role who have no part in the matter:
they learn nothing of it, and change nothing."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from tests.journeys.station import Station
from tests.security.access_attempts import ATTEMPTS, Attempt, operations_with_ids
from tests.security.callout_under_way import CalloutUnderWay, callout_under_way
from tests.security.staff import Staff
from tests.security.strangers import strangers
from tests.support.client import Api, Person, ask, new_phone
from tests.support.demonstration import SignIns, demonstration
from tests.support.platform import WholePlatform
from tests.telemetry.canaries import id_number

STORED = {
    "registration": {
        "accounts": ("account", "reporter"),
        "squads": ("squad",),
        "stations": ("station",),
    },
    "incidents": {"reports": ("report",)},
    "dispatch": {"callouts": ("callout",), "responders": ("account",)},
    "notify": {"messages": ("message_to_all",), "receipts": ("message",)},
}
"""Database -> collection -> ids of the call-out under way."""


@pytest.fixture(scope="module")
async def callout(
    api: Api, platform: WholePlatform, whole_station: Station
) -> AsyncGenerator[CalloutUnderWay]:
    await whole_station.begin_journey()  # what fuzzed requests left would call the volunteer
    async with callout_under_way(api, platform.clock) as found:
        yield found


@pytest.fixture(scope="module")
async def people(api: Api, staff: Staff, sign_ins: SignIns) -> dict[str, Person | None]:
    second = await sign_ins.person(demonstration().city_officers[0].phone)
    return await strangers(api, staff, second)


def filled(value: Any, ids: dict[str, str]) -> Any:
    """With the ids in place of `{name}`."""
    if isinstance(value, str):
        return value.format_map(ids)
    if isinstance(value, dict):
        return {key: filled(item, ids) for key, item in value.items()}
    return [filled(item, ids) for item in value] if isinstance(value, list) else value


async def stored(platform: WholePlatform, callout: CalloutUnderWay) -> dict[str, Any]:
    """Every document of the call-out, of all services."""
    async with AsyncMongoClient[dict[str, Any]](platform.backend.mongo_url) as client:
        return {
            f"{database}.{collection}.{name}": await client[database][collection].find_one(
                {"_id": callout.ids[name]}
            )
            for database, collections in STORED.items()
            for collection, names in collections.items()
            for name in names
        }


def test_every_operation_that_takes_an_id_is_tried() -> None:
    operations = dict(operations_with_ids())
    unknown = {operation: names for operation, names in operations.items() if names}
    assert unknown == {}, "does it name an id? add it to access_attempts.py"
    assert set(operations) == set(ATTEMPTS), "add to access_attempts.py how a stranger tries it"


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_strangers_learn_and_change_nothing(
    name: str,
    api: Api,
    callout: CalloutUnderWay,
    people: dict[str, Person | None],
    platform: WholePlatform,
) -> None:
    before = await stored(platform, callout)
    assert all(before.values()), "everything is stored"
    for who, person in people.items():
        if who not in ATTEMPTS[name].may:
            await try_as(api, who, person, name, ATTEMPTS[name], callout)
    assert await stored(platform, callout) == before


async def try_as(
    api: Api,
    who: str,
    person: Person | None,
    name: str,
    attempt: Attempt,
    callout: CalloutUnderWay,
) -> None:
    ids = callout.ids | {"free": new_phone(), "id_number": id_number()}
    path, query, body = (filled(part, ids) for part in (attempt.path, attempt.query, attempt.body))
    method = name.partition(" ")[0]
    answer = await ask(api, person, method, path, params=query, json=body)
    allowed = answer.is_success and bool(attempt.open)
    found = f"{who}: {answer.status_code} {answer.text}"
    assert allowed or answer.status_code in attempt.refused, found
    sent = f"{path} {query} {body}"
    leaked = [secret for secret in callout.secrets if secret in answer.text and secret not in sent]
    assert leaked == [], found
