"""Role by foreign object: whoever has no part in a matter learns nothing of it and changes nothing
in it."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from tests.security.attempts import ATTEMPTS, Attempt, taking_ids
from tests.security.neighbours import Matter, neighbours
from tests.security.people import Person, Staff, new_phone
from tests.support.platform import WholePlatform
from tests.telemetry.canaries import id_number

Neighbours = tuple[Matter, dict[str, Person]]
KEPT = {
    "registration": {
        "accounts": ("account", "reporter"),
        "squads": ("squad",),
        "stations": ("station",),
    },
    "incidents": {"reports": ("report",)},
    "dispatch": {"callouts": ("callout",), "responders": ("account",)},
    "notify": {"messages": ("message",)},
}
"""Where what belongs to the matter is kept."""


@pytest.fixture(scope="module")
def around(staff: Staff, platform: WholePlatform) -> Iterator[Neighbours]:
    with neighbours(staff, platform) as found:
        yield found


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        return value.format_map(ids)
    if isinstance(value, dict):
        return {key: filled(item, ids) for key, item in value.items()}
    return [filled(item, ids) for item in value] if isinstance(value, list) else value


def stored(platform: WholePlatform, matter: Matter) -> dict[str, Any]:
    """All that the services keep of the matter."""
    client: MongoClient[dict[str, Any]] = MongoClient(platform.backend.mongo_url)
    with client:
        return {
            f"{database}.{collection}.{name}": client[database][collection].find_one(
                {"_id": matter.ids[name]}
            )
            for database, collections in KEPT.items()
            for collection, names in collections.items()
            for name in names
        }


def test_every_operation_that_takes_an_id_is_tried() -> None:
    taking = dict(taking_ids())
    assert {name: names for name, names in taking.items() if names} == {}, (
        "is it an id? say so in attempts.py"
    )
    assert set(taking) == set(ATTEMPTS), "say in attempts.py how a stranger would try it"


@pytest.mark.parametrize("name", ATTEMPTS)
def test_strangers_learn_and_change_nothing(
    name: str, around: Neighbours, platform: WholePlatform
) -> None:
    matter, people = around
    before = stored(platform, matter)
    assert all(before.values()), "it is there"
    for who, person in people.items():
        if who not in ATTEMPTS[name].may:
            _tries(name, ATTEMPTS[name], who, person, matter)
    assert stored(platform, matter) == before


def _tries(name: str, attempt: Attempt, who: str, person: Person, matter: Matter) -> None:
    ids = matter.ids | {"free": new_phone(), "id_number": id_number()}
    path, query, body = (filled(part, ids) for part in (attempt.path, attempt.query, attempt.body))
    answer = person.ask(name.partition(" ")[0], path, params=query, json=body)
    allowed = answer.is_success and bool(attempt.open)
    assert allowed or answer.status_code in attempt.refused, (
        f"{who}: {answer.status_code} {answer.text}"
    )
    sent = f"{path} {query} {body}"
    told = [
        secret for secret in matter.told_to_nobody if secret in answer.text and secret not in sent
    ]
    assert told == [], f"{who}: {answer.status_code} {answer.text}"
