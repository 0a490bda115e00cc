"""The list of categories."""

import pytest

from contracts.vocabulary import Category, values_of
from services.incidents.tests.running import Incidents, person

pytestmark = pytest.mark.servers


async def test_every_category_is_listed_with_its_names(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        page = (await own.get("/categories")).json()
        assert len(page["items"]) == 18
        assert [view["category"] for view in page["items"]] == [*values_of(Category)]
        assert page["items"][0]["name"] == {"zh": "交通疏导", "en": "Traffic"}
        assert (page["rules_version"], page["next"]) == ("2026-11", None)
