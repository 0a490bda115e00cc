"""The running service: roles given and taken back."""

from typing import Any

import pytest

from services.registration.tests.live import COMMUNITY, PLAN, Client, Member, staff

pytestmark = pytest.mark.servers


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
