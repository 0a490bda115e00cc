"""The service as it runs: apply, be approved, lead, be suspended, be looked at; and what stands on
the topic."""

from typing import Any

import pytest

from services.registration.tests.live import (
    COMMUNITY,
    PLAN,
    Client,
    Member,
    application,
    events_of,
    eventually,
    new_phone,
    staff,
)
from tests.support.platform import WholePlatform

pytestmark = pytest.mark.servers


async def test_from_resident_to_volunteer_and_back_with_events(
    client: Client, platform: WholePlatform, signed_in: dict[str, Member]
) -> None:
    member = await client.stranger()
    officer = await staff(client, signed_in, PLAN.officers[5])
    applied = await member.call("POST", "volunteers", application())
    assert (applied.status_code, applied.json()["standing"]) == (201, "applied"), applied.text
    assert (await member.call("POST", f"volunteers/{member.id}/approve", {})).status_code == 403
    approved = await officer.call("POST", f"volunteers/{member.id}/approve", {"squad": "squ_03"})
    assert (approved.status_code, approved.json()["squad"]) == (200, "squ_03"), approved.text
    assert (await officer.call("POST", f"volunteers/{member.id}/approve", {})).status_code == 409
    member = await member.renew()
    assert await member.roles() == {"resident", "volunteer"}
    suspended = await officer.call(
        "POST", f"volunteers/{member.id}/suspend", {"reason": "请假外出"}
    )
    assert suspended.status_code == 200
    assert await member.roles() == {"resident"}
    happened = await events_of(platform, member.id, 6)
    assert [kind for kind, _ in happened] == [
        "AccountOpened",
        "VolunteerStandingChanged",
        "VolunteerStandingChanged",
        "GrantsChanged",
        "VolunteerStandingChanged",
        "GrantsChanged",
    ]
    assert [data["standing"] for kind, data in happened if kind == "VolunteerStandingChanged"] == [
        "applied",
        "approved",
        "suspended",
    ]
    assert "测试" not in str(happened)
    assert "请假" not in str(happened)


async def test_a_new_leader_gets_the_grant_and_the_former_one_loses_it(
    client: Client, signed_in: dict[str, Member]
) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])
    members = [await client.stranger() for _ in range(2)]
    formed = await officer.call(
        "POST", "squads", {"station": PLAN.station.id, "name": f"新队{new_phone()[-5:]}"}
    )
    squad = formed.json()["id"]
    for member in members:
        assert (await member.call("POST", "volunteers", application())).status_code == 201
        assert (
            await officer.call("POST", f"volunteers/{member.id}/approve", {})
        ).status_code == 200
    for leader, other in (members, reversed(members)):
        named = await officer.call("POST", f"squads/{squad}/leader", {"account": leader.id})
        assert (named.status_code, named.json()["leader"]) == (200, leader.id), named.text

        async def settled(leader: Member = leader, other: Member = other) -> bool:
            return "leader" in await leader.roles() and "leader" not in await other.roles()

        await eventually(settled)
    last = members[1]
    await officer.call("POST", f"volunteers/{last.id}/suspend", {"reason": "休整"})

    async def leaderless() -> bool:
        found = (await last.call("GET", f"squads?station={PLAN.station.id}")).json()
        return next(each for each in found if each["id"] == squad)["leader"] is None

    await eventually(leaderless)


async def test_who_looks_at_a_person_is_seen_by_that_person(
    client: Client, signed_in: dict[str, Member]
) -> None:
    member = await client.stranger()
    officer = await staff(client, signed_in, PLAN.officers[5])
    applied = await member.call("POST", "volunteers", application(squad="squ_01"))
    assert applied.status_code == 201, applied.text
    seen = (await officer.call("GET", f"volunteers/{member.id}")).json()
    assert (seen["name"], seen["phone"][:6]) == ("测试甲", "+86120")
    looks = (await member.call("GET", "accounts/me/looks")).json()["looks"]
    assert [(look["by"], look["by_role"], look["what"]) for look in looks] == [
        (officer.id, "officer", ["name", "phone"])
    ]
    leader = await staff(client, signed_in, PLAN.volunteers[0])
    assert (await leader.call("GET", f"volunteers/{member.id}")).status_code == 200, (
        "one of squad 1"
    )
    listed = (await leader.call("GET", "volunteers?limit=100")).json()["volunteers"]
    assert {each["squad"] for each in listed} == {"squ_01"}
    stranger_to_leader = next(p for p in PLAN.volunteers if p.squad == "squ_02")
    other = await staff(client, signed_in, stranger_to_leader)
    assert (await leader.call("GET", f"volunteers/{other.id}")).status_code == 403
    assert (await other.call("GET", f"volunteers/{member.id}")).status_code == 403


async def test_roles_are_given_within_the_giver_s_area(
    client: Client, signed_in: dict[str, Member]
) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])
    city = await staff(client, signed_in, PLAN.city_desk[0])
    member = await client.stranger()

    async def give(giver: Member, role: str, area: str, **more: Any) -> int:
        return (
            await giver.call(
                "POST", "grants", {"account": member.id, "role": role, "area": area} | more
            )
        ).status_code

    assert await give(officer, "committee", COMMUNITY) == 201
    assert await give(officer, "committee", "370102001002") == 403
    assert await give(officer, "officer", "370104009") == 403
    assert await give(officer, "volunteer", "370104009") == 409, "not approved"
    assert await give(city, "officer", "370102001") == 201
    assert await give(city, "officer", "3701", until="2020-01-01T00:00:00Z") == 422
    assert await give(member, "operator", "3701") == 403
    assert await member.roles() == {"resident", "committee", "officer"}
    gone = await officer.call("DELETE", f"grants/{member.id}/committee/{COMMUNITY}")
    assert gone.status_code == 204
    assert (await city.call("DELETE", f"grants/{member.id}/resident/3701")).status_code == 409
    assert await member.roles() == {"resident", "officer"}
    elsewhere = await member.renew()
    assert (await elsewhere.call("GET", f"volunteers?station={PLAN.station.id}")).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"area": "370102001002"}, "body.area"),
        ({"area": "370104009999"}, "body.area"),
        ({"station": "sta_nowhere"}, "body.station"),
        ({"id_number": "370104195612150009"}, "body.id_number"),
        ({"squad": "squ_99"}, "body.squad"),
        ({"name": {"$ne": ""}}, "body.name"),
        ({"age": 3}, "body.age"),
    ],
)
async def test_an_application_that_is_wrong_names_the_field(
    client: Client, signed_in: dict[str, Member], change: dict[str, Any], field: str
) -> None:
    if "applicant" not in signed_in:
        signed_in["applicant"] = await client.stranger()
    answer = await signed_in["applicant"].call("POST", "volunteers", application(**change))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_an_id_number_belongs_to_one_account(client: Client) -> None:
    first, second = await client.stranger(), await client.stranger()
    form = application()
    assert (await first.call("POST", "volunteers", form)).status_code == 201
    taken = await second.call("POST", "volunteers", form)
    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (409, "body.id_number")
