"""A volunteer's phone from the switch to the hours: the call, a lost connection, the truth."""

from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Page

from tests.apps.screens import Screens, photograph, scrolls_sideways, serious
from tests.apps.test_session import sign_in
from tests.journeys.station import Station
from tests.support.client import Api
from tests.support.demonstration import PLACE, demonstration, volunteers
from tests.support.platform import WholePlatform

pytestmark = pytest.mark.servers
PATIENCE_MS = 30_000
SCENE = {"longitude": PLACE["longitude"], "latitude": PLACE["latitude"], "accuracy": 15}


@pytest.fixture
async def on_duty(
    screens: Screens, api: Api, platform: WholePlatform, station: Station
) -> AsyncGenerator[Page]:
    """The phone of a volunteer whom no other test has signed in, near the place of reports."""
    page = await screens.open("/me", geolocation=SCENE, permissions=["geolocation"])
    await sign_in(page, api, platform.dev_key, volunteers(demonstration())[-20].phone)
    await page.goto("/duty")
    await page.get_by_role("switch", name="未在勤").click()
    await page.get_by_role("switch", name="在勤中").wait_for()
    await page.get_by_text("刚刚发出位置").wait_for()
    yield page
    await page.goto("/duty")
    await page.get_by_role("switch", name="在勤中").click()
    await page.get_by_role("switch", name="未在勤").wait_for()


async def looks_right(page: Page, name: str) -> None:
    await photograph(page, name)
    assert await serious(page) == []
    assert not await scrolls_sideways(page)


async def test_a_call_accepted_without_a_connection_is_accepted_once_the_platform_says_so(
    on_duty: Page, screens: Screens, station: Station
) -> None:
    page = on_duty
    await station.file_report(await station.somebody("resident"))
    yes = page.get_by_role("button", name="我能去")
    await yes.wait_for(timeout=PATIENCE_MS)
    await looks_right(page, "call")

    await page.context.set_offline(True)
    await yes.click()
    await page.get_by_text("还没有确认，先不要出发").wait_for()
    assert not await page.get_by_text("已接受").is_visible()
    await page.context.set_offline(False)
    await page.get_by_role("button", name="我已出发").wait_for(timeout=PATIENCE_MS)
    screens.told.clear()  # The browser reports each request that failed: it was offline.
    await page.get_by_text("已接受").wait_for()
    route = await page.get_by_role("link", name="高德").get_attribute("href")
    assert route is not None
    assert "coordinate=gaode" in route
    await looks_right(page, "task")

    await page.get_by_role("button", name="我已出发").click()
    await page.get_by_role("button", name="我已到场").click()
    await page.get_by_role("button", name="处理结束").click()
    await page.get_by_label("已解决", exact=True).check()
    await page.get_by_label("看到了什么").fill("车已挪走")
    await page.get_by_role("button", name="处理结束").click()
    await page.get_by_text("完成了，辛苦您").wait_for()
    await page.get_by_role("link", name="为什么召集我").click()
    await page.get_by_text("第 1 批").wait_for()


async def test_a_phone_that_may_not_say_where_it_is_tells_how_to_mend_it(
    screens: Screens, api: Api, platform: WholePlatform, station: Station
) -> None:
    page = await screens.open("/me")
    await sign_in(page, api, platform.dev_key, volunteers(demonstration())[-21].phone)
    await page.goto("/duty")
    await page.get_by_role("switch", name="未在勤").click()
    await page.get_by_text("手机没有允许定位").wait_for()
    assert await page.get_by_role("switch").get_attribute("aria-checked") == "false"
