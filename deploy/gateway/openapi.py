"""One description of the whole API from the services' own, as callers see it: by noun, without the
services' names.

`python -m deploy.gateway.openapi` writes `api/openapi.json` anew; a test compares it with what the
services say now.
"""

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI

from contracts.texts import text
from deploy.gateway import plan

OUT = Path(__file__).parents[2] / "api" / "openapi.json"
JWKS = "/.well-known/jwks.json"
_STREAM_NOUN = plan.STREAM.removeprefix(f"{plan.API}/")
_SECURITY = [{"bearer": list[str]()}]
Document = dict[str, Any]


class NotServed(ValueError):
    """A service offers a path that the gateway routes nowhere, or two services offer the same
    one."""


def applications() -> dict[plan.Service, FastAPI]:
    """The services' applications, imported but not started."""
    return {
        name: cast(FastAPI, import_module(f"services.{name}.main").app) for name in plan.SERVICES
    }


def merge(documents: Iterable[Document]) -> Document:
    """One OpenAPI document from several. Schemas of the same name but another content get a number
    behind it.

    Raises NotServed.
    """
    paths: Document = {}
    schemas: Document = {}
    for document in documents:
        own = document.get("components", {}).get("schemas", {})
        names = _names(own, schemas)
        schemas |= {names[name]: _renamed(schema, names) for name, schema in own.items()}
        for path, operations in document["paths"].items():
            noun = noun_of(path)
            if path in paths or noun is None:
                raise NotServed(path)
            paths[path] = {
                method: _operation(_renamed(operation, names), noun, method, path)
                for method, operation in operations.items()
            }
    return _frame(dict(sorted(paths.items())), dict(sorted(schemas.items())))


def noun_of(path: str) -> str | None:
    """The noun that a path belongs to; None if the gateway does not route it."""
    if path == JWKS:
        return "sessions"
    prefix, _, rest = path.removeprefix("/").partition("/v1/")
    noun = rest.split("/", 1)[0]
    return (
        noun if prefix == "api" and noun in {*(n.name for n in plan.NOUNS), _STREAM_NOUN} else None
    )


def exemption_of(method: str, path: str) -> plan.Exemption | None:
    """What the gateway lets through without a token on this path template; None where it demands
    one."""
    for exemption in plan.EXEMPTIONS:
        below = exemption.path.endswith("/") and path.startswith(exemption.path)
        if exemption.method == method.upper() and (path == exemption.path or below):
            return exemption
    return None


def _names(own: Mapping[str, Any], taken: Mapping[str, Any]) -> dict[str, str]:
    """A name for each schema: its own where that is free or means the same, else with a number."""
    names: dict[str, str] = {}
    for name, schema in own.items():
        candidate, number = name, 1
        while candidate in taken and taken[candidate] != schema:
            number += 1
            candidate = f"{name}{number}"
        names[name] = candidate
    return names


def _renamed(part: Any, names: Mapping[str, str]) -> Any:
    """The same with every reference to a schema by its new name."""
    if isinstance(part, dict):
        mapping = cast(Document, part)
        return {
            key: _reference(value, names) if key == "$ref" else _renamed(value, names)
            for key, value in mapping.items()
        }
    if isinstance(part, list):
        return [_renamed(item, names) for item in cast(list[Any], part)]
    return part


def _reference(value: str, names: Mapping[str, str]) -> str:
    head, _, name = value.rpartition("/")
    return f"{head}/{names.get(name, name)}"


def _operation(operation: Document, noun: str, method: str, path: str) -> Document:
    named = {**operation, "tags": [noun]}
    if path == plan.STREAM:
        named["parameters"] = [*operation.get("parameters", []), _stream_token()]
    exemption = exemption_of(method, path)
    if exemption is not None:
        named["security"] = [] if exemption.guard == "open" else [{}, *_SECURITY]
    return named


def _stream_token() -> Document:
    return {
        "name": "access_token",
        "in": "query",
        "required": False,
        "description": _both("gateway.stream_token"),
        "schema": {"type": "string"},
    }


def _frame(paths: Document, schemas: Document) -> Document:
    title, about, token = (
        text(f"gateway.{key}") for key in ("api_title", "api_about", "api_token")
    )
    nouns = [*(noun.name for noun in plan.NOUNS), _STREAM_NOUN]
    used = {
        tag
        for operations in paths.values()
        for operation in operations.values()
        for tag in operation["tags"]
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title.zh} | {title.en}",
            "version": "1",
            "description": f"{about.zh}\n\n{about.en}",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": _SECURITY,
        "tags": [
            {"name": noun, "description": _both(f"noun.{noun}")} for noun in nouns if noun in used
        ],
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


def _both(key: str) -> str:
    words = text(key)
    return f"{words.zh} | {words.en}"


def render() -> str:
    """The document of the services as they are now, as JSON text."""
    merged = merge(application.openapi() for application in applications().values())
    return json.dumps(merged, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    OUT.write_text(render(), encoding="utf-8")
    print(OUT)
