"""Each page of each app, as it opens: nothing is asked of others, nothing fails, everybody can use
it."""

import httpx
import pytest

from tests.apps.screens import (
    BASES,
    NARROW,
    WIDE,
    App,
    Scheme,
    Screens,
    pages_of,
    photograph,
    scrolls_sideways,
    serious,
)

pytestmark = pytest.mark.servers
EVERY = [(app, path) for app in BASES for path in pages_of(app)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize(("app", "path"), EVERY)
async def test_a_page_opens_without_a_fault(
    screens: Screens, app: App, path: str, width: int, scheme: Scheme
) -> None:
    page = await screens.open(path, width, scheme)
    await page.wait_for_load_state("networkidle")
    name = path.strip("/").replace("/", "-") or app
    await photograph(page, f"{name}-{width}-{scheme}")
    assert await serious(page) == []
    assert not await scrolls_sideways(page)


@pytest.mark.parametrize(("app", "path"), EVERY)
async def test_large_type_needs_no_sideways_scroll(screens: Screens, app: App, path: str) -> None:
    page = await screens.open(path)
    await page.evaluate("localStorage.setItem('quancheng:care', '1')")
    await page.reload()
    await page.locator("h1").first.wait_for()
    assert await page.evaluate("getComputedStyle(document.documentElement).zoom") == "1.4"
    assert not await scrolls_sideways(page)


async def test_the_phone_s_first_page_says_what_the_platform_knows(screens: Screens) -> None:
    page = await screens.open("/")
    await page.get_by_text("交通").first.wait_for()


async def test_a_deep_link_opens_and_what_is_missing_is_missing(
    screens: Screens, apps_url: str
) -> None:
    page = await screens.open("/desk/nothing/here")
    assert "值班台" in await page.locator("h1").inner_text()
    async with httpx.AsyncClient(base_url=apps_url) as web:
        assert (await web.get("/desk/assets/gone.js")).status_code == 404
        assert (await web.get("/gone.png")).status_code == 404
        moved = await web.get("/desk")
        assert (moved.status_code, moved.headers["location"]) == (308, "/desk/")


@pytest.mark.parametrize("base", BASES.values())
async def test_how_the_files_are_sent(apps_url: str, base: str) -> None:
    async with httpx.AsyncClient(base_url=apps_url, headers={"Accept-Encoding": "br"}) as web:
        page = await web.get(base)
        assert page.headers["cache-control"] == "no-cache"
        policy = page.headers["content-security-policy"]
        assert "script-src" not in policy, "scripts have the default: this origin, none inline"
        assert policy.startswith("default-src 'self';")
        asset = page.text.split('src="')[1].split('"')[0]
        script = await web.get(asset)
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-encoding"] == "br"
        again = await web.get(base, headers={"If-None-Match": page.headers["etag"]})
        assert again.status_code == 304
    if base == "/":
        async with httpx.AsyncClient(base_url=apps_url) as web:
            worker = await web.get("/service-worker.js")
        assert worker.headers["cache-control"] == "no-cache"


async def test_the_phone_opens_without_a_connection(screens: Screens) -> None:
    page = await screens.open("/")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.context.set_offline(True)
    await page.reload()
    await page.get_by_text("当前没有网络").wait_for()
    await page.locator("h1").first.wait_for()
    screens.told.clear()  # The browser reports each request that failed: it was offline.
