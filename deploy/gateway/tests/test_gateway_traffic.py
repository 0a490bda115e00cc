"""What passes, how much of it, and what the caller gets told: real Envoy, small services."""

from socket import SO_SNDBUF, SOL_SOCKET

import httpx
import pytest

from deploy.gateway import plan
from deploy.gateway.tests.stand import ORIGIN, Stand, until
from tests.support.early_answer import post_listening

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/reportsx", "/api/v2/x", "/api/"])
def test_what_is_no_noun_is_not_there(stand: Stand, path: str) -> None:
    answer = stand.http.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "没有这个地址"


@pytest.mark.parametrize("path", ["/", "/desk/queue", "/x/metrics", "/api"])
def test_what_is_no_path_of_the_api_is_asked_of_the_apps_server(stand: Stand, path: str) -> None:
    answer = stand.http.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json() == {"service": "apps"}
    assert not [name for name in plan.SERVICES if stand.upstreams[name].seen]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_changed_at_the_apps_server(stand: Stand, method: str) -> None:
    assert stand.http.request(method, "/desk/").status_code == 404
    assert not stand.upstreams["apps"].seen


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_of_10_mb_is_refused(stand: Stand, chunked: bool) -> None:
    url = str(stand.http.base_url.join("/api/v1/reports"))
    answer = await post_listening(url, b"x" * 10_000_000, chunked=chunked)
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["field"] == "body"
    assert not stand.upstreams["incidents"].seen


async def test_a_photo_of_12_mb_is_read_to_its_end_for_the_service_to_refuse(stand: Stand) -> None:
    """By a phone with little room to send, which reads no answer before it has sent everything."""
    little = httpx.AsyncHTTPTransport(socket_options=[(SOL_SOCKET, SO_SNDBUF, 65536)])
    async with httpx.AsyncClient(transport=little, base_url=stand.http.base_url) as phone:
        assert (await phone.post("/api/v1/photos", content=b"x" * 12_000_000)).status_code == 200
    assert stand.upstreams["incidents"].seen[-1]["size"] == 12_000_000
    url = str(stand.http.base_url.join("/api/v1/photos"))
    assert (await post_listening(url, b"x" * 20_000_000)).status_code == 413


def test_a_photo_of_5_mb_passes_whole(stand: Stand) -> None:
    assert stand.http.post("/api/v1/photos", content=b"x" * 5_000_000).status_code == 200
    assert stand.upstreams["incidents"].seen[-1]["size"] == 5_000_000


def test_a_browser_of_ours_may_ask_and_another_may_not(stand: Stand) -> None:
    asks = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    allowed = stand.http.options("/api/v1/callouts", headers={"origin": ORIGIN, **asks})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    assert "authorization" in allowed.headers["access-control-allow-headers"]
    foreign = stand.http.options(
        "/api/v1/callouts", headers={"origin": "https://evil.example", **asks}
    )
    assert "access-control-allow-origin" not in foreign.headers
    assert not stand.upstreams["dispatch"].seen


def test_a_refusal_can_be_read_by_the_browser(stand: Stand) -> None:
    answer = stand.http.get("/api/v1/callouts", headers={"origin": ORIGIN})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, ORIGIN)


def test_each_request_has_an_id_from_log_to_caller(stand: Stand) -> None:
    answer = stand.http.get("/api/v1/divisions", headers={"x-request-id": "chosen-by-the-caller"})
    named = answer.headers["x-request-id"]
    assert named != "chosen-by-the-caller"
    assert stand.upstreams["registration"].seen[-1]["headers"]["x-request-id"] == named
    assert stand.logged(named)["status"] == 200


def test_a_report_is_traced_and_its_trace_begins_here(stand: Stand) -> None:
    foreign = {
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
        "x-b3-traceid": "c" * 32,
        "x-b3-sampled": "0",
    }
    answer = stand.http.post("/api/v1/reports", json={}, headers=foreign)
    trace = answer.headers["x-trace-id"]
    span = stand.traced(trace)
    assert (span["localEndpoint"]["serviceName"], span["name"]) == ("gateway", "reports")
    assert "parentId" not in span
    assert "127.0.0.1" not in str(span["tags"])
    assert (
        stand.upstreams["incidents"].seen[-1]["headers"]["traceparent"]
        == f"00-{trace}-{span['id']}-01"
    )


def test_a_caller_cannot_force_traces(stand: Stand) -> None:
    forcing = {
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
        "x-b3-sampled": "1",
        "x-envoy-force-trace": "1",
        "x-client-trace-id": "1",
        "x-request-id": "00000000-0000-9000-8000-000000000000",
    }
    for _ in range(60):
        stand.http.post("/api/v1/positions", json=[], headers=stand.bearer() | forcing)
    sampled = [
        s for s in stand.upstreams["dispatch"].seen if s["headers"]["traceparent"].endswith("-01")
    ]
    assert len(sampled) < 10


@pytest.mark.parametrize(
    ("method", "noun"),
    [("GET", "follow-ups"), ("POST", "follow-ups"), ("POST", "reports"), ("POST", "photos")],
)
def test_what_a_caller_chooses_is_neither_logged_nor_traced(
    stand: Stand, method: str, noun: str
) -> None:
    """A number, a phone or a name where an id belongs; and in every header that somebody could look
    at."""
    path = f"/api/v1/{noun}" if noun in ("reports", "photos") else f"/api/v1/{noun}/7KQ2-SECRET"
    path += "/confirm" if (method, noun) == ("POST", "follow-ups") else ""
    headers = dict.fromkeys(
        ("user-agent", "x-request-id", "baggage", "tracestate", "referer"), "SECRET"
    )
    headers |= {"x-envoy-downstream-service-cluster": "SECRET", "x-forwarded-for": "203.0.113.77"}
    answer = stand.http.request(method, f"{path}?phone=SECRET", headers=headers)
    logged = stand.logged(answer.headers["x-request-id"])
    assert (logged["route"], logged["method"], logged["status"]) == (noun, method, 200)
    tags = stand.traced(answer.headers["x-trace-id"])["tags"]
    assert tags["http.url"] == f"/api/v1/{noun}/*"
    for told in (stand.access_log.read_text(), stand.traces.raw.decode()):
        assert "SECRET" not in told
        assert "203.0.113.77" not in told


@pytest.mark.parametrize("path", ["/api/v1/reports/{}", "/api/v1/{}", "/{}", "/a%2f{}"])
def test_a_refused_path_is_not_logged_either(stand: Stand, path: str) -> None:
    before = len(stand.lines())
    assert stand.http.get(path.format("13800000000")).status_code in (200, 400, 401, 404)
    until(lambda: len(stand.lines()) > before)
    assert "13800000000" not in stand.access_log.read_text()
    assert "127.0.0.1" not in "".join(
        str(line | {"upstream": "a service's own"}) for line in stand.lines()
    )


@pytest.mark.parametrize("method", ["ZHANGSAN", "BREW"])
def test_a_method_that_nobody_knows_is_not_written_down(stand: Stand, method: str) -> None:
    answer = stand.http.request(method, "/api/v1/reports")
    assert answer.status_code in (400, 404, 405)
    assert answer.headers["content-type"] == "application/problem+json"
    assert method not in stand.access_log.read_text() + stand.traces.raw.decode()


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [("GET", {}, 200), ("POST", {"idempotency-key": "key-12345"}, 200), ("POST", {}, 503)],
)
def test_a_busy_service_is_asked_again_where_that_is_safe(
    stand: Stand, method: str, headers: dict[str, str], status: int
) -> None:
    stand.upstreams["incidents"].fail = 1
    path = "/api/v1/reports" if method == "POST" else "/api/v1/categories"
    assert stand.http.request(method, path, headers=headers).status_code == status
    assert len(stand.upstreams["incidents"].seen) == (2 if status == 200 else 1)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [("GET", {}, 200), ("POST", {"idempotency-key": "key-12345"}, 200), ("POST", {}, 503)],
)
def test_what_a_dying_service_took_with_it_is_asked_again_where_that_is_safe(
    stand: Stand, method: str, headers: dict[str, str], status: int
) -> None:
    stand.upstreams["incidents"].drop = 1
    path = "/api/v1/reports" if method == "POST" else "/api/v1/categories"
    answer = stand.http.request(method, path, headers=headers)
    assert answer.status_code == status
    assert len(stand.upstreams["incidents"].seen) == (2 if status == 200 else 1)
    assert status == 200 or answer.headers["retry-after"] == "2"


def test_the_documentation_opens_without_internet(stand: Stand) -> None:
    page = stand.http.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    for path in (
        "/docs/swagger-ui.css",
        "/docs/swagger-ui-bundle.js",
        "/docs/start.js",
    ):
        assert path in page.text
        assert stand.http.get(path).status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert stand.http.get("/openapi.json").headers["content-type"].startswith("application/json")


def test_answers_do_not_tell_what_serves_them(stand: Stand) -> None:
    for path in ("/api/v1/categories", "/api/v1/nothing", "/health", "/api/v1/callouts"):
        answer = stand.http.get(path)
        assert not [
            name for name in answer.headers if name == "server" or name.startswith("x-envoy")
        ]
        assert answer.headers["x-content-type-options"] == "nosniff"
