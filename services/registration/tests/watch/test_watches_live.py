"""The running service: a watch from hand to hand, and its end."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from chassis.clock import Clock
from chassis.mongo.store import Store
from services.registration.account.store import Accounts, keys_of_people
from services.registration.tests.live import PLAN, Client, Member, appoint, events_of, staff
from services.registration.watch.handlers import WatchHandlers
from services.registration.watch.store import Watches
from tests.support.platform import WholePlatform

pytestmark = pytest.mark.servers
STREET, OTHER_STREET, RACED = "370104001", "370104002", "370104003"
WATCH = f"watches/wat_{STREET}"


@pytest.fixture
async def store(platform: WholePlatform) -> AsyncGenerator[Store]:
    store = Store(platform.backend.mongo_url, "registration", Clock())
    yield store
    await store.close()


async def officer_of(client: Client, signed_in: dict[str, Member], area: str) -> Member:
    city, member = await staff(client, signed_in, PLAN.city_desk[0]), await client.stranger()
    second = await staff(client, signed_in, PLAN.city_officers[0])
    await appoint(city, second, member.id, "officer", area)
    return await member.renew()


async def lapse_on_two_more_replicas(platform: WholePlatform, store: Store, id: str) -> None:
    """Beside the service's own step."""
    watches, accounts = (
        Watches(store),
        Accounts(store, keys_of_people(store, platform.secrets.field_key)),
    )
    replicas = [WatchHandlers(watches, accounts, platform.clock) for _ in range(2)]
    past = platform.clock.now() - timedelta(minutes=1)
    await watches.collection.update_one({"_id": id}, {"$set": {"until": past}})
    await asyncio.gather(*(replica.lapse_due() for replica in replicas))


async def test_a_watch_goes_from_hand_to_hand_and_lapses_once(
    client: Client, signed_in: dict[str, Member], platform: WholePlatform, store: Store
) -> None:
    first = await officer_of(client, signed_in, STREET)
    second = await officer_of(client, signed_in, "370104")
    elsewhere = await officer_of(client, signed_in, OTHER_STREET)
    assert (await first.call("GET", WATCH)).json()["state"] == "free"
    for _ in range(2):
        taken = await first.call("POST", "watches", {"area": STREET})
        assert (taken.status_code, taken.json()["by"]) == (201, first.id), taken.text
    refused = await second.call("POST", "watches", {"area": STREET})
    assert (refused.status_code, first.id in refused.text) == (409, False), refused.text
    for to in (elsewhere.id, first.id, "acc_" + "0" * 20):
        unfit = await first.call("POST", f"{WATCH}/offer", {"to": to})
        assert (unfit.status_code, unfit.json()["errors"][0]["field"]) == (422, "body.to")
    assert (await second.call("POST", f"{WATCH}/accept")).status_code == 409
    offered = await first.call("POST", f"{WATCH}/offer", {"to": second.id})
    assert (offered.status_code, offered.json()["state"]) == (200, "offered"), offered.text
    accepted = await second.call("POST", f"{WATCH}/accept")
    assert (accepted.status_code, accepted.json()["by"]) == (200, second.id), accepted.text
    assert (await first.call("POST", f"{WATCH}/offer", {"to": second.id})).status_code == 409

    await lapse_on_two_more_replicas(platform, store, f"wat_{STREET}")
    assert (await second.call("GET", WATCH)).json()["state"] == "lapsed"
    assert (await first.call("POST", "watches", {"area": STREET})).status_code == 201
    published = await events_of(platform, f"wat_{STREET}", 5)
    assert [name for name, _ in published] == [
        "WatchTaken",
        "WatchOffered",
        "WatchAccepted",
        "WatchLapsed",
        "WatchTaken",
    ]


async def test_of_many_at_once_one_takes_it(client: Client, signed_in: dict[str, Member]) -> None:
    officers = [await officer_of(client, signed_in, RACED) for _ in range(4)]
    answers = await asyncio.gather(
        *(officer.call("POST", "watches", {"area": RACED}) for officer in officers)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_each_area_has_its_officers(client: Client, signed_in: dict[str, Member]) -> None:
    street = await officer_of(client, signed_in, OTHER_STREET)
    district = await officer_of(client, signed_in, "370104")
    city = await officer_of(client, signed_in, "3701")
    for area in ("370104002001", "370199", "3702", "", "370104999"):
        refused = await city.call("POST", "watches", {"area": area})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.area")
    for member, area, status in (
        (street, OTHER_STREET, 201),
        (street, "370104", 403),
        (district, "370104", 201),
        (district, "3701", 403),
        (city, "3701", 201),
        (await client.stranger(), OTHER_STREET, 403),
    ):
        assert (await member.call("POST", "watches", {"area": area})).status_code == status

    async def seen(member: Member, query: str = "") -> list[str]:
        found, cursor = list[str](), ""
        while cursor is not None:
            path = f"watches?limit=1{query}" + (cursor and f"&cursor={cursor}")
            page = (await member.call("GET", path)).json()
            found += [watch["area"] for watch in page["items"]]
            cursor = page["next"]
        return found

    assert await seen(street) == [OTHER_STREET]
    assert {"370104", OTHER_STREET} <= {*await seen(district)}
    assert await seen(city, f"&area={OTHER_STREET}") == [OTHER_STREET]
    assert "3701" not in await seen(district)
    # Nobody holds the city's when journeys take it.
    assert (await city.call("POST", "watches/wat_3701/release")).status_code == 200
    assert (await street.call("GET", "watches?area=370104")).status_code == 403
    assert (await street.call("GET", "watches/wat_370104")).status_code == 403
    assert (await city.call("GET", "watches/wat_370104002001")).status_code == 404


async def test_it_is_given_back_and_ends_at_once_with_the_grant(
    client: Client, signed_in: dict[str, Member], platform: WholePlatform
) -> None:
    city = await staff(client, signed_in, PLAN.city_desk[0])
    area, watch = "370104004", "watches/wat_370104004"
    first, second = [await officer_of(client, signed_in, area) for _ in range(2)]
    assert (await first.call("POST", "watches", {"area": area})).status_code == 201
    assert (await second.call("POST", f"{watch}/release")).status_code == 409
    released = await first.call("POST", f"{watch}/release")
    assert (released.status_code, released.json()["by"]) == (200, None), released.text
    assert (await first.call("POST", f"{watch}/release")).status_code == 409

    assert (await first.call("POST", "watches", {"area": area})).status_code == 201
    offered = await first.call("POST", f"{watch}/offer", {"to": second.id})
    assert offered.json()["to"] == second.id
    gone = await city.call("DELETE", f"grants/{second.id}/officer/{area}")
    assert gone.status_code == 204
    refused = await second.call("POST", f"{watch}/accept")
    assert refused.status_code == 403, "whatever the token still says"
    await events_of(platform, f"wat_{area}", 5)  # else the offer may end with the watch
    assert (await city.call("DELETE", f"grants/{first.id}/officer/{area}")).status_code == 204
    published = await events_of(platform, f"wat_{area}", 6)
    assert [name for name, _ in published] == [
        "WatchTaken",
        "WatchLapsed",
        "WatchTaken",
        "WatchOffered",
        "WatchOfferEnded",
        "WatchLapsed",
    ]
    third = await officer_of(client, signed_in, "370104")
    assert (await third.call("GET", watch)).json()["state"] == "lapsed"
    again = await first.call("POST", "watches", {"area": area})
    assert again.status_code == 403, "whatever the token still says"
