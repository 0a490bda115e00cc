"""Rosters loaded into a running platform."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chassis.clock import Clock
from chassis.mongo.store import Store
from deploy.local.platform import PlatformError
from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.account.store import Accounts, keys_of_people
from services.registration.roster.domain import RosterFile
from services.registration.roster.handlers import RosterHandlers, WrongRoster
from services.registration.squad.store import Squads
from services.registration.station.store import Stations
from services.registration.tests.live import PLAN, Client, new_phone
from simulation.roster import as_json
from tests.support.backend import Backend
from tests.support.platform import WholePlatform

pytestmark = pytest.mark.servers
MODULE = "services.registration.roster"


async def load(platform: WholePlatform, *arguments: str) -> str:
    return await asyncio.to_thread(platform.run_module, MODULE, "registration", *arguments)


async def test_a_second_run_changes_nothing(platform: WholePlatform, tmp_path: Path) -> None:
    file = tmp_path / "roster.json"
    file.write_text(as_json(), "utf-8")
    said = await load(platform, str(file))
    assert said.count("there already") == 4, said
    assert (await load(platform)).count("there already") == 1, "the divisions alone"


async def test_a_roster_gives_roles_to_those_who_have_signed_in_already(
    platform: WholePlatform, client: Client, tmp_path: Path
) -> None:
    phone, newcomer = new_phone(), new_phone()
    member = await client.sign_in(phone)
    people = [
        {"phone": each, "name": "测试", "roles": [{"role": "city_desk", "area": "3701"}]}
        for each in (phone, newcomer)
    ]
    file = tmp_path / "roster.json"
    file.write_text(json.dumps({"people": people}), "utf-8")
    assert "people: 2 written" in await load(platform, str(file))
    assert await member.roles() == {"resident", "city_desk"}
    assert await (await client.sign_in(newcomer)).roles() == {"resident", "city_desk"}
    assert "people: there already" in await load(platform, str(file))


@pytest.mark.parametrize(
    ("section", "entry", "said"),
    [
        (
            "stations",
            {
                "id": "sta_other",
                "name": "外所",
                "streets": list(PLAN.station.streets),
                "longitude": 117.0,
                "latitude": 36.6,
            },
            "stations[0].streets",
        ),
        (
            "squads",
            {"id": "squ_other", "station": PLAN.station.id, "name": PLAN.squads[0].name},
            "squads[0].name",
        ),
        (
            "squads",
            {"id": PLAN.squads[0].id, "station": PLAN.station.id, "name": "别的名字"},
            "squads[0].id",
        ),
    ],
)
async def test_what_disagrees_with_the_store_is_refused_before_anything_is_written(
    platform: WholePlatform,
    client: Client,
    tmp_path: Path,
    section: str,
    entry: dict[str, Any],
    said: str,
) -> None:
    phone = new_phone()
    person = {"phone": phone, "name": "测试", "roles": [{"role": "operator", "area": "3701"}]}
    file = tmp_path / "roster.json"
    file.write_text(json.dumps({section: [entry], "people": [person]}), "utf-8")
    with pytest.raises(PlatformError) as refused:
        await load(platform, str(file))
    assert said in str(refused.value)
    assert "nothing was written" in str(refused.value)
    assert await (await client.sign_in(phone)).roles() == {"resident"}


async def test_an_id_number_of_another_account_is_refused(
    platform: WholePlatform, tmp_path: Path
) -> None:
    known = PLAN.volunteers[0]
    volunteer = {"station": PLAN.station.id, "area": known.area, "id_number": known.id_number}
    person = {"phone": new_phone(), "name": "测试", "volunteer": volunteer}
    file = tmp_path / "roster.json"
    file.write_text(json.dumps({"people": [person]}), "utf-8")
    with pytest.raises(PlatformError, match=r"people\[0\]\.volunteer\.id_number"):
        await load(platform, str(file))


async def test_no_station_opens_before_somebody_is_on_the_watch_of_the_city(
    backend: Backend,
) -> None:
    file = RosterFile.model_validate({"stations": [vars(PLAN.station)]})
    desk = {"role": "officer", "area": "3701"}
    officer = {"phone": new_phone(), "name": "测试", "roles": [desk]}
    async with empty_store(backend) as handlers:
        with pytest.raises(WrongRoster) as refused:
            await handlers.load(file)
        assert [problem.split(":")[0] for problem in refused.value.problems] == ["people"]
        ends = officer | {"roles": [desk | {"until": "2100-01-01T00:00:00Z"}]}
        with pytest.raises(WrongRoster):
            await handlers.load(RosterFile.model_validate(dict(file) | {"people": [ends]}))
        await handlers.load(RosterFile.model_validate({"people": [officer]}))
        assert (await handlers.load(file))["stations"] == 1


@asynccontextmanager
async def empty_store(backend: Backend) -> AsyncGenerator[RosterHandlers]:
    store = Store(backend.mongo_url, f"roster_{secrets.token_hex(4)}", Clock(""))
    await store.prepare()
    personal = PersonalData(FieldCipher("11" * 32, "22" * 32))
    accounts, stations, squads = (
        Accounts(store, keys_of_people(store, "11" * 32)),
        Stations(store),
        Squads(store),
    )
    yield RosterHandlers(accounts, stations, squads, personal, Clock(""), allow_unassigned=True)
    await store.client.drop_database(store.database.name)
    await store.close()
