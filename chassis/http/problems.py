"""Errors as RFC 9457 problem documents: what is wrong, and what would be right, in Chinese and
English. The one place where refusals and storage errors become HTTP statuses."""

from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

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
from contracts.texts import LocalizedText, keys, statuses, text

MEDIA_TYPE = "application/problem+json"
_MAX_ERRORS = 20
log = structlog.get_logger()


class FieldProblem(BaseModel):
    """One part of the request that is wrong. `field` is its path, as in
    `body.location.latitude`."""

    field: str
    problem: str
    problem_en: str


class ProblemDocument(BaseModel):
    """RFC 9457; `title` and `detail` are Chinese, `title_en` and `detail_en` English."""

    type: str = Field(examples=["urn:problem:wrong_state"])
    title: str
    title_en: str
    status: int
    detail: str | None = None
    detail_en: str | None = None
    errors: list[FieldProblem] = []
    request_id: str | None = Field(
        None, description="Where the gateway itself answers: what to ask the operator about"
    )


def problem_response(refusal: Refusal) -> Response:
    title = _title(refusal)
    status = statuses().get(refusal.code, 422 if refusal.fields else 409)
    errors = [_field_error(path, key, refusal.values) for path, key in refusal.fields.items()]
    return _response(status, refusal.code, title, errors, refusal.retry_after)


def _title(refusal: Refusal) -> LocalizedText:
    """Values that the catalogue has a word for (`state`) are said in that word."""
    zh, en = dict(refusal.values), dict(refusal.values)
    for name, value in refusal.values.items():
        if f"{name}.{value}" in keys():
            word = text(f"{name}.{value}")
            zh[name], en[name] = word.zh, word.en
    key = f"problem.{refusal.code}"
    return LocalizedText(zh=text(key, **zh).zh, en=text(key, **en).en)


def _field_error(path: str, key: str, values: Mapping[str, object]) -> dict[str, str]:
    hint = text(key, **values)
    return {"field": path, "problem": hint.zh, "problem_en": hint.en}


def _response(
    status: int,
    code: str,
    title: LocalizedText,
    errors: list[dict[str, str]],
    retry_after: int | None = None,
) -> Response:
    document: dict[str, Any] = {
        "type": f"urn:problem:{code}",
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
    """What a store's error means to who asked."""
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


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    return _response(422, "bad_request", text("problem.bad_request"), _invalid_fields(error))


def _invalid_fields(error: RequestValidationError) -> list[dict[str, str]]:
    """What pydantic found, without the offending values: they may be personal."""
    found: list[dict[str, str]] = []
    for item in error.errors()[:_MAX_ERRORS]:
        path = ".".join(str(part) for part in item["loc"])
        limits = {k: v for k, v in item.get("ctx", {}).items() if isinstance(v, str | int | float)}
        hint = "；".join(f"{k}={v}" for k, v in limits.items() if k != "error")
        zh = f"格式不正确（{hint or item['type']}）"
        found.append({"field": path, "problem": zh, "problem_en": item["msg"]})
    return found


async def _on_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    codes = {404: "not_found", 401: "not_signed_in", 403: "not_allowed"}
    code = codes.get(error.status_code, "bad_request")
    # FastAPI's only 400: nested too deep, or not what the header says.
    fields = {"body": "problem.body_unreadable"} if error.status_code == 400 else {}
    errors = [_field_error(path, key, {}) for path, key in fields.items()]
    return _response(error.status_code, code, text(f"problem.{code}"), errors)


_CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
_WORDS = {
    "4XX": "What is wrong, and what would be right",
    "5XX": "Not done; try again after Retry-After",
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"model": ProblemDocument, "description": words} for code, words in _WORDS.items()
}
"""For an application's `responses`."""


def refuses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: the refusals of the domain that it may give. What follows from the
    route itself (who asks, what is in the request, the store) is added to every route."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status = statuses().get(code, 409)
        known = by_status.setdefault(status, {"model": ProblemDocument, "x-problems": []})
        known["x-problems"].append(code)
    return by_status


def openapi(app: FastAPI) -> dict[str, Any]:
    """The application's document; problems are `application/problem+json`, whatever else an
    operation answers."""
    document = FastAPI.openapi(app)
    for path in document["paths"].values():
        for operation in path.values():
            for code in RESPONSES:
                operation["responses"][code]["content"] = _CONTENT
    return document


def install(app: FastAPI) -> None:
    app.openapi = lambda: openapi(app)
    for error in (
        Refusal,
        NotFound,
        AlreadyExists,
        DuplicateKey,
        Conflict,
        CauseReused,
        Unavailable,
        # An error that only `Exception` covers counts as 500 whatever the answer, and is raised on.
        *DRIVER_ERRORS,
        Exception,
    ):
        app.add_exception_handler(error, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
