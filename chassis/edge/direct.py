"""A short way to plain routes: a fixed path; for parameters a JSON body, who asks, what `main.py`
provided, a cause.

The framework's general way costs several times what such a handler does itself
(docs/decisions/0014). This one takes only a request that nothing is wrong with; any other goes the
framework's way untouched, and is told what is wrong.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi import APIRouter
from fastapi.params import Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from chassis.edge.auth import Guard, Open, principal_or_none
from chassis.idempotency import cause_of


class Provided:
    """Finds what `main.py` provided of a type."""

    def __init__(self, kind: type[Any]) -> None:
        self.kind = kind

    async def __call__(self, request: Request) -> Any:
        return request.app.state.provided[self.kind]


class Direct:
    """One plain route. `path` is what figures and traces call it."""

    def __init__(
        self, route: APIRoute, path: str, body: tuple[str, type[BaseModel]] | None
    ) -> None:
        self.path, self._endpoint, self._status = path, route.endpoint, route.status_code or 200
        self._dump = partial(
            TypeAdapter[Any](route.response_model).dump_json,
            by_alias=route.response_model_by_alias,
            exclude_none=route.response_model_exclude_none,
        )
        self._body, self._parts = body, _parts(route.endpoint)

    async def answer(self, request: Request) -> Response | None:
        """None: not for this way, and nothing was done."""
        arguments: dict[str, Any] = {}
        if self._body is not None:
            name, model = self._body
            if request.headers.get("content-type", "").partition(";")[0] != "application/json":
                return None
            try:
                arguments[name] = model.model_validate_json(await request.body())
            except ValidationError:
                return None
        try:
            for name, part in self._parts.items():
                arguments[name] = await part(request)
            result = await self._endpoint(**arguments)
        except Exception as error:  # a service may know more kinds than problems
            handlers: dict[Any, Any] = request.app.exception_handlers
            return await next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)(
                request, error
            )
        return Response(self._dump(result), self._status, media_type="application/json")


Part = Callable[[Request], Awaitable[Any]]


def _guarded(guard: Guard | Open) -> Part:
    async def ask(request: Request) -> Any:
        return await guard(await principal_or_none(request))

    return ask


async def _cause(request: Request) -> Any:
    return await cause_of(
        request, await principal_or_none(request), request.headers.get("idempotency-key")
    )


def _part(hint: Any) -> Part | None:
    """How a parameter's value is found, if it is one of the known kinds."""
    marks: Sequence[Any] = get_args(hint) if get_origin(hint) is Annotated else ()
    call = next((mark.dependency for mark in marks if isinstance(mark, Depends)), None)
    if isinstance(call, Guard | Open):
        return _guarded(call)
    if isinstance(call, Provided):
        return call
    return _cause if call is cause_of else None


def _hints(endpoint: Callable[..., Any]) -> dict[str, Any]:
    return {
        name: hint
        for name, hint in get_type_hints(endpoint, include_extras=True).items()
        if name != "return"
    }


def _parts(endpoint: Callable[..., Any]) -> dict[str, Part]:
    """Guards first, as each other part may cost something."""
    return {
        name: part for name, hint in _hints(endpoint).items() if (part := _part(hint)) is not None
    }


def direct_routes(router: APIRouter, prefix: str) -> Mapping[tuple[str, str], Direct]:
    """(method, path) -> the short way, for the plain ones among the router's routes."""
    found: dict[tuple[str, str], Direct] = {}
    for route in router.routes:
        if not isinstance(route, APIRoute) or "{" in route.path or route.response_model is None:
            continue
        rest = {name: hint for name, hint in _hints(route.endpoint).items() if _part(hint) is None}
        bodies = [
            (name, hint)
            for name, hint in rest.items()
            if isinstance(hint, type) and issubclass(hint, BaseModel)
        ]
        if len(bodies) == len(rest) <= 1:
            path = prefix + route.path
            direct = Direct(route, path, bodies[0] if bodies else None)
            found |= {(method, path): direct for method in route.methods or ()}
    return found
