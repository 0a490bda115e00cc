"""The running service: people withdraw, leave a squad, stop."""

import pytest

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


async def test_an_application_is_withdrawn_and_made_again_with_the_same_id_number(
    client: Client, signed_in: dict[str, Member]
) -> None:
    member, form = await client.stranger(), application()
    assert (await member.call("POST", "volunteers/me/withdraw")).status_code == 404
    await member.call("POST", "volunteers", form)
    withdrawn = await member.call("POST", "volunteers/me/withdraw")
    assert (withdrawn.status_code, withdrawn.json()["standing"]) == (200, "withdrawn")
    officer = await staff(client, signed_in, PLAN.officers[5])
    late = await officer.call("POST", f"volunteers/{member.id}/approve", {})
    assert late.status_code == 409, "there is nothing to decide any more"
    other = await client.stranger()
    assert (await other.call("POST", "volunteers", form)).status_code == 201, "the number is free"
    again = await member.call("POST", "volunteers", form)
    assert again.status_code == 409, "and now it is the other's"


async def test_a_leader_leaves_and_their_squad_has_none(
    client: Client, signed_in: dict[str, Member], platform: WholePlatform
) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])
    name = f"走队{new_phone()[-5:]}"
    formed = await officer.call("POST", "squads", {"station": PLAN.station.id, "name": name})
    squad = formed.json()["id"]
    member = await client.stranger()
    await member.call("POST", "volunteers", application())
    await officer.call("POST", f"volunteers/{member.id}/approve", {})
    await officer.call("POST", f"squads/{squad}/leader", {"account": member.id})

    async def leads() -> bool:
        return "leader" in await member.roles()

    await eventually(leads)
    refused = await member.call("POST", "volunteers/me/leave-squad")
    assert refused.status_code == 422, "another leader first"
    left = await member.call("POST", "volunteers/me/leave")
    assert (left.status_code, left.json()["standing"]) == (200, "left"), left.text
    assert await member.roles() == {"resident"}

    async def leaderless() -> bool:
        return (await member.call("GET", f"squads/{squad}")).json()["leader"] is None

    await eventually(leaderless)
    told = await events_of(platform, member.id, 7)
    standings = [data["standing"] for kind, data in told if kind == "VolunteerStandingChanged"]
    assert standings[-1] == "left"
