"""Who is let through: real Envoy, real signatures."""

import re
import time
from collections.abc import Callable

import pytest
from httpx import Response
from joserfc.jwk import ECKey

from deploy.gateway.surface import Noun, OpenRoute, read
from deploy.gateway.tests.stand import STREAM, Signer, Stand

pytestmark = pytest.mark.servers
GUARDED = "/api/v1/accounts/me"
SURFACE = read()
FORGED: dict[str, Callable[[Signer], str]] = {
    "no signature": lambda s: s.unsigned(),
    "HS256 with the public key": lambda s: s.confused(),
    "another key": lambda s: s.token(ECKey.generate_key("P-256", {"kid": "k1"})),
    "another audience": lambda s: s.token(aud="elsewhere"),
    "another issuer": lambda s: s.token(iss="elsewhere"),
    "expired": lambda s: s.token(exp=int(time.time()) - 60),
    "no token at all": lambda _: "x.y.z",
    "endless": lambda s: s.token(exp=None),
}


def refused(answer: Response, status: int = 401) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["title"] != answer.json()["title_en"]
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("kind", FORGED)
def test_forged_and_stale_tokens_are_refused(stand: Stand, kind: str) -> None:
    token = FORGED[kind](stand.signer)
    answer = stand.http.get(GUARDED, headers={"authorization": f"Bearer {token}"})
    refused(answer)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert (
        answer.json()["type"]
        == f"urn:problem:{'token_expired' if kind == 'expired' else 'token_invalid'}"
    )
    assert not stand.upstreams["registration"].seen


@pytest.mark.parametrize("noun", SURFACE.nouns, ids=lambda noun: noun.name)
def test_without_a_token_no_noun_can_be_changed(stand: Stand, noun: Noun) -> None:
    refused(stand.http.put(f"{noun.path}/some", json={}))
    assert not stand.upstreams[noun.service].seen


@pytest.mark.parametrize("noun", SURFACE.nouns, ids=lambda noun: noun.name)
def test_a_valid_token_reaches_the_service_of_the_noun(stand: Stand, noun: Noun) -> None:
    headers = stand.bearer()
    assert stand.http.get(noun.path, headers=headers).json() == {"service": noun.service}
    assert (
        stand.upstreams[noun.service].seen[-1]["headers"]["authorization"]
        == headers["authorization"]
    )


@pytest.mark.parametrize("route", SURFACE.open, ids=str)
def test_what_needs_no_token_passes_without_and_not_with_a_bad_one(
    stand: Stand, route: OpenRoute
) -> None:
    path = re.sub(r"{\w+}", "x", route.path)
    assert stand.http.request(route.method, path).status_code == 200
    bad = stand.http.request(route.method, path, headers={"authorization": "Bearer x.y.z"})
    refused(bad)


def test_an_open_route_opens_nothing_below_or_beside_it(stand: Stand) -> None:
    refused(stand.http.get("/api/v1/follow-ups/JN-4F7K-2M9Q-X/confirm"))
    refused(stand.http.get("/api/v1/follow-ups/"))
    refused(stand.http.get("/api/v1/divisions/370104"))
    refused(stand.http.delete("/api/v1/follow-ups/JN-4F7K-2M9Q-X"))


@pytest.mark.parametrize("path", ["/health", "/docs", "/docs/start.js", "/openapi.json"])
def test_the_gateways_own_pages_look_at_no_token(stand: Stand, path: str) -> None:
    bad = stand.http.get(path, headers={"authorization": "Bearer x.y.z"})
    assert bad.status_code == 200


def test_the_stream_takes_its_token_from_the_query_and_hides_it(stand: Stand) -> None:
    token = stand.signer.token()
    answer = stand.http.get(STREAM, params={"access_token": token, "since": "1"})
    assert answer.text == "id: 1\ndata: first\n\n"
    arrived = stand.upstreams["notify"].seen[-1]
    assert arrived["headers"]["authorization"] == f"Bearer {token}"
    assert arrived["url"].endswith("/api/v1/stream?since=1")
    stand.logged(answer.headers["x-request-id"])
    assert token not in stand.access_log.read_text()


def test_a_token_in_the_header_wins_and_one_in_the_query_is_hidden_all_the_same(
    stand: Stand,
) -> None:
    headers, other = stand.bearer(), stand.signer.token(sub="acc_other")
    answer = stand.http.get(STREAM, params={"access_token": other}, headers=headers)
    assert answer.text == "id: 1\ndata: first\n\n"
    arrived = stand.upstreams["notify"].seen[-1]
    assert arrived["headers"]["authorization"] == headers["authorization"]
    assert other not in arrived["url"]
    stand.logged(answer.headers["x-request-id"])
    assert other not in stand.access_log.read_text()


def test_the_stream_refuses_a_bad_or_missing_token(stand: Stand) -> None:
    refused(stand.http.get(STREAM))
    refused(stand.http.get(STREAM, params={"access_token": "x.y.z"}))


@pytest.mark.parametrize("last", ["GH%08", "%C3%98", "1%26area=1"])
def test_a_position_on_the_stream_that_no_request_line_can_hold_is_refused(
    stand: Stand, last: str
) -> None:
    path = f"{STREAM}?access_token={stand.signer.token()}&last={last}"
    refused(stand.http.get(path, headers=stand.bearer()), 400)
    assert not stand.upstreams["notify"].seen


def test_elsewhere_a_token_in_the_query_is_no_token_and_is_not_kept(stand: Stand) -> None:
    token = stand.signer.token()
    answer = stand.http.get("/api/v1/callouts", params={"access_token": token})
    refused(answer)
    assert token not in str(answer.headers)
    assert stand.logged(answer.headers["x-request-id"])["route"] == "callouts"
    assert token not in stand.access_log.read_text()
    assert stand.traced(answer.headers["x-trace-id"])["tags"]["http.url"] == "/api/v1/callouts/*"


def test_a_path_cannot_be_dressed_up_as_an_open_one(stand: Stand) -> None:
    refused(stand.http.get("/api/v1/dev/../accounts/me"))
    assert stand.http.get("/api/v1/dev%2f..%2faccounts/me").status_code == 400
    refused(stand.http.get("/api//v1//accounts/me"))
