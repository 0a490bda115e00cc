"""Errors as RFC 9457 problem documents: what is wrong, and what would be right, in Chinese and
English. The one place where refusals and storage errors become HTTP statuses."""

from collections.abc import Mapping
from typing import Any, NotRequired

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path
from typing_extensions import TypedDict

from chassis.domain import Refusal
from chassis.errors import (
    DRIVER_ERRORS,
    AlreadyExists,
    CauseReused,
    Conflict,
    DuplicateKey,
    NotFound,
    Unavailable,
    is_transient,
)
from chassis.inputs.field_errors import FieldProblem, field_problem, field_problems
from contracts.texts import LocalizedText, keys, statuses, text

MEDIA_TYPE = "application/problem+json"
_TITLES: Mapping[int, str] = {
    401: "problem.not_signed_in",
    403: "problem.not_allowed",
    404: "gateway.no_such_path",
    405: "gateway.method_not_allowed",
}
"""Of what the framework refuses, by its status."""
log = structlog.get_logger()


class ProblemDocument(TypedDict):
    """RFC 9457; `title` and `detail` are Chinese, `title_en` and `detail_en` English.
    `request_id` is there where the gateway itself answers: give it to the operator. It is null
    where the request was too malformed to get one."""

    type: str
    title: str
    title_en: str
    status: int
    detail: NotRequired[str]
    detail_en: NotRequired[str]
    errors: NotRequired[list[FieldProblem]]
    request_id: NotRequired[str | None]


def problem_type(code: str) -> str:
    return f"urn:problem:{code}"


def status_of(code: str, default: int = 409) -> int:
    """Raises KeyError for a code that the catalogue lacks."""
    if f"problem.{code}" not in keys():
        raise KeyError(code)
    return statuses().get(code, default)


def problem_response(refusal: Refusal) -> Response:
    title = _title(refusal)
    status = status_of(refusal.code, 422 if refusal.fields else 409)
    errors = [field_problem(path, key, refusal.values) for path, key in refusal.fields.items()]
    return _response(status, refusal.code, title, errors, refusal.retry_after)


def _title(refusal: Refusal) -> LocalizedText:
    """Values that are texts, or have a name in the catalogue (`state.closed`), are said in each
    language."""
    zh, en = dict(refusal.values), dict(refusal.values)
    for name, value in refusal.values.items():
        named = text(f"{name}.{value}") if f"{name}.{value}" in keys() else value
        if isinstance(named, LocalizedText):
            zh[name], en[name] = named.zh, named.en
    key = f"problem.{refusal.code}"
    return LocalizedText(zh=text(key, **zh).zh, en=text(key, **en).en)


def _response(
    status: int,
    code: str,
    title: LocalizedText,
    errors: list[FieldProblem],
    retry_after: int | None = None,
) -> Response:
    document: ProblemDocument = {
        "type": problem_type(code),
        "title": title.zh,
        "title_en": title.en,
        "status": status,
    }
    if errors:
        document["detail"] = "；".join(f"{e['field']}：{e['problem']}" for e in errors)
        document["detail_en"] = "; ".join(f"{e['field']}: {e['problem_en']}" for e in errors)
        document["errors"] = errors
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(document), status, headers, MEDIA_TYPE)


def _refusal_of(error: Exception) -> Refusal:
    """The refusal that an error of a store means."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, NotFound):
        return Refusal("not_found")
    if isinstance(error, AlreadyExists | DuplicateKey):
        return Refusal("already_exists")
    if isinstance(error, Conflict):
        return Refusal("conflict", retry_after=1)
    if isinstance(error, CauseReused):
        return Refusal("key_reused", "header.Idempotency-Key")
    if is_transient(error):
        seconds = error.retry_after if isinstance(error, Unavailable) else 1
        return Refusal("unavailable", retry_after=seconds)
    return Refusal("unexpected")


async def _on_error(request: Request, error: Exception) -> Response:
    refusal = _refusal_of(error)
    if refusal.code == "unexpected":
        path, name = request.scope.get("route_path", ""), type(error).__name__
        log.error("request failed", path=path, error=name, exc_info=error)
    return problem_response(refusal)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    found = error.errors()
    if any(item["loc"] == ("body",) for item in found) and not _says_json(request):
        errors = [field_problem("header.Content-Type", "invalid.media_type", {})]
        return _response(415, "media_type", text("gateway.media_type"), errors)
    return _response(422, "bad_request", text("problem.bad_request"), field_problems(found))


def _says_json(request: Request) -> bool:
    """Or says nothing, and there is nothing to read."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not media_type:
        return request.headers.get("content-length", "0") == "0"
    return media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    key = _TITLES.get(error.status_code, "problem.bad_request")
    # FastAPI's only 400: nested too deep, or not what the header says.
    fields = {"body": "problem.body_unreadable"} if error.status_code == 400 else {}
    errors = [field_problem(path, key, {}) for path, key in fields.items()]
    response = _response(error.status_code, key.partition(".")[2], text(key), errors)
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(_methods(request))
    return response


def _methods(request: Request) -> list[str]:
    """That the path takes: the framework names only those of the first route that has it."""
    path, routes = request.scope["path"], iter_route_contexts(request.app.routes)
    found = (route for route in routes if compile_path(route.path or "")[0].match(path))
    return sorted({method for route in found for method in route.methods or ()})


def refuses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: the refusals of the domain that it may give. What follows from the
    route itself (who asks, what is in the request, the store) is added to every route.

    Raises KeyError for a code that the catalogue lacks.
    """
    by_status: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        by_status.setdefault(status_of(code), {"x-problems": []})["x-problems"].append(code)
    return by_status


def install(app: FastAPI) -> None:
    ours = (Refusal, NotFound, AlreadyExists, DuplicateKey, Conflict, CauseReused, Unavailable)
    for error in (
        *ours,
        # For an error that only `Exception` covers the framework counts 500 and raises it again.
        *DRIVER_ERRORS,
        Exception,
    ):
        app.add_exception_handler(error, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
