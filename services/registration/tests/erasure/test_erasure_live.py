"""A person is erased: in registration nothing of theirs can be read, and their phone is free."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from chassis.clock import Clock
from chassis.mongo.store import Store
from chassis.personal import sealing
from contracts import topics
from contracts.events.registration import PersonErased
from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.account.store import keys_of_people
from services.registration.tests.live import (
    PLAN,
    Client,
    Member,
    application,
    events_of,
    new_phone,
    staff,
)
from tests.support.platform import WholePlatform
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
NAME = "欧阳测试"
NOT_IN_BACKUPS = {"person_keys", "sign_in_codes", "familiar_addresses", "local_messages", "quotas"}
"""As ops/erasure.md leaves them out."""


@pytest.fixture
async def store(platform: WholePlatform) -> Any:
    opened = Store(platform.addresses["MONGO_URL"], "registration", Clock(""))
    yield opened
    await opened.close()


async def _fresh_code(client: Client, store: Store, phone: str) -> str:
    """A minute has passed since the last one."""
    await store.database["sign_in_codes"].update_many(
        {}, [{"$set": {"sent_at": {"$subtract": ["$sent_at", 120_000]}}}]
    )
    return await client.code(phone)


async def _pass_waiting(store: Store, id: str) -> None:
    """The waiting time is over."""
    past = {"erasure.due_at": store.clock.now() - timedelta(days=4000)}
    await store.database["accounts"].update_one({"_id": id}, {"$set": past})

    async def erased() -> bool:
        account = await store.database["accounts"].find_one({"_id": id})
        key = await store.database["person_keys"].find_one({"_id": id})
        return bool(account and account["erased_at"] and key and "destroyed_at" in key)

    await eventually(erased, within=30)


async def _volunteer(
    client: Client, signed_in: dict[str, Member], phone: str, number: str = ""
) -> Member:
    member = await client.sign_in(phone)
    body = application(name=NAME) | ({"id_number": number} if number else {})
    applied = await member.call("POST", "volunteers", body)
    assert applied.status_code == 201, applied.text
    officer = await staff(client, signed_in, PLAN.officers[0])
    assert (await officer.call("GET", f"volunteers/{member.id}")).status_code == 200
    return member


async def test_an_erased_person_is_unreadable_and_the_phone_begins_anew(
    client: Client, signed_in: dict[str, Member], platform: WholePlatform, store: Store
):
    phone = new_phone()
    member = await _volunteer(client, signed_in, phone)
    backup = await store.database["accounts"].find_one({"_id": member.id})
    assert backup is not None
    assert not re.search(f"{NAME}|{phone}", str(backup))

    used = await member.call("POST", "accounts/me/erasure", {"code": "000000"})
    assert used.status_code == 422
    code = await _fresh_code(client, store, phone)
    asked = await member.call("POST", "accounts/me/erasure", {"code": code})
    assert asked.status_code == 202, asked.text
    assert (await member.refresh()).status_code == 401, "sessions end at once"
    await _pass_waiting(store, member.id)

    officer = await staff(client, signed_in, PLAN.officers[0])
    assert (await officer.call("GET", f"volunteers/{member.id}")).status_code == 404
    assert (await member.call("GET", "accounts/me")).status_code in (401, 404)
    assert await store.database["access_log"].count_documents({"person": member.id}) == 0
    await _require_unreadable(store, platform, backup)

    again = await client.sign_in_again(phone, await _fresh_code(client, store, phone))
    assert again.id != member.id
    assert again.signed_in["account"]["name"] is None
    taken = await again.call("POST", "volunteers", application(name=NAME))
    assert taken.status_code == 201


async def _require_unreadable(
    store: Store, platform: WholePlatform, backup: dict[str, Any]
) -> None:
    """With the back-up, FIELD_KEY, LOOKUP_KEY and all keys that are left."""
    keys = keys_of_people(store, platform.secrets.field_key)
    ids = [found["_id"] async for found in keys.collection.find({"key": {"$exists": True}})]
    assert backup["_id"] not in ids
    left = [bytes.fromhex(platform.secrets.field_key), bytes.fromhex(platform.secrets.lookup_key)]
    for key in [*left, *(await keys.of(ids[:50])).values()]:
        with pytest.raises(InvalidTag):
            sealing.decrypt(key, bytes(backup["sealed"]), f"accounts:{backup['_id']}")
    restored = dict(backup)
    await keys_and_open(store, platform, restored)
    assert (restored["phone"], restored["name"], restored["birth_year"]) == ("", None, None)


async def keys_and_open(store: Store, platform: WholePlatform, document: dict[str, Any]) -> None:
    keys = keys_of_people(store, platform.secrets.field_key)
    key = await keys.get(document["_id"])
    sealing.open_sealed(document, key, f"accounts:{document['_id']}")


async def _erase(client: Client, store: Store, member: Member, phone: str) -> None:
    code = await _fresh_code(client, store, phone)
    asked = await member.call("POST", "accounts/me/erasure", {"code": code})
    assert asked.status_code == 202, asked.text
    await _pass_waiting(store, member.id)


async def test_no_back_up_confirms_the_true_id_number_or_phone(
    client: Client, signed_in: dict[str, Member], platform: WholePlatform, store: Store
):
    """Not with LOOKUP_KEY and all keys that are left; nor does the store, later."""
    phone, number = new_phone(), application()["id_number"]
    member = await _volunteer(client, signed_in, phone, number)
    personal = _personal_of(client)
    hashes = [personal.id_number_key(number), personal.phone_key(f"+86{phone}")]
    confirming = re.compile("|".join([*hashes, number, phone]))
    held = await store.database["person_keys"].find_one({"_id": member.id})
    assert hashes[0] in str(held), "the test knows where it lies meanwhile"
    backup = await _ordinary_backup(store)
    assert not confirming.search(backup)

    await _erase(client, store, member, phone)
    keys = [str(one) async for one in store.database["person_keys"].find({})]
    assert not confirming.search("".join(keys))
    assert not confirming.search(await _ordinary_backup(store))


async def _ordinary_backup(store: Store) -> str:
    names = set(await store.database.list_collection_names()) - NOT_IN_BACKUPS
    found = [await store.database[name].find({}).to_list() for name in sorted(names)]
    return str(found)


async def test_who_was_suspended_does_not_join_anew_after_an_erasure(
    client: Client, signed_in: dict[str, Member], store: Store
):
    phone, number = new_phone(), application()["id_number"]
    member = await _volunteer(client, signed_in, phone, number)
    officer = await staff(client, signed_in, PLAN.officers[0])
    assert (await officer.call("POST", f"volunteers/{member.id}/approve", {})).is_success
    path = f"volunteers/{member.id}/suspend"
    assert (await officer.call("POST", path, {"reason": "冒充民警"})).is_success
    await _erase(client, store, member, phone)
    again = await client.stranger()
    refused = await again.call("POST", "volunteers", application(id_number=number))
    assert refused.status_code == 409 or refused.status_code == 422, refused.text


async def test_a_number_that_a_failed_change_has_left_is_free(
    client: Client, signed_in: dict[str, Member], store: Store
):
    """The process ended between holding the number and storing the account."""
    number = application()["id_number"]
    one, other = await client.stranger(), await client.stranger()
    personal = _personal_of(client)
    held = {"number_keys": [personal.id_number_key(number)], "number_version": 1}
    await store.database["person_keys"].update_one({"_id": one.id}, {"$set": held})
    applied = await other.call("POST", "volunteers", application(id_number=number))
    assert applied.status_code == 201, applied.text
    refused = await one.call("POST", "volunteers", application(id_number=number))
    assert refused.status_code in (409, 422)


async def test_of_many_who_apply_with_one_number_at_once_one_gets_it(client: Client, store: Store):
    number = application()["id_number"]
    people = [await client.stranger() for _ in range(6)]
    answers = await asyncio.gather(
        *(who.call("POST", "volunteers", application(id_number=number)) for who in people)
    )
    assert sorted(answer.status_code for answer in answers).count(201) == 1
    hashed = (_personal_of(client)).id_number_key(number)
    assert await store.database["person_keys"].count_documents({"number_keys": hashed}) == 1


def _personal_of(client: Client) -> PersonalData:
    secrets = client.platform.secrets
    return PersonalData(FieldCipher(secrets.field_key, secrets.lookup_key))


async def test_the_topic_keeps_an_emptied_state_and_the_end(
    client: Client, signed_in: dict[str, Member], platform: WholePlatform, store: Store
):
    phone = new_phone()
    member = await _volunteer(client, signed_in, phone)
    code = await _fresh_code(client, store, phone)
    await member.call("POST", "accounts/me/erasure", {"code": code})
    await _pass_waiting(store, member.id)
    found = await events_of(platform, member.id, 6)
    assert [kind for kind, _ in found] == [
        "AccountOpened",
        "VolunteerStandingChanged",
        "SessionRevoked",
        "GrantsChanged",
        "VolunteerStandingChanged",
        "PersonErased",
    ]
    assert found[3][1]["grants"] == []
    assert found[4][1]["birth_year"] == 1900
    assert found[4][1]["area"] == "3701"
    assert PersonErased.topic == topics.REGISTRATION


async def test_the_owner_of_a_stolen_phone_signs_in_and_stays(
    client: Client, signed_in: dict[str, Member], store: Store
):
    phone = new_phone()
    thief = await client.sign_in(phone)
    code = await _fresh_code(client, store, phone)
    assert (await thief.call("POST", "accounts/me/erasure", {"code": code})).status_code == 202
    owner = await client.sign_in_again(phone, await _fresh_code(client, store, phone))
    assert owner.id == thief.id
    account = await store.database["accounts"].find_one({"_id": owner.id})
    assert account is not None
    assert account["erasure"] is None


async def test_the_city_desk_asks_for_somebody_who_sees_it_when_they_sign_in(
    client: Client, signed_in: dict[str, Member], store: Store
):
    phone = new_phone()
    member = await client.sign_in(phone)
    desk = await staff(client, signed_in, PLAN.city_desk[0])
    officer = await staff(client, signed_in, PLAN.officers[0])
    path = f"accounts/{member.id}/erasure"
    assert (await officer.call("POST", path, {})).status_code == 403
    assert (await desk.call("POST", path, {})).status_code == 202
    back = await client.sign_in_again(phone, await _fresh_code(client, store, phone))
    assert back.id == member.id
    log = (await back.call("GET", "accounts/me/access-log")).json()["items"]
    assert [entry["fields"] for entry in log] == [["erasure"]]
    own = await desk.call("POST", f"accounts/{desk.id}/erasure", {})
    assert own.status_code == 409
    assert "erasure_holds_role" in own.text or "收回角色" in own.text


async def test_a_copy_has_all_of_oneself_and_nobody_else(
    client: Client, signed_in: dict[str, Member]
):
    phone = new_phone()
    member = await _volunteer(client, signed_in, phone)
    officer = await staff(client, signed_in, PLAN.officers[0])
    copy = await member.call("GET", "accounts/me/data")
    assert copy.status_code == 200, copy.text
    data = copy.json()
    assert (data["account"]["name"], data["account"]["phone"]) == (NAME, f"+86{phone}")
    assert len(data["id_number"]) == 18
    assert [one["standing"] for one in data["standings"]] == ["applied"]
    assert [one["by_role"] for one in data["read_by"]] == ["officer"]
    assert officer.id not in copy.text, "who in particular is not theirs to know"
    log = (await member.call("GET", "accounts/me/access-log")).json()["items"]
    assert log[0]["fields"] == ["copy"], "a stolen session that took one leaves a trace"
