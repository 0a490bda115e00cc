"""Anybody may ask where a point lies, before they file."""

import pytest

from services.incidents.tests.running import PLACE, Incidents, fields

pytestmark = pytest.mark.servers


async def test_a_stranger_finds_the_street(incidents: Incidents) -> None:
    async with incidents.client() as stranger:
        place = (await stranger.get("/places", params=PLACE)).json()
        assert (place["district"], place["district_name"]) == ("370104", "槐荫区")
        nearest = place["items"][0]
        assert (nearest["code"], nearest["name"]) == ("370104009", "段店北路街道")
        assert nearest["station"] == "sta_duandian"
        assert nearest["station_m"] < 500
        for query, field in (
            ({"longitude": 116.4, "latitude": 39.9}, "query.longitude"),
            ({"longitude": "NaN", "latitude": 36.6}, "query.longitude"),
            ({"longitude": 116.9}, "query.latitude"),
        ):
            answer = await stranger.get("/places", params=query)
            assert answer.status_code == 422
            assert field in fields(answer.json())
