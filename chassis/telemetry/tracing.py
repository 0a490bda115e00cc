"""One trace from the gateway through every topic, by OpenTelemetry and its standard `OTEL_*`
variables."""

import os
from contextvars import Token
from importlib.metadata import entry_points
from types import TracebackType

from opentelemetry import propagate, trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_w3c = TraceContextTextMapPropagator()
tracer = trace.get_tracer("chassis")
_EXPORT_EVERY = 1000  # milliseconds


def install(service: str) -> TracerProvider | None:
    """Export this process's spans as `OTEL_TRACES_EXPORTER` says (`zipkin_json`,
    `otlp_proto_http`); without it, none.

    Sampling follows the gateway's decision; what has no parent is sampled at
    `OTEL_TRACES_SAMPLER_ARG` (1.0).
    """
    propagate.set_global_textmap(_w3c)
    name = os.environ.get("OTEL_TRACES_EXPORTER", "none")
    if name in ("", "none"):
        return None
    found = [
        entry for entry in entry_points(group="opentelemetry_traces_exporter") if entry.name == name
    ]
    if not found:
        raise ValueError(f"OTEL_TRACES_EXPORTER: no exporter is called {name}")
    ratio = float(os.environ.get("OTEL_TRACES_SAMPLER_ARG", "1.0"))
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}),
        sampler=ParentBased(TraceIdRatioBased(ratio)),
    )
    exporter = found[0].load()()
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_EXPORT_EVERY))
    trace.set_tracer_provider(provider)
    return provider


def current() -> str:
    """The W3C traceparent of the running span, or an empty text."""
    carrier: dict[str, str] = {}
    _w3c.inject(carrier)
    return carrier.get("traceparent", "")


class span:  # noqa: N801 - reads as a statement: `with span("...")`
    """A span; under the remote `parent` (a traceparent) if one is given, else under the running
    one.

    Attributes are ids, codes and counts only. A class and the plain calls: a third less than
    generators around them.
    """

    __slots__ = ("_span", "_token")

    def __init__(
        self,
        name: str,
        parent: str = "",
        kind: SpanKind = SpanKind.INTERNAL,
        **attributes: str | int | float,
    ) -> None:
        context = _w3c.extract({"traceparent": parent}) if parent else None
        self._span = tracer.start_span(
            name, context, kind, attributes, record_exception=False, set_status_on_exception=False
        )
        self._token: Token[Context] | None = None

    def __enter__(self) -> Span:
        self._token = attach(trace.set_span_in_context(self._span))
        return self._span

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._token is not None:
            detach(self._token)
        if isinstance(error, Exception):
            # The type only: an error's text may hold what a person typed.
            self._span.set_status(StatusCode.ERROR, type(error).__name__)
        self._span.end()
