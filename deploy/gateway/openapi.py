"""One description of the whole API from the services' own, as callers see it: by noun, without the
services' names."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from fastapi import FastAPI

from chassis.http.openapi.document import BEARER
from chassis.http.openapi.problems import (
    PROBLEM_TYPE,
    Problems,
    add_problem_schemas,
    add_problems,
    both,
    operations,
)
from chassis.http.openapi.schemas import Document
from contracts.texts import text
from deploy.gateway import plan
from deploy.gateway.surface import JWKS, Noun, OpenRoute, Stream, Surface, noun_of

OUT = Path(__file__).parents[2] / "api" / "openapi.json"
SSE = "text/event-stream"
Documents = Mapping[str, Document]
"""Service -> its OpenAPI document."""


class NotServed(ValueError):
    """A service offers a path that is below no noun, or two services offer the same noun."""


class Ambiguous(ValueError):
    """Two operations have one id, or two schemas of different content one name."""


@cache
def documents() -> Documents:
    """The services' own documents; imports the services, starts nothing."""
    applications = {name: import_module(f"services.{name}.main").app for name in plan.SERVICES}
    return {name: cast(FastAPI, app).openapi() for name, app in applications.items()}


def conflicts(found: Documents) -> Iterator[str]:
    """Each name that stands for two things, with both."""
    ids: dict[str, list[str]] = defaultdict(list)
    owners: dict[str, str] = {}
    for service, document in found.items():
        for method, path, operation in operations(document):
            ids[operation["operationId"]].append(f"{method.upper()} {path}")
        for name, schema in _schemas(document).items():
            owner = owners.setdefault(name, service)
            if _schemas(found[owner])[name] != schema:
                yield f"schema {name}: differs between {owner} and {service}"
            if "__" in name:
                yield f"schema {name}: {service} has two classes of this name"
    yield from (f"operationId {id}: {' and '.join(of)}" for id, of in ids.items() if len(of) > 1)


def _schemas(document: Document) -> Document:
    return {k: v for k, v in document["components"]["schemas"].items() if k != PROBLEM_TYPE}


def merge(found: Documents) -> Document:
    """One OpenAPI document from several.

    Raises NotServed, Ambiguous.
    """
    surface_of(found)
    if ambiguous := [*conflicts(found)]:
        raise Ambiguous("\n".join(ambiguous))
    paths: Document = {}
    schemas: Document = {}
    for document in found.values():
        schemas |= _schemas(document)
        for path, item in document["paths"].items():
            paths[path] = {method: _operation(path, item[method]) for method in item}
    merged = _frame(dict(sorted(paths.items())), schemas)
    add_problem_schemas(merged)
    _share_problems(merged)
    return merged


def _share_problems(document: Document) -> None:
    """Defines each answer with problems once: `422.bad_request.cursor_invalid`."""
    shared: Document = {}
    for _, _, operation in operations(document):
        for status, answer in operation["responses"].items():
            if codes := answer.get("x-problems"):
                name = ".".join((status, *codes))
                shared[name] = answer
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    document["components"]["responses"] = dict(sorted(shared.items()))


def surface_of(found: Documents) -> Surface:
    """Raises NotServed."""
    services: dict[str, str] = {}
    plain: set[str] = set()
    streams: list[Stream] = []
    open_routes: list[OpenRoute] = []
    for service, document in found.items():
        for method, path, operation in operations(document):
            if path == JWKS:
                continue
            noun = noun_of(path)
            if noun is None or services.setdefault(noun, service) != service:
                raise NotServed(f"{service}: {path}")
            if _is_stream(operation):
                streams.append(Stream(path, service))
            else:
                plain.add(noun)
            if {} in operation.get("security", ()):
                open_routes.append(OpenRoute(method.upper(), path))
    return Surface(
        tuple(Noun(name, service) for name, service in sorted(services.items()) if name in plain),
        tuple(streams),
        tuple(sorted(open_routes, key=lambda route: (route.path, route.method))),
    )


def _is_stream(operation: Document) -> bool:
    return SSE in operation["responses"].get("200", {}).get("content", {})


def _operation(path: str, own: Document) -> Document:
    """The operation as it is behind the gateway, which may refuse it too."""
    operation = own | {"tags": [noun_of(path)], "responses": {**own["responses"]}}
    problems: Problems = {400: {"path_invalid"}, 429: {"too_many_requests"}}
    if "401" in own["responses"]:
        problems[401] = {"token_expired"}
    if _is_stream(own):
        operation["parameters"] = [*own.get("parameters", ()), _stream_token()]
    else:
        problems[504] = {"timed_out"}
    add_problems(operation, problems)
    return operation


def _stream_token() -> Document:
    return {
        "name": "access_token",
        "in": "query",
        "required": False,
        "description": both("gateway.stream_token"),
        "schema": {"type": "string"},
    }


def _frame(paths: Document, schemas: Document) -> Document:
    title, about, token = (
        text(f"gateway.{key}") for key in ("api_title", "api_about", "api_token")
    )
    used = sorted({str(noun_of(path)) for path in paths})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title.zh} | {title.en}",
            "version": "1",
            "description": f"{about.zh}\n\n{about.en}",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": BEARER,
        "tags": [{"name": noun, "description": both(f"noun.{noun}")} for noun in used],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": f"{token.zh}\n\n{token.en}",
                }
            },
        },
    }


def as_json(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
