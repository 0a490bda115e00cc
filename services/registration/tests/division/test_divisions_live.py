"""The running service: the list of divisions."""

import pytest

from services.registration.tests.live import Client

pytestmark = pytest.mark.servers


async def test_divisions_of_jinan(client: Client) -> None:
    districts = (await client.http.get("divisions?parent=3701")).json()["items"]
    assert sum(each["kind"] == "district" for each in districts) == 12
    streets = (await client.http.get("divisions?parent=370104")).json()["items"]
    assert {"code": "370104009", "name": "段店北路街道", "kind": "street"} in streets
    communities = (await client.http.get("divisions?parent=370104009")).json()["items"]
    assert len(communities) == 14
