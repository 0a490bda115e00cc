"""The API's document as the gateway serves it, for the tests that hold its rules."""

from collections.abc import Iterator
from typing import Any

from chassis.http.openapi.problems import operations
from deploy.gateway import openapi

Schema = dict[str, Any]
DOCUMENT: dict[str, Any] = openapi.merge(openapi.documents())
SCHEMAS: dict[str, Schema] = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    f"{method.upper()} {path}": operation for method, path, operation in operations(DOCUMENT)
}


def name_of(schema: Schema) -> str:
    return schema.get("$ref", "").rpartition("/")[2]


def resolved(schema: Schema) -> Schema:
    return SCHEMAS.get(name_of(schema), schema)


def body_of(content: dict[str, Any]) -> Schema:
    return resolved(content.get("content", {}).get("application/json", {}).get("schema", {}))


def answer_of(operation: dict[str, Any]) -> Schema:
    """What it answers with when all is well."""
    return next((body_of(a) for s, a in operation["responses"].items() if s < "300"), {})


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield name_of(node)
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def reached(nodes: list[Any]) -> set[str]:
    """The schemas that these nodes use, and all that those use."""
    found: set[str] = set()
    pending = [name for node in nodes for name in references(node)]
    while pending:
        name = pending.pop()
        if name in SCHEMAS and name not in found:
            found.add(name)
            pending.extend(references(SCHEMAS[name]))
    return found


ASKED = reached([operation.get("requestBody", {}) for operation in OPERATIONS.values()])
ANSWERED = reached(
    [
        answer
        for operation in OPERATIONS.values()
        for status, answer in operation["responses"].items()
        if status < "300"
    ]
)
