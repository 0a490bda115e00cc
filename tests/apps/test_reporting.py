"""A resident on their phone: reports, is warned of danger, follows, without a connection too."""

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.apps.screens import Screens, photograph, scrolls_sideways, serious

HERE = {"longitude": 116.942, "latitude": 36.6695, "accuracy": 35}
AT_HOME: dict[str, Any] = {"permissions": ["geolocation"], "geolocation": HERE}


async def _send(page: Page) -> None:
    await page.get_by_role("button", name="上报", exact=True).click()
    await page.wait_for_url(re.compile("/sent"))


async def test_two_taps_report_and_the_key_follows(screens: Screens) -> None:
    page = await screens.open("/", **AT_HOME)
    await page.get_by_role("link", name="夜间护送").click()
    await expect(page.get_by_text("已定位")).to_be_visible()
    await _send(page)
    await expect(page.get_by_role("heading", name="已经报上")).to_be_visible()
    await page.get_by_role("link", name="查看进展").click()
    await page.get_by_role("button", name="撤回这件事项").click()
    await page.get_by_label("为什么撤回").fill("家人来接了")
    await page.get_by_role("button", name="撤回这件事项").click()
    await expect(page.get_by_role("status").get_by_text("已撤回")).to_be_visible()
    assert await serious(page) == []


async def test_danger_shows_the_numbers_before_anything_is_sent(screens: Screens) -> None:
    page = await screens.open("/report", **AT_HOME)
    await page.get_by_label("什么事").fill("楼上着火了")
    warning = page.get_by_role("alert").filter(has_text="请先打电话")
    for number in ("110", "119", "120"):
        await expect(warning.locator(f'a[href="tel:{number}"]')).to_be_visible()
    await page.get_by_label("什么事").fill("没有着火，楼道灯坏了")
    await expect(warning).to_have_count(0)


async def test_without_a_position_the_area_is_picked(screens: Screens) -> None:
    page = await screens.open("/report?category=hazard")
    await page.get_by_role("button", name="上报", exact=True).click()
    await expect(page.get_by_text("请定位，或选择所在的区县")).to_be_visible()
    await page.get_by_label("区县").select_option(label="槐荫区")
    await page.get_by_label("街道").select_option("370104009")
    await page.get_by_label("社区（村）").select_option("370104009008")
    assert not await scrolls_sideways(page)
    await photograph(page, "phone-report-without-position")
    await _send(page)
    await expect(page.get_by_role("heading", name="已经报上")).to_be_visible()


async def test_offline_it_is_kept_and_sent_once(screens: Screens) -> None:
    page = await screens.open("/", **AT_HOME)
    await page.get_by_role("link", name="交通疏导").click()
    await expect(page.get_by_text("已定位")).to_be_visible()
    sent: list[str] = []
    await page.route("**/api/v1/reports", lambda route: route.abort())
    await _send(page)
    await expect(page.get_by_text("事项已存在手机里")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("事项已存在手机里")).to_be_visible()
    await page.unroute("**/api/v1/reports")
    page.on("response", lambda got: sent.append(got.url) if "/reports" in got.url else None)
    await page.get_by_role("button", name="马上再试").click()
    await expect(page.get_by_role("heading", name="已经报上")).to_be_visible()
    assert len(sent) == 1
    screens.told[:] = [said for said in screens.told if "ERR_FAILED" not in said]
