"""Applications with the same routes, general, plain or hot; and requests to them."""

from collections.abc import Callable
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from pymongo.errors import AutoReconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.domain import Refusal
from chassis.http import problems
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import API_PREFIX, PlainRoute
from chassis.identity.guards import Principal, allow, anyone
from chassis.server.middleware import RequestMiddleware
from contracts.access import Grant

RESIDENT = Principal(
    subject="acc_1", session="ses_1", grants=(Grant(role="resident", area="3701"),)
)
VOLUNTEER = Principal(
    subject="acc_2", session="ses_2", grants=(Grant(role="volunteer", area="370104009"),)
)


class Counter:
    """What `main.py` would provide; counts the calls that reach the endpoint."""

    def __init__(self) -> None:
        self.calls = 0


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    word: Annotated[str, Field(max_length=8)]
    number: Annotated[float, Field(allow_inf_nan=False, le=10)] = 1


class View(BaseModel):
    word: str
    number: float
    by: str
    note: str | None = None


Counted = Annotated[Counter, provided(Counter)]


def routes(route_class: type[APIRoute], mark: Callable[[Any], Any] = lambda f: f) -> APIRouter:
    """The same routes as general, plain or hot ones."""
    router = APIRouter(prefix="/things", route_class=route_class)

    @router.post("", status_code=201, response_model_exclude_none=True)
    @mark
    async def make_thing(
        body: Thing,
        who: Annotated[Principal, allow("report.file")],
        counter: Counted,
        cause: RequestCause,
    ) -> View:
        counter.calls += 1
        if body.word == "down":
            raise AutoReconnect("the store is unavailable")
        if body.word == "boom":
            raise RuntimeError("a secret in the text of an error")
        if body.word == "no":
            raise Refusal("wrong_state", state="closed", retry_after=3)
        return View(
            word=body.word, number=body.number, by=f"{who.subject} {bool(cause.fingerprint)}"
        )

    @router.get("/free")
    @mark
    async def list_free_things(_: Annotated[Principal | None, anyone("a test")]) -> list[View]:
        return [View(word="free", number=1, by="all")]

    @router.get("/{id}")
    async def get_thing(id: str, _: Annotated[Principal | None, anyone("a test")]) -> View:
        return View(word=id, number=1, by="all")

    assert None not in (make_thing, list_free_things, get_thing)
    return router


class KnownTokens:
    async def verify(self, token: str) -> Principal:
        found = {"resident": RESIDENT, "volunteer": VOLUNTEER}.get(token)
        if found is None:
            raise Refusal("token_invalid")
        return found


def application(router: APIRouter) -> tuple[ASGIApp, Counter, list[str]]:
    app, counter, routed = FastAPI(), Counter(), list[str]()
    app.state.provided, app.state.verifier = {Counter: counter}, KnownTokens()
    problems.install(app)
    app.include_router(router, prefix=API_PREFIX)

    class Framework:
        """Records that a request went through the framework's routing."""

        def __init__(self, inner: ASGIApp) -> None:
            self._inner = inner

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            routed.append(scope["path"])
            await self._inner(scope, receive, send)

    found = [route for route in router.routes if isinstance(route, PlainRoute) and route.is_hot]
    hot_routes = {(m, route.full_path): route for route in found for m in route.methods or ()}
    app.add_middleware(Framework)
    app.add_middleware(RequestMiddleware, max_bytes=300, hot=hot_routes)
    return app, counter, routed


async def ask(
    app: ASGIApp, method: str, path: str, **how: Any
) -> tuple[int, dict[str, str], bytes]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.request(method, path, **how)
    return answer.status_code, dict(answer.headers), answer.content
