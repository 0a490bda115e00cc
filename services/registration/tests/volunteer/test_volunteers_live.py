"""The running service: apply, be approved, be suspended, be read by others; and what is published
about it."""

from typing import Any

import pytest

from services.registration.tests.live import (
    PLAN,
    Client,
    Member,
    application,
    events_of,
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
    own = (await member.call("GET", "accounts/me")).json()["volunteer"]
    assert (own["standing"], own["reason"]) == ("suspended", "请假外出")
    assert own["decided_at"] >= own["applied_at"]
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


async def test_who_is_rejected_reads_why_and_a_new_application_starts_anew(
    client: Client, signed_in: dict[str, Member]
) -> None:
    member, form = await client.stranger(), application()
    officer = await staff(client, signed_in, PLAN.officers[5])
    await member.call("POST", "volunteers", form)
    for body in ({}, {"reason": ""}, {"reason": "  "}):
        refused = await officer.call("POST", f"volunteers/{member.id}/reject", body)
        assert refused.status_code == 422, "the reason is the applicant's to read"
    await officer.call("POST", f"volunteers/{member.id}/reject", {"reason": "年龄不符"})
    own = (await member.call("GET", "accounts/me")).json()["volunteer"]
    assert (own["standing"], own["reason"]) == ("rejected", "年龄不符")
    await member.call("POST", "volunteers", form)
    own = (await member.call("GET", "accounts/me")).json()["volunteer"]
    assert (own["standing"], own["reason"], own["decided_at"]) == ("applied", None, None)


async def test_who_reads_a_person_is_seen_by_that_person(
    client: Client, signed_in: dict[str, Member]
) -> None:
    member = await client.stranger()
    officer = await staff(client, signed_in, PLAN.officers[5])
    applied = await member.call("POST", "volunteers", application(squad="squ_01"))
    assert applied.status_code == 201, applied.text
    seen = (await officer.call("GET", f"volunteers/{member.id}")).json()
    assert (seen["name"], seen["phone"][:6]) == ("测试甲", "+86120")
    log = (await member.call("GET", "accounts/me/access-log")).json()
    assert [(entry["by"], entry["by_role"], entry["fields"]) for entry in log["items"]] == [
        (officer.id, "officer", ["name", "phone"])
    ]
    leader = await staff(client, signed_in, PLAN.volunteers[0])
    assert (await leader.call("GET", f"volunteers/{member.id}")).status_code == 200, (
        "one of squad 1"
    )
    newest = (await member.call("GET", "accounts/me/access-log?limit=1")).json()
    assert [entry["by"] for entry in newest["items"]] == [leader.id]
    following = f"accounts/me/access-log?limit=1&cursor={newest['next']}"
    oldest = (await member.call("GET", following)).json()
    assert ([entry["by"] for entry in oldest["items"]], oldest["next"]) == ([officer.id], None)
    listed = (await leader.call("GET", "volunteers?limit=100")).json()["items"]
    assert {each["squad"] for each in listed} == {"squ_01"}
    stranger_to_leader = next(p for p in PLAN.volunteers if p.squad == "squ_02")
    other = await staff(client, signed_in, stranger_to_leader)
    assert (await leader.call("GET", f"volunteers/{other.id}")).status_code == 403
    assert (await other.call("GET", f"volunteers/{member.id}")).status_code == 403


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


async def test_an_id_number_belongs_to_one_account_and_an_officer_decides_whose_it_is(
    client: Client, signed_in: dict[str, Member]
) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])
    first, second = await client.stranger(), await client.stranger()
    form = application()
    assert (await first.call("POST", "volunteers", form)).status_code == 201
    taken = await second.call("POST", "volunteers", form)
    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (409, "body.id_number")
    assert first.id not in taken.text
    contested = (await officer.call("GET", "volunteers?contested=true&limit=200")).json()["items"]
    assert first.id in [each["id"] for each in contested]
    path = f"volunteers/{first.id}"
    assert (await officer.call("POST", f"{path}/approve", {})).status_code == 409
    seen = (await officer.call("GET", path)).json()["number_claims"]
    assert [claim["account"] for claim in seen] == [second.id]
    decision = {"genuine": False, "reason": "非本人证件"}
    assert (await first.call("POST", f"{path}/id-number", decision)).status_code == 403
    assert (await officer.call("POST", f"{path}/id-number", decision)).status_code == 200
    assert (await second.call("POST", "volunteers", form)).status_code == 201
    assert (await first.call("POST", "volunteers", form)).status_code == 409
    own = (await first.call("GET", "accounts/me")).json()["volunteer"]
    assert (own["standing"], own["reason"]) == ("rejected", "非本人证件")
