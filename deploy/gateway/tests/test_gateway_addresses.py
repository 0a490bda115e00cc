"""Under which names and addresses the gateway serves, by which methods, and what it says of the
caller's Host: nothing."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.gateway.settings import Certificate, Settings
from deploy.gateway.tests.certificates import make_certificate
from deploy.gateway.tests.stand import Stand, standing, until
from deploy.local.ports import HOST

pytestmark = pytest.mark.servers
EVIL = {"host": "evil.example", "x-forwarded-host": "evil.example"}


@pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json", "/.well-known/jwks.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_its_own_pages_say_by_which_methods_they_are_read(
    stand: Stand, method: str, path: str
) -> None:
    answer = stand.http.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.json()["type"] == "urn:problem:method_not_allowed"


def test_the_stream_says_so_too(stand: Stand) -> None:
    answer = stand.http.post("/api/v1/stream", headers=stand.bearer())
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "SEARCH", "PATCH", "PUT"])
def test_which_methods_a_noun_has_its_service_says(stand: Stand, method: str) -> None:
    """An odd method was answered 404, as if there were nothing."""
    answer = stand.http.request(method, "/api/v1/reports", headers=stand.bearer())
    assert answer.status_code in (200, 405)
    assert stand.upstreams["incidents"].seen or answer.headers["allow"]


@pytest.mark.parametrize("path", ["/api/v1/categories", "/api/v1/categories/", "/x", "/docs/"])
def test_the_callers_host_is_told_to_nobody(stand: Stand, path: str) -> None:
    answer = stand.http.get(path, headers=EVIL)
    assert not answer.is_redirect
    assert "evil" not in str(answer.headers) + answer.text
    assert all(each["headers"]["host"] == "incidents" for each in stand.upstreams["incidents"].seen)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    settings = Settings(
        hosts=("volunteers.example",), origins=("https://desk.example",), trusted_hops=0
    )
    with standing(tmp_path_factory.mktemp("named"), None, settings) as running:
        yield running


def test_under_another_name_nothing_is_served(named: Stand) -> None:
    answer = named.http.get("/api/v1/categories", headers=EVIL)
    assert answer.status_code == 421
    assert answer.json()["type"] == "urn:problem:other_host"
    assert not named.upstreams["incidents"].seen
    for host in ("volunteers.example", "volunteers.example:8443", "VOLUNTEERS.example"):
        assert named.http.get("/api/v1/categories", headers={"host": host}).status_code == 200


def test_origins_are_whole_and_their_dots_are_dots(named: Stand) -> None:
    def allowed(origin: str) -> bool:
        headers = {"origin": origin, "host": "volunteers.example"}
        answer = named.http.get("/api/v1/categories", headers=headers)
        return answer.headers.get("access-control-allow-origin") == origin

    assert allowed("https://desk.example")
    wrong = ("https://desk-example", "https://desk.example.evil.example", "http://desk.example")
    assert not [origin for origin in wrong if allowed(origin)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("certificates")
    files = Certificate(folder / "tls.crt", folder / "tls.key")
    make_certificate(files)
    return files


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, pair: Certificate) -> Iterator[Stand]:
    settings = Settings(certificate=pair, public_host="volunteers.example")
    with standing(tmp_path_factory.mktemp("secured"), None, settings) as running:
        yield running


def served(stand: Stand) -> str:
    """The certificate that is served now, as PEM."""
    return ssl.get_server_certificate((HOST, stand.tls_port))


def client_of(stand: Stand, trusted: Path) -> httpx.Client:
    context = ssl.create_default_context(cafile=str(trusted))
    transport = httpx.HTTPTransport(verify=context)
    return httpx.Client(transport=transport, base_url=f"https://localhost:{stand.tls_port}")


def test_tls_with_the_files_that_are_given(secured: Stand, pair: Certificate) -> None:
    with client_of(secured, pair.chain) as client:
        answer = client.get("/api/v1/categories")
    assert answer.json() == {"service": "incidents"}
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_http_2_is_offered_and_old_tls_is_not(secured: Stand, pair: Certificate) -> None:
    context = ssl.create_default_context(cafile=str(pair.chain))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((HOST, secured.tls_port)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as connection,
    ):
        assert connection.selected_alpn_protocol() == "h2"
        assert connection.version() in ("TLSv1.2", "TLSv1.3")


def test_plain_requests_are_sent_on_to_the_name_that_was_set(secured: Stand) -> None:
    secured.upstreams["incidents"].seen.clear()
    page = secured.http.get("/docs?x=1", headers=EVIL)
    assert page.status_code == 308
    assert page.headers["location"] == "https://volunteers.example/docs?x=1"
    api = secured.http.post("/api/v1/reports", json={}, headers=EVIL)
    assert (api.status_code, api.json()["type"]) == (403, "urn:problem:https_only")
    assert "location" not in api.headers
    assert secured.http.get("/health").status_code == 200
    assert not secured.upstreams["incidents"].seen


def test_a_renewed_certificate_is_served_without_a_restart(
    secured: Stand, pair: Certificate
) -> None:
    """And while the key does not belong to it yet, the old one is."""
    before = served(secured)
    make_certificate(pair)
    assert until(lambda: served(secured) != before)
    with client_of(secured, pair.chain) as client:
        assert client.get("/health").status_code == 200
