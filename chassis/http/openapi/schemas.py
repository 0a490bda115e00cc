"""Schemas as people and generators of clients read them: nothing said twice, and an example of each
request."""

from collections.abc import Iterator
from typing import Any, cast

Document = dict[str, Any]
SCHEMAS = "#/components/schemas"
_VALUES = frozenset({"const", "default", "enum", "example", "examples"})
"""Keys below which stand values, not schemas."""
_ABOUT = "2026-03-01T08:00:00Z"


def tidy(node: Any) -> None:
    """In place: without the titles that repeat a field's name, and with whole numbers as bounds of
    whole numbers."""
    if isinstance(node, list):
        for item in cast(list[Any], node):
            tidy(item)
    elif isinstance(node, dict):
        schema = cast(Document, node)
        if isinstance(schema.get("title"), str):  # else a field of this name
            del schema["title"]
        for key, value in schema.items():
            if isinstance(value, float) and schema.get("type") == "integer":
                schema[key] = int(value)
            elif key not in _VALUES:
                tidy(value)


def add_example(operation: Document, schemas: Document) -> None:
    """An example of the JSON body, from those of its fields."""
    content = operation.get("requestBody", {}).get("content", {})
    if body := content.get("application/json"):
        body["example"] = _example(body["schema"], schemas)


def _example(schema: Document, schemas: Document) -> Any:
    for known in _known(schema):
        return known
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].removeprefix(f"{SCHEMAS}/")], schemas)
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if options:
        return _example(options[0], schemas)
    kind = schema["type"]
    if kind == "object":
        return {name: _example(field, schemas) for name, field in _shown(schema)}
    if kind == "array":
        return [_example(schema["items"], schemas)]
    plain = {"boolean": True, "integer": schema.get("minimum", 1), "number": 1.0}
    return plain.get(kind, _ABOUT)


def _known(schema: Document) -> Iterator[Any]:
    """Values that the schema itself names."""
    yield from schema.get("examples", ())[:1]
    if "const" in schema:
        yield schema["const"]
    yield from schema.get("enum", ())[:1]


def _shown(schema: Document) -> Iterator[tuple[str, Document]]:
    """The fields that a caller has to give, and those that say by an example what they may."""
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        if name in required or "examples" in field:
            yield name, field
