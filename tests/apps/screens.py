"""The apps as people have them: pages of a real browser that tell whatever goes wrong in them."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Request

from deploy.apps.build import CACHE
from tests.architecture.tree import ROOT

App = Literal["phone", "desk", "screen"]
Scheme = Literal["light", "dark"]
BASES: dict[App, str] = {"phone": "/", "desk": "/desk/", "screen": "/screen/"}
NARROW, WIDE = 360, 1440
"""Widths in pixels: the smallest phone in use, and a desk's display."""
SCREENSHOTS = ROOT / "apps" / "screenshots"
AXE = CACHE / "work" / "apps" / "node_modules" / "axe-core" / "axe.min.js"
_PATH = re.compile(r'\bpath: "(/[^"]*)"')


def pages_of(app: App) -> list[str]:
    """The paths of an app's pages that need no id, as each noun's `routes.ts` says them."""
    files = sorted((ROOT / "apps" / app / "src").glob("*/routes.ts"))
    found = [path for file in files for path in _PATH.findall(file.read_text("utf-8"))]
    return [BASES[app] + path.lstrip("/") for path in found if ":" not in path]


@dataclass
class Screens:
    """Opens apps, each in a browser of its own, as on devices of different people."""

    browser: Browser
    url: str
    told: list[str] = field(default_factory=list[str])
    """What went wrong: errors, refusals of the Content-Security-Policy, requests to other hosts."""
    _contexts: list[BrowserContext] = field(default_factory=list[BrowserContext])

    async def open(
        self, path: str, width: int = NARROW, scheme: Scheme = "light", **more: Any
    ) -> Page:
        """A page with `path` open and loaded."""
        context = await self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": 740 if width == NARROW else 900},
            has_touch=width == NARROW,
            color_scheme=scheme,
            locale="zh-CN",
            **more,
        )
        self._contexts.append(context)
        page = await context.new_page()
        page.on("console", lambda said: self._tell(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self._tell(str(error)))
        page.on("request", self._look_at)
        await page.goto(path)
        await page.locator("h1").first.wait_for()
        return page

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()

    def _tell(self, what: str) -> None:
        self.told.append(what)

    def _look_at(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme.startswith("http") and asked.netloc != urlsplit(self.url).netloc:
            self._tell(f"asked {asked.netloc}")


async def serious(page: Page) -> list[str]:
    """What axe finds that keeps somebody from using the page (WCAG 2.2 A and AA)."""
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


async def scrolls_sideways(page: Page) -> bool:
    return await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


async def photograph(page: Page, name: str) -> Path:
    """Into an ignored folder, for people to look at."""
    file = SCREENSHOTS / f"{name}.png"
    await page.screenshot(path=file, full_page=True)
    return file
