"""The running service: names beside ids, members of a squad, the account of a phone, grants."""

import asyncio
from typing import Any

import pytest

from services.registration.policy import POLICIES
from services.registration.tests.live import (
    COMMUNITY,
    PLAN,
    Client,
    Member,
    application,
    new_phone,
    staff,
)

pytestmark = pytest.mark.servers
NAME = "欧阳成员"
STREET = "370104009"


async def _log(member: Member) -> list[dict[str, Any]]:
    return (await member.call("GET", "accounts/me/access-log")).json()["items"]


async def _member_of(client: Client, officer: Member, squad: str) -> Member:
    member = await client.stranger()
    assert (
        await member.call("POST", "volunteers", application(name=NAME, squad=squad))
    ).status_code == 201
    approved = await officer.call("POST", f"volunteers/{member.id}/approve", {})
    assert approved.status_code == 200, approved.text
    return member


async def test_names_are_read_by_those_who_may_and_each_look_is_logged(
    client: Client, signed_in: dict[str, Member]
) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])
    member, resident = await _member_of(client, officer, "squ_03"), await client.stranger()
    query = f"people?ids={member.id}&ids={resident.id}&ids={member.id}"
    found = await officer.call("GET", query)
    assert found.status_code == 200, found.text
    assert found.json() == {"items": [{"id": member.id, "name": NAME}], "next": None}
    assert [(e["by"], e["fields"]) for e in await _log(member)] == [(officer.id, ["name"])]
    assert await _log(resident) == []
    assert (await member.call("GET", query)).status_code == 403
    many = "&".join(f"ids=acc_{n:020x}" for n in range(101))
    assert (await officer.call("GET", f"people?{many}")).status_code == 422
    assert (await officer.call("GET", "people?ids=acc_x")).status_code == 422


async def test_members_of_a_squad_are_read_by_its_officers(
    client: Client, signed_in: dict[str, Member]
) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])
    name = {"station": PLAN.station.id, "name": f"看队{new_phone()[-5:]}"}
    squad = (await officer.call("POST", "squads", name)).json()
    one = await client.stranger()
    assert (await one.call("GET", f"squads/{squad['id']}")).json() == squad
    assert (await one.call("GET", "squads/squ_nowhere")).status_code == 404
    members = [await _member_of(client, officer, squad["id"]) for _ in range(2)]
    path = f"squads/{squad['id']}/members"
    first = (await officer.call("GET", f"{path}?limit=1")).json()
    second = (await officer.call("GET", f"{path}?limit=1&cursor={first['next']}")).json()
    shown = [*first["items"], *second["items"]]
    assert [each["id"] for each in shown] == sorted(member.id for member in members)
    assert {(each["name"], each["leads"]) for each in shown} == {(NAME, False)}
    assert second["next"] is None
    assert [(e["by_role"], e["fields"]) for e in await _log(members[0])] == [("officer", ["name"])]
    assert (await members[0].call("GET", path)).status_code == 403, "a member is no leader"


async def test_a_station_is_public(client: Client) -> None:
    found = await client.http.get(f"stations/{PLAN.station.id}")
    assert (found.status_code, found.json()["name"]) == (200, PLAN.station.name)
    assert (await client.http.get("stations/sta_nowhere")).status_code == 404


async def test_whoever_gives_roles_finds_an_account_by_its_phone_and_the_person_sees_it(
    client: Client, signed_in: dict[str, Member]
) -> None:
    desk = await staff(client, signed_in, PLAN.city_desk[0])
    phone = new_phone()
    person = await client.sign_in(phone)
    await person.call("PATCH", "accounts/me", {"name": NAME})
    found = await desk.call("POST", "accounts/by-phone", {"phone": phone})
    assert found.status_code == 200, found.text
    assert found.json() == {"account": person.id, "name": "欧***"}
    assert [(e["by"], e["by_role"]) for e in await _log(person)] == [(desk.id, "city_desk")]
    free = await desk.call("POST", "accounts/by-phone", {"phone": new_phone()})
    assert free.status_code == 404
    assert (await desk.call("POST", "accounts/by-phone", {"phone": "abc"})).status_code == 422
    for body in ({"phone": phone}, {"phone": new_phone()}):
        assert (await person.call("POST", "accounts/by-phone", body)).status_code == 403


async def test_phones_are_not_tried_out_one_after_another(
    client: Client, signed_in: dict[str, Member]
) -> None:
    officer = await staff(client, signed_in, PLAN.officers[7])
    most = next(iter(POLICIES)).phone_lookups[0].most
    body = {"phone": new_phone()}
    tries = [officer.call("POST", "accounts/by-phone", body) for _ in range(most + 1)]
    answers = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert sorted(answers) == [404] * most + [429]


async def test_grants_by_hand_are_listed_within_the_giver_s_area(
    client: Client, signed_in: dict[str, Member]
) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])
    desk = await staff(client, signed_in, PLAN.city_desk[0])
    member = await client.stranger()
    given = {"account": member.id, "role": "committee", "area": COMMUNITY}
    assert (await officer.call("POST", "grants", given)).status_code == 201
    elsewhere = given | {"area": "370102001002"}
    assert (await desk.call("POST", "grants", elsewhere)).status_code == 201
    mine = await _holders(officer, "grants?role=committee")
    assert [grant["area"] for grant in mine[member.id]] == [COMMUNITY], "not what lies elsewhere"
    assert mine[member.id][0]["given_by"] == officer.id
    assert {grant["role"] for grants in mine.values() for grant in grants} == {"committee"}
    everywhere = await _holders(desk, "grants?role=committee")
    assert {g["area"] for g in everywhere[member.id]} == {COMMUNITY, "370102001002"}
    assert member.id not in await _holders(desk, f"grants?area={STREET}&role=officer")
    assert (await officer.call("GET", "grants?area=370102")).status_code == 403
    assert (await member.call("GET", "grants")).status_code == 403
    await officer.call("DELETE", f"grants/{member.id}/committee/{COMMUNITY}")
    assert member.id not in await _holders(officer, "grants?role=committee")


async def _holders(reader: Member, path: str) -> dict[str, list[dict[str, Any]]]:
    """Account -> grants, page by page."""
    found: dict[str, list[dict[str, Any]]] = {}
    cursor = ""
    while cursor is not None:
        answer = await reader.call("GET", f"{path}&limit=7" + (cursor and f"&cursor={cursor}"))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for item in page["items"]:
            assert item["account"] not in found
            found[item["account"]] = item["grants"]
        cursor = page["next"]
    return found
