"""The ASGI application of a service, before its routes."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from chassis.clock import Clock
from chassis.http import problems
from chassis.http.openapi import document
from chassis.http.plain_route import PlainRoute
from chassis.server.health import health_routes
from chassis.server.middleware import RequestMiddleware
from chassis.settings import Settings

# The middleware makes the spans: the framework's own would hold addresses, and texts of exceptions.
_SILENT: Any = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans"), False)


def application(
    name: str,
    settings: Settings,
    clock: Clock,
    lifespan: Any,
    hot: Mapping[tuple[str, str], PlainRoute],
    failing: Callable[[], Awaitable[list[str]]],
) -> FastAPI:
    """`failing` names what keeps the service from being ready. `hot` may be filled later."""
    app = FastAPI(
        title=name,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # It would send callers on to a host that they named themselves.
        redirect_slashes=False,
        telemetry=_SILENT,
        generate_unique_id_function=_operation_id,
    )
    app.state.provided = {Clock: clock}
    problems.install(app)
    document.install(app)
    app.add_middleware(
        RequestMiddleware,
        max_bytes=settings.max_body_bytes,
        hot=hot,
        seconds=settings.answer_seconds,
        max_waiting=settings.max_waiting,
    )
    health_routes(app, failing)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
