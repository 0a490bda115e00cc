"""How a domain's no reaches who asked: 422 when a field is wrong, 409 when it is the wrong
moment."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from chassis.problem import Problem
from contracts.texts import Text, text
from services.incidents.refusal import Refusal


def problem_of(refusal: Refusal) -> Problem:
    values: dict[str, Any] = dict(refusal.values)
    fields: dict[str, str | Text] = (
        {refusal.field: f"problem.{refusal.code}"} if refusal.field else {}
    )
    problem = Problem(422 if refusal.field else 409, refusal.code, fields=fields, **values)
    if state := values.get("state"):
        name = text(f"state.{state}")
        key = f"problem.{refusal.code}"
        problem.title = Text(text(key, state=name.zh).zh, text(key, state=name.en).en)
    return problem


async def _on_refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for this type only
    return problem_of(error).response()


def install(app: FastAPI) -> None:
    app.add_exception_handler(Refusal, _on_refusal)
