"""What a service answers about itself."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response


def health_routes(app: FastAPI, failing: Callable[[], Awaitable[list[str]]]) -> None:
    """`/health/live`, `/health/ready` and `/metrics`, on the service's own port only."""

    async def live() -> dict[str, str]:
        return {"status": "live"}

    async def ready() -> JSONResponse:
        wrong = await failing()
        return JSONResponse({"ready": not wrong, "failing": wrong}, 503 if wrong else 200)

    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    routes = {"/health/live": live, "/health/ready": ready, "/metrics": metrics}
    for path, endpoint in routes.items():
        app.add_api_route(path, endpoint, include_in_schema=False)
