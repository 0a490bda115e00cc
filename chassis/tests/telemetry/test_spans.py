"""Spans, labels and logs name the route, never anything the caller sent."""

import httpx
import structlog
from opentelemetry import trace as api
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis.identity.guards import anyone
from chassis.service import Service
from chassis.settings import Settings
from chassis.telemetry import tracing
from chassis.telemetry.metrics import HTTP_SECONDS

SECRET = "JN-4F7K-2M9Q"


async def test_a_request_has_one_span_with_its_route_and_without_its_address():
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    before, tracing.tracer = tracing.tracer, provider.get_tracer("test")
    api._TRACER_PROVIDER, kept = provider, api._TRACER_PROVIDER  # pyright: ignore
    try:
        service = Service("spans", Settings())
        service.app.add_api_route(
            "/things/{number}",
            lambda number: {"n": 1},  # pyright: ignore
            dependencies=[anyone("a test")],
        )
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://spans") as client:
            headers = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
            answer = await client.get(
                f"/things/{SECRET}", params={"phone": SECRET}, headers=headers
            )
        assert answer.status_code < 500
    finally:
        tracing.tracer, api._TRACER_PROVIDER = before, kept  # pyright: ignore
    (span,) = exporter.get_finished_spans()
    assert span.name == "GET /things/{number}"
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert SECRET not in span.to_json()


async def test_invented_methods_and_request_ids_are_not_recorded():
    service, seen = Service("labels", Settings()), dict[str, object]()

    async def thing() -> dict[str, int]:
        seen.update(structlog.contextvars.get_contextvars())
        return {"n": 1}

    service.app.add_api_route("/things", thing, dependencies=[anyone("a test")])
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://labels") as client:
        await client.get("/things", headers={"x-request-id": SECRET})
        invented, seen["request_id"] = seen["request_id"], ""
        await client.get(
            "/things", headers={"x-request-id": "0af76519-16cd-43dd-8448-eb211c80319c"}
        )
        await client.request("ZHANGSAN", "/things")
    assert (invented, seen["request_id"]) == ("", "0af76519-16cd-43dd-8448-eb211c80319c")
    methods = {
        sample.labels["method"] for metric in HTTP_SECONDS.collect() for sample in metric.samples
    }
    assert "other" in methods
    assert "ZHANGSAN" not in methods
