"""Routes with little overhead, by the framework's own hook.

A plain route has a fixed path and takes nothing but a JSON body, who asks, from which address,
what `main.py` provided and a cause. It answers valid requests by itself; all others are passed to
the framework untouched, which answers with what is wrong. Unknown query parameters are refused on
all routes, and what a route creates (201) is located by the id in the answer, where it can be read.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import cached_property, partial
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import orjson
from fastapi import FastAPI
from fastapi.params import Depends
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from chassis.domain import Refusal
from chassis.http.caller import caller
from chassis.http.dependencies import Provided
from chassis.http.idempotency import cause_of
from chassis.identity.guards import Guard, Open, principal_or_none

API_PREFIX = "/api/v1"
F = TypeVar("F", bound=Callable[..., Any])
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_Part = Callable[[Request], Awaitable[Any]]


def hot(endpoint: F) -> F:
    """Marks a plain route that the middleware calls without the framework's routing. Only where a
    benchmark row needs it: say which at the route."""
    endpoint.__dict__["hot"] = True
    return endpoint


class PlainRoute(APIRoute):
    """For `APIRouter(route_class=PlainRoute)`."""

    @cached_property
    def _plan(self) -> "_Plan | None":
        return _Plan.of(self)

    @property
    def full_path(self) -> str:
        return API_PREFIX + self.path

    @property
    def is_hot(self) -> bool:
        """Raises ValueError for a hot route that is not plain."""
        marked = bool(getattr(self.endpoint, "hot", False))
        if marked and self._plan is None:
            raise ValueError(f"{self.path} is hot, but takes more than a plain route does")
        return marked

    def get_route_handler(self) -> Handler:
        general, plan = super().get_route_handler(), self._plan
        known = frozenset(_query_names(self.dependant))

        async def handle(request: Request) -> Response:
            request.scope["route_path"] = self.full_path
            _refuse_unknown(request, known)
            response = await plan.answer(request) if plan else None
            return _located(request, response or await general(request))

        return handle

    async def answer(self, request: Request) -> Response | None:
        """Of a hot route, with its errors as answers. None: the framework must answer, and nothing
        was done."""
        request.scope["route_path"] = self.full_path
        await request.body()  # kept; its own errors are the middleware's
        try:
            _refuse_unknown(request, frozenset())
            response = await self._plan.answer(request) if self._plan else None
            return response and _located(request, response)
        except Exception as error:
            handlers: dict[Any, Any] = request.app.exception_handlers
            found = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
            return await found(request, error)


class _Plan:
    """How the arguments of a plain route are found."""

    def __init__(self, route: APIRoute, body: tuple[str, type[BaseModel]] | None) -> None:
        self._endpoint, self._status = route.endpoint, route.status_code or 200
        self._dump = partial(
            TypeAdapter[Any](route.response_model).dump_json,
            by_alias=route.response_model_by_alias,
            exclude_none=route.response_model_exclude_none,
        )
        self._body, self._parts = body, _parts(route.endpoint)

    @classmethod
    def of(cls, route: APIRoute) -> "_Plan | None":
        """None for a route that is not plain."""
        if "{" in route.path or route.response_model is None or route.dependencies:
            return None
        rest = {n: hint for n, hint in _hints(route.endpoint).items() if _part(hint) is None}
        bodies = [(name, hint) for name, hint in rest.items() if _is_model(hint)]
        if len(bodies) == len(rest) <= 1:
            return cls(route, bodies[0] if bodies else None)
        return None

    async def answer(self, request: Request) -> Response | None:
        arguments: dict[str, Any] = {}
        if self._body is not None:
            name, model = self._body
            content_type = request.headers.get("content-type", "")
            if content_type.partition(";")[0] != "application/json":
                return None
            try:
                arguments[name] = model.model_validate_json(await request.body())
            except ValidationError:
                return None
        for name, part in self._parts.items():
            arguments[name] = await part(request)
        result = await self._endpoint(**arguments)
        return Response(self._dump(result), self._status, media_type="application/json")


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    if request.scope["query_string"]:
        unknown = sorted(request.query_params.keys() - known)
        if unknown:
            fields = {f"query.{name}"[:80]: "problem.query_unknown" for name in unknown[:20]}
            raise Refusal("bad_request", fields=fields)


def _located(request: Request, response: Response) -> Response:
    """With `Location` where what was created can be read by its id."""
    if response.status_code == 201 and request.scope["route_path"] in _collections(request.app):
        answer = orjson.loads(response.body)
        if isinstance(answer, dict) and isinstance(answer.get("id"), str):
            response.headers["Location"] = f"{request.scope['path']}/{answer['id']}"
    return response


def _collections(app: FastAPI) -> frozenset[str]:
    """Paths whose things can be read one by one."""
    if not hasattr(app.state, "collections"):
        app.state.collections = collections(app)
    return app.state.collections


def collections(app: FastAPI) -> frozenset[str]:
    """Paths P with a route GET P/{id}."""
    found = iter_route_contexts(app.routes)
    readable = (route.path or "" for route in found if "GET" in (route.methods or ()))
    return frozenset(path.rpartition("/")[0] for path in readable if path.endswith("}"))


def _query_names(dependant: Any) -> Sequence[str]:
    """The query parameters of a route and of all that it depends on."""
    own = [parameter.alias for parameter in dependant.query_params]
    return [*own, *(name for below in dependant.dependencies for name in _query_names(below))]


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


def _guarded(guard: Guard | Open) -> _Part:
    async def ask(request: Request) -> Any:
        return await guard(await principal_or_none(request))

    return ask


async def _cause(request: Request) -> Any:
    key = request.headers.get("idempotency-key", "")
    return await cause_of(request, await principal_or_none(request), key)


def _part(hint: Any) -> _Part | None:
    """How a parameter's value is found, if it is one of the known kinds."""
    marks: Sequence[Any] = get_args(hint) if get_origin(hint) is Annotated else ()
    call = next((mark.dependency for mark in marks if isinstance(mark, Depends)), None)
    if isinstance(call, Guard | Open):
        return _guarded(call)
    if isinstance(call, Provided) or call is caller:
        return call
    return _cause if call is cause_of else None


def _hints(endpoint: Callable[..., Any]) -> Mapping[str, Any]:
    hints = get_type_hints(endpoint, include_extras=True)
    return {name: hint for name, hint in hints.items() if name != "return"}


def _parts(endpoint: Callable[..., Any]) -> dict[str, _Part]:
    """Guards first, as each other part may cost something."""
    found = {name: _part(hint) for name, hint in _hints(endpoint).items()}
    return {name: part for name, part in found.items() if part is not None}
