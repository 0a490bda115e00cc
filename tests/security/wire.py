"""Fuzzed requests from the OpenAPI documents, and what an answer has to be."""

import copy
from functools import cache, partial
from typing import Any

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
from tests.security.people import Person
from tests.security.town import Town, picture

STREAM = "/api/v1/stream"
"""Never ends: looked at by how it begins."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Operation = APIOperation[Any, Any, Any, Any]
Case = AnyCase[Any]


@cache
def strict() -> Any:
    """The API's document, with nothing allowed in an answer that it does not name."""
    document = copy.deepcopy(openapi.merge(openapi.documents()))
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return schemathesis.openapi.from_dict(document)


def operations() -> list[Operation]:
    """All of all services, as the gateway offers them."""
    return [found.ok() for found in strict().get_all_operations()]


def takes_anything(operation: Operation) -> bool:
    """Whether there is something to get wrong."""
    raw = operation.definition.raw
    named = [p for p in raw.get("parameters", []) if p["in"] != "header"]
    return bool(named) or "application/json" in raw.get("requestBody", {}).get("content", {})


@st.composite
def cases(draw: st.DrawFn, operation: Operation, town: Town) -> Case:
    """By the document; every other time with real things where ids and places belong, and now and
    then against it."""
    against = takes_anything(operation) and draw(st.integers(0, 4)) == 0
    case = draw(
        operation.as_strategy(GenerationMode.NEGATIVE if against else GenerationMode.POSITIVE)
    )
    if not against and draw(st.integers(0, 2)):
        _settle(case, town, partial(_draw, draw))
    return case


def _draw(draw: st.DrawFn, things: list[Any]) -> Any:
    return draw(st.sampled_from(things))


def _settle(case: Case, town: Town, choose: Any) -> None:
    noun = case.operation.path.removeprefix("/api/v1/").split("/")[0]
    for container in (case.path_parameters, case.query):
        for name in list(container or {}):
            if things := town.real(noun, name):
                container[name] = choose(things)
    if isinstance(case.body, dict | list):
        case.body = town.settle(case.body, choose)
    elif isinstance(case.body, bytes):
        case.body = picture()


def ask(case: Case, who: Person, session: requests.Session, url: str) -> requests.Response:
    """The answer, of a stream its beginning; fails unless it is one that the document tells."""
    request = case.as_transport_kwargs(base_url=url, headers=who.headers)
    with session.request(**request, timeout=15, stream=True) as answer:
        if case.operation.path == STREAM and answer.status_code == 200:
            assert answer.headers["content-type"].startswith("text/event-stream")
            return answer
        case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400:
        assert answer.json()["status"] == answer.status_code
    return answer
