"""Signing in on the screens: a session that outlives the page, and a token that no script keeps."""

import asyncio

import pytest
from playwright.async_api import Page

from tests.apps.screens import WIDE, Screens
from tests.support.client import Api, new_phone, sent_codes
from tests.support.platform import WholePlatform

pytestmark = pytest.mark.servers
KEPT = """async () => {
  const databases = await indexedDB.databases();
  return JSON.stringify([
    Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, databases,
  ]);
}"""


async def sign_in(page: Page, api: Api, dev_key: str, phone: str) -> None:
    await page.get_by_label("手机号").fill(phone)
    await page.get_by_role("button", name="发送验证码").click()
    field = page.get_by_label("验证码", exact=True)
    await field.wait_for()
    await field.fill((await sent_codes(api, dev_key, phone))[0])
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.get_by_role("button", name="退出登录").wait_for()


async def test_whoever_signs_in_stays_so_in_every_tab_and_no_script_finds_a_token(
    screens: Screens, api: Api, platform: WholePlatform
) -> None:
    page = await screens.open("/me")
    await sign_in(page, api, platform.dev_key, new_phone())
    await page.reload()
    await page.get_by_role("button", name="退出登录").wait_for()
    assert "eyJ" not in await page.evaluate(KEPT), "a token is where any script finds it"
    assert "refresh" not in await page.evaluate(KEPT)
    cookies = await page.context.cookies()
    kept = [(c.get("httpOnly"), c.get("secure"), c.get("sameSite"), c.get("path")) for c in cookies]
    assert kept == [(True, True, "Strict", "/api/v1/sessions")]
    tabs = [await page.context.new_page() for _ in range(3)]
    await asyncio.gather(*(tab.goto("/me") for tab in tabs))
    for tab in tabs:
        await tab.get_by_role("button", name="退出登录").wait_for()
    await tabs[0].get_by_role("button", name="退出登录").click()
    for each in (page, *tabs):
        await each.get_by_label("手机号").wait_for()
    assert await page.context.cookies() == []


async def test_a_wrong_code_is_said_beside_its_field(screens: Screens, api: Api) -> None:
    page = await screens.open("/desk/", WIDE)
    await page.get_by_label("手机号").fill(new_phone())
    await page.get_by_role("button", name="发送验证码").click()
    field = page.get_by_label("验证码", exact=True)
    await field.fill("000000")
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.get_by_role("alert").wait_for()
    assert await field.get_attribute("aria-invalid") == "true"
    screens.told.clear()  # The browser reports the refusal.


async def test_language_is_changed_and_remembered(screens: Screens) -> None:
    page = await screens.open("/me")
    await page.get_by_role("button", name="English").click()
    await page.get_by_role("heading", name="Me").wait_for()
    await page.reload()
    await page.get_by_role("heading", name="Me").wait_for()
    assert await page.evaluate("document.documentElement.lang") == "en"
