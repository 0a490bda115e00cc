"""The list of categories, and what is kept of an officer's correction."""

import pytest

from contracts.vocabulary import Category, values_of
from services.incidents.tests.running import OFFICER, Incidents, person, post, report

pytestmark = pytest.mark.servers


async def test_every_category_is_listed_with_its_names(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        page = (await own.get("/categories")).json()
        assert len(page["items"]) == 18
        assert [view["category"] for view in page["items"]] == [*values_of(Category)]
        assert page["items"][0]["name"] == {"zh": "交通疏导", "en": "Traffic"}
        assert (page["rules_version"], page["next"]) == ("2026-11-28", None)


async def test_a_corrected_category_is_kept_for_training_without_the_phone(
    incidents: Incidents,
) -> None:
    async with (
        incidents.client(person()) as own,
        incidents.client(person(), OFFICER) as officer,
    ):
        told = "二楼平台的灯管掉下来半截,电话13912345678"
        filed = await post(own, "/reports", report(told, category="environment"), 201)
        fix = {"category": "hazard", "reason": "有隐患"}
        await post(officer, f"/reports/{filed['id']}/corrections", fix, 201)
    kept = incidents.service.store.database["routing_examples"]
    [example] = await kept.find({"text": {"$regex": "二楼平台的灯管"}}).to_list()
    assert (example["category"], example["decided_category"]) == ("hazard", filed["category"])
    assert "139" not in str(example)
    assert filed["id"] not in str(example)
