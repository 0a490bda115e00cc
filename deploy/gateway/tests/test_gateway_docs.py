"""The documentation as a person sees it: in a real browser, from the gateway alone."""

from collections.abc import Generator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from deploy.gateway.tests.stand import Stand
from deploy.gateway.tests.test_gateway_openapi import DOCUMENT
from tests.support.browser import browser

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def opened(_stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> Generator[Page]:
    """A page of the browser, with nothing open yet."""
    with browser(tmp_path_factory.mktemp("browser")) as launched:
        yield launched.new_page(base_url=str(_stand.http.base_url))


def test_the_page_shows_every_operation_and_needs_nobody_else(opened: Page, stand: Stand) -> None:
    told: list[str] = []
    hosts: set[str] = set()
    opened.on("console", lambda message: told.append(f"{message.type}: {message.text}"))
    opened.on("pageerror", lambda error: told.append(str(error)))
    opened.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    opened.goto("/docs")
    expect(opened.locator(".info .title")).to_contain_text(DOCUMENT["info"]["title"])
    expect(opened.locator(".info .title")).to_contain_text("OAS 3.1")
    for tag in DOCUMENT["tags"]:
        opened.locator(f"#operations-tag-{tag['name']}").click()
    shown = opened.locator(".opblock")
    expect(shown).to_have_count(sum(len(item) for item in DOCUMENT["paths"].values()))
    expect(opened.get_by_text("Unable to render")).to_have_count(0)
    expect(opened.locator(".errors-wrapper, .loading-container .failed-config")).to_have_count(0)
    assert told == []
    assert {host for host in hosts if host} == {urlsplit(str(stand.http.base_url)).netloc}


def test_an_operation_opens_with_its_fields_and_problems(opened: Page) -> None:
    opened.goto("/docs")
    opened.locator("#operations-tag-reports").click()
    filing = opened.locator(".opblock-post", has=opened.locator('[data-path="/api/v1/reports"]'))
    filing.locator(".opblock-summary").click()
    expect(filing.get_by_text("Idempotency-Key").first).to_be_visible()
    expect(filing.locator(".responses-table")).to_contain_text("token_invalid")
    expect(filing.get_by_text("Could not resolve")).to_have_count(0)
