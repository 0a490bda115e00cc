"""Fuzzed requests from the OpenAPI documents, and the checks of their answers."""

import copy
from functools import cache, partial
from typing import Any, NamedTuple

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case as AnyCase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deploy.gateway import openapi
from tests.security.callout_under_way import png
from tests.security.fuzz_values import FuzzValues
from tests.support.client import STREAM

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Operation = APIOperation[Any, Any, Any, Any]
Case = AnyCase[Any]


class Caller(NamedTuple):
    role: str
    headers: dict[str, str]


@cache
def strict() -> Any:
    """The API's document; answers may have no fields that it does not name."""
    document = copy.deepcopy(openapi.merge(openapi.documents()))
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return schemathesis.openapi.from_dict(document)


def operations() -> list[Operation]:
    """Of all services, as the gateway offers them."""
    return [found.ok() for found in strict().get_all_operations()]


def has_input(operation: Operation) -> bool:
    """Whether there is anything to get wrong."""
    raw = operation.definition.raw
    named = [p for p in raw.get("parameters", []) if p["in"] != "header"]
    return bool(named) or "application/json" in raw.get("requestBody", {}).get("content", {})


@st.composite
def cases(draw: st.DrawFn, operation: Operation, values: FuzzValues) -> Case:
    """One in five violates the document; two thirds of the others have real ids and places."""
    invalid = has_input(operation) and draw(st.integers(0, 4)) == 0
    mode = GenerationMode.NEGATIVE if invalid else GenerationMode.POSITIVE
    case = draw(operation.as_strategy(mode))
    if not invalid and draw(st.integers(0, 2)):
        _fill(case, values, partial(_draw, draw))
    return case


def _draw(draw: st.DrawFn, values: list[Any]) -> Any:
    return draw(st.sampled_from(values))


def _fill(case: Case, values: FuzzValues, choose: Any) -> None:
    noun = case.operation.path.removeprefix("/api/v1/").split("/")[0]
    for container in (case.path_parameters, case.query):
        for name in list(container or {}):
            if found := values.of(noun, name):
                container[name] = choose(found)
    if isinstance(case.body, dict | list):
        case.body = values.fill(case.body, choose)
    elif isinstance(case.body, bytes):
        case.body = png()


def send(case: Case, caller: Caller, session: requests.Session, url: str) -> int:
    """The status; fails unless the answer is one that the document describes."""
    request = case.as_transport_kwargs(base_url=url, headers=caller.headers)
    with session.request(**request, timeout=15, stream=True) as answer:
        # It never ends: only its beginning is checked.
        if case.operation.path == STREAM and answer.status_code == 200:
            assert answer.headers["content-type"].startswith("text/event-stream")
            return answer.status_code
        case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400:
        assert answer.json()["status"] == answer.status_code, caller.role
    return answer.status_code
