"""An application with one route that fails on demand, and what its endpoint was called with."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
from fastapi import FastAPI
from pydantic import Field

from chassis.http import problems
from chassis.http.idempotency import RequestCause
from chassis.http.schemas import Body
from chassis.identity.guards import Principal, principal_or_none
from chassis.server.middleware import RequestMiddleware

MAX_BYTES = 200


class Thing(Body):
    number: Annotated[float, Field(allow_inf_nan=False, le=10)]
    word: Annotated[str, Field(max_length=5)] = ""


@asynccontextmanager
async def client_of(
    failures: Mapping[str, Exception], who: Principal | None = None
) -> AsyncGenerator[httpx.AsyncClient]:
    """`POST /things` raises the failure that its `word` names; else it answers with its cause."""
    app = FastAPI()
    problems.install(app)
    app.add_middleware(RequestMiddleware, max_bytes=MAX_BYTES)

    @app.post("/things")
    async def make_thing(body: Thing, cause: RequestCause) -> dict[str, Any]:
        if failure := failures.get(body.word):
            raise failure
        return {"cause": cause.id, "mark": cause.mark, "proven": cause.proven}

    assert make_thing is not None
    if who is not None:
        app.dependency_overrides[principal_or_none] = lambda: who
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def post(client: httpx.AsyncClient, body: Any, **headers: str) -> httpx.Response:
    return await client.post("/things", json=body, headers=headers)
