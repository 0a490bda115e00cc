"""One report is one trace, from the gateway through every topic to the alert."""

from typing import Any

import httpx

from contracts.topics import DISPATCH, INCIDENTS
from tests.journeys.phone import eventually
from tests.journeys.station import Station
from tests.support.platform import WholePlatform

Span = dict[str, Any]


def chain(spans: list[Span], last: Span) -> list[Span]:
    """The span and what it hangs on, the first one first."""
    by_id = {span["id"]: span for span in spans}
    found = [last]
    while (parent := found[0].get("parentId")) in by_id:
        found.insert(0, by_id[parent])
    return found


def told_of_the_call(span: Span) -> bool:
    return (
        span["localEndpoint"]["serviceName"] == "notify"
        and "volunteercalled" in span.get("name", "").lower()
    )


async def test_a_report_is_one_trace_from_the_gateway_to_the_alert(
    station: Station, platform: WholePlatform
):
    volunteer, resident = await station.on_duty(), await station.somebody("resident")
    report, trace = await resident.person.post_traced(
        "reports", station.words_of("assistance"), "trace-of-this-one"
    )
    await volunteer.hears("alert", report["id"])

    async with httpx.AsyncClient(
        base_url=platform.zipkin_url, timeout=5, trust_env=False
    ) as zipkin:

        async def spans() -> list[Span]:
            answer = await zipkin.get(f"/api/v2/trace/{trace}")
            return answer.json() if answer.status_code == 200 else []

        def whole(found: list[Span]) -> bool:
            names = {span["localEndpoint"]["serviceName"] for span in found}
            return {"gateway", "incidents", "dispatch", "notify"} <= names and any(
                map(told_of_the_call, found)
            )

        found = await eventually(spans, whole, "the whole trace in the store")

    way = chain(found, next(filter(told_of_the_call, found)))
    steps = [(span["localEndpoint"]["serviceName"], span.get("name", "")) for span in way]
    services = [service for service, _ in steps]
    assert list(dict.fromkeys(services)) == ["gateway", "incidents", "dispatch", "notify"], steps
    names = [name.lower() for _, name in steps]
    assert any(INCIDENTS in name and "reportrouted" in name for name in names), steps
    assert any(DISPATCH in name and "volunteercalled" in name for name in names), steps
    assert way[0].get("parentId") is None, "the gateway begins it"


async def test_a_caller_cannot_join_or_force_a_trace(station: Station, web: httpx.AsyncClient):
    mine = "0af7651916cd43dd8448eb211c80319c"
    answer = await web.get(
        "/api/v1/categories", headers={"traceparent": f"00-{mine}-b7ad6b7169203331-01"}
    )
    assert answer.headers["x-trace-id"] != mine
    assert answer.headers["x-request-id"]
