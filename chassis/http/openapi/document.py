"""A service's OpenAPI document as its clients need it. Everything is derived from the routes: who
may ask from the guard, the problems of an operation from what it takes and from `refuses(...)`."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from chassis.http.idempotency import cause_of, keyed_cause_of
from chassis.http.openapi.problems import (
    Problems,
    add_problem_schemas,
    add_problems,
    operations,
)
from chassis.http.openapi.schemas import SCHEMAS, Document, add_example, tidy
from chassis.http.plain_route import collections
from chassis.http.problems import status_of
from chassis.identity.guards import Guard, Open
from contracts.access import PERMISSIONS

BEARER = [{"bearer": list[str]()}]
_LOCATION = {
    "Location": {"description": "Path of what was created", "schema": {"type": "string"}},
}


def install(app: FastAPI) -> None:
    app.openapi = lambda: app.openapi_schema or openapi(app)


def openapi(app: FastAPI) -> Document:
    """The application's document."""
    document = FastAPI.openapi(app)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    located = collections(app)
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            operation = document["paths"].get(route.path, {}).get(method.lower())
            if operation is not None and route.dependant is not None:
                _describe(operation, [*_calls(route.dependant)], schemas)
                created = operation["responses"].get("201", {})
                if route.path in located and _has_id(created, schemas):
                    created["headers"] = _LOCATION
    tidy([*_parameters(document)])
    for _, _, operation in operations(document):
        add_example(operation, schemas)
    document["security"] = BEARER
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    add_problem_schemas(document)
    return document


def _parameters(document: Document) -> Iterator[Document]:
    for _, _, operation in operations(document):
        yield from operation.get("parameters", ())


def _describe(operation: Document, calls: Iterable[Any], schemas: Document) -> None:
    """`calls` are the dependencies of the route."""
    for parameter in operation.get("parameters", ()):
        _drop_null(parameter)
        _refer(parameter, schemas)
    responses: dict[str, Document] = operation["responses"]
    declared = [code for answer in responses.values() for code in answer.get("x-problems", ())]
    operation["responses"] = {s: r for s, r in responses.items() if int(s) < 400}
    found = _of_request(operation)
    for call in calls:
        _add(found, *_of_dependency(call, operation))
    _add(found, *declared)
    add_problems(operation, found)


def _of_request(operation: Document) -> Problems:
    """The problems that follow from the form of the request, and from the stores."""
    found: Problems = {422: {"bad_request"}}
    places = {(parameter["in"], parameter["name"]) for parameter in operation.get("parameters", ())}
    if any(place == "path" for place, _ in places):
        _add(found, "not_found")
    if ("query", "cursor") in places:
        _add(found, "cursor_invalid")
    if "requestBody" in operation:
        _add(found, "too_large", "too_slow")
        found[400] = {"bad_request"}
        if [*operation["requestBody"]["content"]] == ["application/json"]:
            found[415] = {"media_type"}
    _add(found, "unavailable")
    return found


def _of_dependency(call: Any, operation: Document) -> Iterator[str]:
    """The problems that a dependency may give. Adds to the operation who may ask."""
    if isinstance(call, Guard):
        operation["x-permission"] = call.permission
        operation["x-roles"] = sorted(PERMISSIONS[call.permission])
        yield from (
            "not_signed_in",
            "token_invalid",
            "session_ended",
            "not_allowed",
            "outside_area",
        )
    elif isinstance(call, Open):
        operation["security"] = [{}, *BEARER]
        yield from ("token_invalid", "session_ended")
    elif call in (cause_of, keyed_cause_of):
        yield from ("key_reused", "conflict")


def _add(problems: Problems, *codes: str) -> None:
    for code in codes:
        problems.setdefault(status_of(code), set()).add(code)


def _drop_null(parameter: Document) -> None:
    """A parameter is given or left out: it has no null, and `""` is how the code says left out."""
    schema = parameter["schema"]
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        del schema["anyOf"]
        parameter["schema"] = schema = options[0] | schema
    if schema.get("default", 0) in (None, ""):
        del schema["default"]


def _refer(parameter: Document, schemas: Document) -> None:
    """FastAPI drops the name of a type alias that is the whole annotation: refer to it again."""
    schema = parameter["schema"]
    named = (n for n, s in schemas.items() if "enum" in s and s["enum"] == schema.get("enum"))
    if name := next(named, None):
        parameter["schema"] = {"$ref": f"{SCHEMAS}/{name}"} | {
            key: value for key, value in schema.items() if key not in ("enum", "type")
        }


def _has_id(answer: Document, schemas: Document) -> bool:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    schema = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
    return schema.get("properties", {}).get("id", {}).get("type") == "string"


def _calls(dependant: Dependant) -> Iterator[Any]:
    for below in dependant.dependencies:
        yield below.call
        yield from _calls(below)
