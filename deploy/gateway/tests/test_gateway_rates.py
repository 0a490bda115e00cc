"""How often one may ask: by address, by account, and for all together; in a second, a minute and a
day."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from httpx import Response

from deploy.gateway import plan
from deploy.gateway.plan import Limits, Rate, Rates
from deploy.gateway.settings import Settings
from deploy.gateway.tests.stand import ORIGIN, Stand, standing

pytestmark = pytest.mark.servers
MANY = 1_000_000
A_MINUTE = 45
"""What one address may file in a minute, and what comes back while a slow test asks."""
ADDRESSES = iter(f"127.0.{n // 200 + 1}.{n % 200 + 1}" for n in range(10_000))


@pytest.fixture
def stranger(stand: Stand) -> Iterator[httpx.Client]:
    """Asks from an address that nobody has asked from before."""
    with stand.asked_from(next(ADDRESSES)) as client:
        yield client


def statuses(answers: list[Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_of_500_reports_from_one_address_a_few_pass(stranger: httpx.Client, stand: Stand) -> None:
    answers = [stranger.post("/api/v1/reports", json={}) for _ in range(500)]
    assert statuses(answers)[200] <= A_MINUTE
    assert statuses(answers).keys() == {200, 429}
    assert len(stand.upstreams["incidents"].seen) == statuses(answers)[200]


def test_of_40_codes_for_40_phones_a_few_are_sent(stranger: httpx.Client) -> None:
    answers = [
        stranger.post("/api/v1/sign-in-codes", json={"phone": f"1200010{n:04}"}) for n in range(40)
    ]
    assert 1 <= statuses(answers)[200] < 20


@pytest.mark.parametrize("path", ["follow-ups/JN-4F7K-2M9Q-X", "sessions"])
def test_guesses_are_few(stranger: httpx.Client, path: str) -> None:
    method = "POST" if path == "sessions" else "GET"
    answers = [stranger.request(method, f"/api/v1/{path}") for _ in range(200)]
    assert 1 <= statuses(answers)[200] <= 75


def test_one_address_does_not_use_up_what_another_has(stand: Stand) -> None:
    with stand.asked_from(next(ADDRESSES)) as loud, stand.asked_from(next(ADDRESSES)) as quiet:
        while loud.post("/api/v1/reports", json={}).status_code == 200:
            pass
        assert quiet.post("/api/v1/reports", json={}).status_code == 200


def test_an_office_behind_one_address_is_not_held_to_what_a_stranger_may(
    stranger: httpx.Client, stand: Stand
) -> None:
    """Whoever is signed in has a rate of their own, and a stranger beside them takes none of it."""
    while stranger.post("/api/v1/reports", json={}).status_code == 200:
        pass
    for person in range(40):
        headers = stand.bearer(f"acc_{person}")
        assert stranger.post("/api/v1/reports", json={}, headers=headers).status_code == 200


def test_one_account_has_the_same_rate_from_every_address(stand: Stand) -> None:
    headers, answers = stand.bearer("acc_loud"), list[Response]()
    for _ in range(8):
        with stand.asked_from(next(ADDRESSES)) as client:
            answers += [client.post("/api/v1/reports", headers=headers) for _ in range(30)]
    assert statuses(answers)[200] <= 140
    assert statuses(answers)[429]


@pytest.mark.parametrize("header", ["Basic eDp5", "x", "bearer", "Token a.b.c"])
def test_a_header_that_is_no_token_is_no_way_around(stranger: httpx.Client, header: str) -> None:
    answers = [
        stranger.post("/api/v1/reports", json={}, headers={"authorization": header})
        for _ in range(60)
    ]
    assert statuses(answers)[200] <= A_MINUTE
    assert statuses(answers)[429]


def test_the_pages_that_are_sent_from_memory_are_counted(stranger: httpx.Client) -> None:
    answers = [stranger.get("/docs/swagger-ui-bundle.js") for _ in range(70)]
    assert statuses(answers)[200] <= 62
    assert statuses(answers)[429] >= 8


def test_refreshing_is_not_counted_with_guesses(stranger: httpx.Client) -> None:
    """An office of many open apps refreshes all the time."""
    answers = [stranger.post("/api/v1/sessions/refresh", json={}) for _ in range(40)]
    assert statuses(answers) == {200: 40}


def rates(window: str, count: int) -> Rates:
    """Of an address for reports: `count` in this window, and more than enough in shorter ones."""
    names = [w.name for w in plan.WINDOWS]
    shorter = names[: names.index(window)]
    return Rates(reports_each=Rate(**{**dict.fromkeys(["second", *shorter], MANY), window: count}))


@pytest.mark.parametrize("window", plan.WINDOWS, ids=lambda window: window.name)
def test_a_refusal_says_in_words_and_header_when_to_come_back(
    tmp_path: Path, window: plan.Window
) -> None:
    with standing(tmp_path, Limits(rates=rates(window.name, 3))) as stand:
        client = stand.asked_from("127.0.0.2")
        answers = [
            client.post("/api/v1/reports", headers={"origin": ORIGIN}, json={}) for _ in range(9)
        ]
        late = next(answer for answer in answers if answer.status_code == 429)
        assert late.headers["retry-after"] == str(window.retry_after)
        assert late.headers["content-type"] == "application/problem+json"
        assert late.headers["access-control-allow-origin"] == ORIGIN
        assert late.json()["type"] == "urn:problem:too_many_requests"
        words = {"second": "稍后", "minute": "一分钟", "day": "一小时"}[window.name]
        assert words in late.json()["title"]
        assert "110" in late.json()["title"]
        assert client.get("/api/v1/categories").status_code == 200


def test_what_a_second_refuses_is_not_taken_off_the_day(tmp_path: Path) -> None:
    """Else one burst would end the day of everybody behind the address."""
    limits = Limits(rates=Rates(reports_each=Rate(1, MANY, 100)))
    with standing(tmp_path, limits) as stand:
        client = stand.asked_from("127.0.0.2")
        answers = [client.post("/api/v1/reports", json={}) for _ in range(300)]
        assert {a.headers["retry-after"] for a in answers if a.status_code == 429} == {"1"}


def test_all_together_have_a_rate_too(tmp_path: Path) -> None:
    with standing(tmp_path, Limits(rates=Rates(reports=Rate(4)))) as stand:
        answers = [stand.http.post("/api/v1/reports", json={}) for _ in range(30)]
        assert statuses(answers)[429] > 10


def test_without_a_proxy_of_ours_nobody_chooses_their_address(stand: Stand) -> None:
    address = next(ADDRESSES)
    with stand.asked_from(address) as client:
        for n in range(60):
            claimed = f"203.0.113.{n}"
            headers = {"x-forwarded-for": claimed, "x-caller-address": claimed}
            client.post("/api/v1/reports", json={}, headers=headers)
    seen = stand.upstreams["incidents"].seen
    assert {each["headers"]["x-caller-address"] for each in seen} == {address}
    assert "203.0.113." not in str(seen)
    assert len(seen) < 60


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with standing(tmp_path_factory.mktemp("proxied"), None, Settings(trusted_hops=1)) as running:
        yield running


def test_behind_a_proxy_each_has_a_rate_of_their_own(proxied: Stand) -> None:
    """The last entry is the proxy's; what stands before it is the caller's own word."""

    def file(caller: str) -> int:
        headers = {"x-forwarded-for": f"198.51.100.1, {caller}", "x-caller-address": "198.51.100.1"}
        return proxied.http.post("/api/v1/reports", json={}, headers=headers).status_code

    while file("203.0.113.1") == 200:
        pass
    assert file("203.0.113.2") == 200
    seen = [each["headers"]["x-caller-address"] for each in proxied.upstreams["incidents"].seen]
    assert set(seen) == {"203.0.113.1", "203.0.113.2"}


def test_the_addresses_of_one_ipv6_subscriber_have_one_rate(proxied: Stand) -> None:
    def file(caller: str) -> int:
        headers = {"x-forwarded-for": caller}
        return proxied.http.post("/api/v1/reports", json={}, headers=headers).status_code

    answers = Counter(file(f"2001:db8:1:2::{n:x}") for n in range(60))
    assert answers[200] <= A_MINUTE
    assert file("2001:db8:1:3::1") == 200


def test_the_callers_address_goes_to_services_only(stand: Stand) -> None:
    address = next(ADDRESSES)
    with stand.asked_from(address) as client:
        answer = client.post("/api/v1/reports", json={})
    assert stand.upstreams["incidents"].seen[-1]["headers"]["x-caller-address"] == address
    stand.logged(answer.headers["x-request-id"])
    stand.traced(answer.headers["x-trace-id"])
    told = (stand.access_log.read_text(), stand.traces.raw.decode(), str(answer.headers))
    assert not [text for text in told if address in text or "x-caller-address" in text]
