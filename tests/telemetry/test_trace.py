"""One report is one trace, from the gateway through every topic to the alert."""

from typing import Any

import httpx

from contracts.topics import DISPATCH, INCIDENTS
from tests.journeys.station import Station
from tests.support.platform import WholePlatform
from tests.support.waiting import eventually

Span = dict[str, Any]


def chain(spans: list[Span], last: Span) -> list[Span]:
    """The span and its ancestors, the root first."""
    by_id = {span["id"]: span for span in spans}
    found = [last]
    while (parent := found[0].get("parentId")) in by_id:
        found.insert(0, by_id[parent])
    return found


def handles_the_call(span: Span) -> bool:
    return (
        span["localEndpoint"]["serviceName"] == "notify"
        and "wavecalled" in span.get("name", "").lower()
    )


async def test_a_report_is_one_trace_from_the_gateway_to_the_alert(
    station: Station, platform: WholePlatform
):
    volunteer, resident = await station.on_duty(), await station.somebody("resident")
    report, trace = await resident.person.post_traced(
        "reports", station.report_body("assistance"), "the-traced-report"
    )
    await volunteer.receives("alert", report["id"])

    async with httpx.AsyncClient(
        base_url=platform.zipkin_url, timeout=5, trust_env=False
    ) as zipkin:

        async def spans() -> list[Span]:
            answer = await zipkin.get(f"/api/v2/trace/{trace}")
            return answer.json() if answer.status_code == 200 else []

        def complete(found: list[Span]) -> bool:
            names = {span["localEndpoint"]["serviceName"] for span in found}
            return {"gateway", "incidents", "dispatch", "notify"} <= names and any(
                map(handles_the_call, found)
            )

        found = await eventually(spans, complete, what="the complete trace", within=25)

    path = chain(found, next(filter(handles_the_call, found)))
    steps = [(span["localEndpoint"]["serviceName"], span.get("name", "")) for span in path]
    services = [service for service, _ in steps]
    assert list(dict.fromkeys(services)) == ["gateway", "incidents", "dispatch", "notify"], steps
    names = [name.lower() for _, name in steps]
    assert any(INCIDENTS in name and "reportrouted" in name for name in names), steps
    assert any(DISPATCH in name and "wavecalled" in name for name in names), steps
    assert path[0].get("parentId") is None, "the gateway starts it"


async def test_a_caller_cannot_join_or_force_a_trace(station: Station, web: httpx.AsyncClient):
    mine = "0af7651916cd43dd8448eb211c80319c"
    answer = await web.get(
        "/api/v1/categories", headers={"traceparent": f"00-{mine}-b7ad6b7169203331-01"}
    )
    assert answer.headers["x-trace-id"] != mine
    assert answer.headers["x-request-id"]
