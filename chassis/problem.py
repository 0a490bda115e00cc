"""Errors as RFC 9457 problem documents: what is wrong, and what would be right, in Chinese and
English."""

from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from contracts.texts import Text, text

MEDIA_TYPE = "application/problem+json"
# 91 shutting down; 189, 10058, 10107, 13435, 13436 no primary; 11600, 11602 interrupted by that; 43
# a cursor that was the old primary's; 6, 7, 89, 9001 a member that another cannot reach; 64, 134 no
# majority yet; 262 out of time; 14031 out of disk
_PASSING_CODES = frozenset(
    {6, 7, 43, 64, 89, 91, 134, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436, 14031}
)
# how uvloop refuses a write to a connection that broke; asyncio's loop says nothing
_CLOSED = "the handler is closed"
log = structlog.get_logger()


class FieldProblem(BaseModel):
    """One field that is wrong. `field` is its path, as in `body.location.latitude`."""

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


class Problem(Exception):
    """Raise to answer with a problem document. `code` is a key of the catalogue's section
    `problem`.

    `fields` maps a field's path to a catalogue key (or a Text) that says what would be right.
    """

    def __init__(
        self,
        status: int,
        code: str,
        *,
        fields: Mapping[str, str | Text] | None = None,
        retry_after: int | None = None,
        **values: object,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.retry_after = status, code, retry_after
        self.title = text(f"problem.{code}", **values)
        self.fields = {
            path: entry if isinstance(entry, Text) else text(entry, **values)
            for path, entry in (fields or {}).items()
        }

    def response(self) -> Response:
        errors = [{"field": f, "problem": t.zh, "problem_en": t.en} for f, t in self.fields.items()]
        return problem_response(self.status, self.code, self.title, errors, self.retry_after)


def problem_response(
    status: int,
    code: str,
    title: Text,
    errors: list[dict[str, str]] | None = None,
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


def not_found() -> Problem:
    return Problem(404, "not_found")


def _field_errors(error: RequestValidationError) -> list[dict[str, str]]:
    """What pydantic found, without the offending values: they may be personal."""
    found: list[dict[str, str]] = []
    for item in error.errors()[:20]:
        path = ".".join(str(part) for part in item["loc"])
        context = {k: v for k, v in item.get("ctx", {}).items() if isinstance(v, str | int | float)}
        hint = "；".join(f"{k}={v}" for k, v in context.items() if k != "error")
        found.append(
            {
                "field": path,
                "problem": f"格式不正确（{hint or item['type']}）",
                "problem_en": item["msg"],
            }
        )
    return found


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this type only
    return error.response()


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return problem_response(422, "bad_request", text("problem.bad_request"), _field_errors(error))


async def _on_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = {404: "not_found", 401: "not_signed_in", 403: "not_allowed"}.get(
        error.status_code, "bad_request"
    )
    unreadable = text(
        "problem.body_unreadable"
    )  # FastAPI's only 400: nested too deep, or not what its header says
    errors = [{"field": "body", "problem": unreadable.zh, "problem_en": unreadable.en}]
    return problem_response(
        error.status_code,
        code,
        text(f"problem.{code}"),
        errors if error.status_code == 400 else None,
    )


async def unexpected(request: Request, error: Exception) -> Response:
    """503 while the store or the bus is away; else it is our fault, 500, and logged."""
    if is_away(error):
        return problem_response(503, "unavailable", text("problem.unavailable"), retry_after=1)
    log.error(
        "request failed",
        path=request.scope.get("route_path", ""),
        error=type(error).__name__,
        exc_info=error,
    )
    return problem_response(500, "unexpected", text("problem.unexpected"))


def is_away(error: BaseException) -> bool:
    """Whether a store or the bus is away or too slow, which passes: try again later."""
    import aiokafka.errors as kafka
    import pymongo.errors as mongo
    import redis.exceptions as redis

    passing = (
        mongo.ConnectionFailure,
        mongo.WTimeoutError,
        mongo.ExecutionTimeout,
        mongo.WriteConcernError,
        mongo.NetworkTimeout,
        mongo.WaitQueueTimeoutError,
        redis.ConnectionError,
        redis.TimeoutError,
        redis.BusyLoadingError,
        kafka.KafkaConnectionError,
        kafka.RequestTimedOutError,
        kafka.KafkaTimeoutError,
        kafka.NodeNotReadyError,
        ConnectionError,
        TimeoutError,
    )
    if isinstance(error, passing):
        return True
    if isinstance(error, RuntimeError):
        return _CLOSED in str(error)
    if isinstance(error, mongo.BulkWriteError):
        found = error.details or {}
        codes = {entry.get("code") for entry in found.get("writeErrors", ())}
        return bool(found.get("writeConcernErrors") or (codes and codes <= _PASSING_CODES))
    return isinstance(error, mongo.OperationFailure) and error.code in _PASSING_CODES


_CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"model": ProblemDocument, "description": words}
    for code, words in {
        "4XX": "What is wrong, and what would be right",
        "5XX": "Not done; try again after Retry-After",
    }.items()
}
"""For an application's `responses`."""


def openapi(app: FastAPI) -> dict[str, Any]:
    """The application's document; problems are told as what they are, whatever an operation answers
    else."""
    document = FastAPI.openapi(app)
    for operation in (
        operation for path in document["paths"].values() for operation in path.values()
    ):
        for code in RESPONSES:
            operation["responses"][code]["content"] = _CONTENT
    return document


def install(app: FastAPI) -> None:
    app.openapi = lambda: openapi(app)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, unexpected)
