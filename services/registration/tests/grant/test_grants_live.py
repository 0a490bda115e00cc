"""The running service: roles given and taken back, by one person or two; who reads of it."""

from typing import Any

import pytest

from services.registration.tests.live import COMMUNITY, PLAN, Client, Member, appoint, staff
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
STREET, ELSEWHERE = "370104009", "370102001"


async def give(giver: Member, to: Member, role: str, area: str, **more: Any) -> int:
    body = {"account": to.id, "role": role, "area": area} | more
    return (await giver.call("POST", "grants", body)).status_code


async def test_roles_are_given_within_the_giver_s_area(
    client: Client, signed_in: dict[str, Member]
) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])
    city = await staff(client, signed_in, PLAN.city_desk[0])
    second = await staff(client, signed_in, PLAN.city_officers[0])
    member = await client.stranger()
    assert await give(officer, member, "committee", COMMUNITY) == 201
    assert await give(officer, member, "committee", "370102001002") == 403
    assert await give(officer, member, "officer", STREET) == 403
    assert await give(officer, member, "volunteer", STREET) == 409, "not approved"
    await appoint(city, second, member.id, "officer", ELSEWHERE)
    assert await give(member, member, "operator", "3701") == 403
    assert await member.roles() == {"resident", "committee", "officer"}
    gone = await officer.call("DELETE", f"grants/{member.id}/committee/{COMMUNITY}")
    assert gone.status_code == 204
    assert (await city.call("DELETE", f"grants/{member.id}/resident/3701")).status_code == 409
    assert await member.roles() == {"resident", "officer"}
    elsewhere = await member.renew()
    assert (await elsewhere.call("GET", f"volunteers?station={PLAN.station.id}")).status_code == 403


@pytest.mark.parametrize("role", ["officer", "city_desk", "operator"])
async def test_the_city_desk_alone_gives_no_strong_role_not_even_to_itself(
    client: Client, signed_in: dict[str, Member], role: str
) -> None:
    city = await staff(client, signed_in, PLAN.city_desk[0])
    officer = await staff(client, signed_in, PLAN.officers[5])
    for to in (city, await client.stranger()):
        body = {"account": to.id, "role": role, "area": ELSEWHERE}
        assert (await city.call("POST", "grants", body)).status_code == 409
        why = {"reason": "暂无人值守"}
        proposal = (await city.call("POST", "grant-proposals", body | why)).json()["id"]
        for alone in (city, officer, to):
            answer = await alone.call("POST", f"grant-proposals/{proposal}/confirm")
            assert answer.status_code in (403, 409), answer.text
        assert role == "city_desk" or role not in await to.roles()


async def test_a_strong_role_is_taken_by_one_person_and_does_not_come_back(
    client: Client, signed_in: dict[str, Member]
) -> None:
    city = await staff(client, signed_in, PLAN.city_desk[0])
    second = await staff(client, signed_in, PLAN.city_officers[0])
    member = await client.stranger()
    body = {"account": member.id, "role": "officer", "area": ELSEWHERE, "reason": "接替值班民警"}
    proposal = (await city.call("POST", "grant-proposals", body)).json()["id"]
    listed = (await second.call("GET", "grant-proposals?limit=100")).json()["items"]
    assert {p["id"]: p["reason"] for p in listed}[proposal] == "接替值班民警"
    confirm = f"grant-proposals/{proposal}/confirm"
    assert (await second.call("POST", confirm)).status_code == 200
    assert await member.roles() == {"resident", "officer"}
    path = f"grants/{member.id}/officer/{ELSEWHERE}"
    assert (await city.call("DELETE", path, {"reason": "手机丢失"})).status_code == 204
    assert (await second.call("POST", confirm)).status_code == 200, "a repeat gives nothing again"
    assert await member.roles() == {"resident"}

    def whole(log: dict[str, Any]) -> bool:
        return len(log["items"]) >= 2

    async def seen_by(reader: Member, query: str = "") -> dict[str, Any]:
        return (await reader.call("GET", f"grants/log{query}")).json()

    log = await eventually(lambda: seen_by(member), whole, what="both in the log", within=30)
    shown = [
        {key: entry[key] for key in ("what", "by", "confirmed_by", "reason")}
        for entry in log["items"]
    ]
    assert shown == [
        {"what": "taken", "by": city.id, "confirmed_by": None, "reason": "手机丢失"},
        {"what": "given", "by": city.id, "confirmed_by": second.id, "reason": "接替值班民警"},
    ]
    assert (await seen_by(second, f"?account={member.id}"))["items"] == log["items"]
    street = await staff(client, signed_in, PLAN.officers[5])
    assert (await seen_by(street, f"?account={member.id}"))["items"] == [], "of another area"
    nobody = await client.stranger()
    assert (await nobody.call("GET", f"grants/log?account={member.id}")).status_code == 403


async def test_the_roster_s_roles_are_logged_as_the_system_s(
    client: Client, signed_in: dict[str, Member]
) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])

    async def own() -> dict[str, Any]:
        return (await officer.call("GET", f"grants/log?account={officer.id}")).json()

    log = await eventually(own, lambda page: bool(page["items"]), what="an entry", within=30)
    assert {(e["role"], e["by"]) for e in log["items"]} == {("officer", "system")}
