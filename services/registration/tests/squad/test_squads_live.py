"""The running service: squads, their leaders, and the grants that follow."""

import pytest

from services.registration.tests.live import (
    PLAN,
    Client,
    Member,
    application,
    new_phone,
    staff,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


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
        found = (await last.call("GET", f"squads?station={PLAN.station.id}&limit=200")).json()
        return next(each for each in found["items"] if each["id"] == squad)["leader"] is None

    await eventually(leaderless)


async def test_squads_come_in_pages(client: Client, signed_in: dict[str, Member]) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        path = f"squads?station={PLAN.station.id}&limit=10" + (cursor and f"&cursor={cursor}")
        page = (await officer.call("GET", path)).json()
        found += [squad["id"] for squad in page["items"]]
        cursor = page["next"]
    assert found == sorted(set(found))
    assert {squad.id for squad in PLAN.squads} <= {*found}
