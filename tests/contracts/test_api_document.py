"""The API's description as a client wants it: valid, and the same idioms everywhere."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import aiopenapi3
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from chassis.http.openapi.problems import operations
from deploy.gateway import openapi
from deploy.gateway.surface import JWKS

Schema = dict[str, Any]
DOCUMENT: dict[str, Any] = openapi.merge(openapi.documents())
SCHEMAS: dict[str, Schema] = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    f"{method.upper()} {path}": operation for method, path, operation in operations(DOCUMENT)
}


TYPED = {"number"}
"""Typed in by people: any spelling of it is understood."""
SHORT = {
    "GET /api/v1/categories",
    "GET /api/v1/places",
    "GET /api/v1/dev/messages",
    "GET /api/v1/people",
}
"""Always one page: the vocabulary, the streets around a point, the last few messages, the people
who were asked for."""


def _name(schema: Schema) -> str:
    return schema.get("$ref", "").rpartition("/")[2]


def _resolved(schema: Schema) -> Schema:
    return SCHEMAS.get(_name(schema), schema)


def _body(content: dict[str, Any]) -> Schema:
    return _resolved(content.get("content", {}).get("application/json", {}).get("schema", {}))


def _answer(operation: dict[str, Any]) -> Schema:
    """What it answers with when all is well."""
    return next((_body(a) for s, a in operation["responses"].items() if s < "300"), {})


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield _name(node)
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def _reached(nodes: list[Any]) -> set[str]:
    """The schemas that these nodes use, and all that those use."""
    found: set[str] = set()
    pending = [name for node in nodes for name in _references(node)]
    while pending:
        name = pending.pop()
        if name in SCHEMAS and name not in found:
            found.add(name)
            pending.extend(_references(SCHEMAS[name]))
    return found


ASKED = _reached([operation.get("requestBody", {}) for operation in OPERATIONS.values()])
ANSWERED = _reached(
    [
        answer
        for operation in OPERATIONS.values()
        for status, answer in operation["responses"].items()
        if status < "300"
    ]
)


def test_it_is_a_valid_openapi_document() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_a_client_can_be_made_from_it() -> None:
    """By a second validator with object models of its own: it resolves every reference, and makes
    a model of each schema."""
    client = aiopenapi3.OpenAPI.loads("http://localhost/openapi.json", json.dumps(DOCUMENT))
    assert {operation["operationId"] for operation in OPERATIONS.values()} == {*client._}


def test_operations_are_called_by_verb_phrases() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert [id for id in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)+", id)] == []


def test_schemas_have_plain_names() -> None:
    assert [name for name in SCHEMAS if not re.fullmatch(r"[A-Z][A-Za-z]*", name)] == []


def test_ids_in_paths_have_a_form() -> None:
    shapeless = [
        f"{where}: {parameter['name']}"
        for where, operation in OPERATIONS.items()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "path"
        and parameter["name"] not in TYPED
        and not {"pattern", "enum", "format"} & _resolved(parameter["schema"]).keys()
    ]
    assert shapeless == [], "use chassis.http.schemas.id_path"


def test_no_parameter_is_null_and_none_is_declared_twice() -> None:
    wrong = [
        where
        for where, operation in OPERATIONS.items()
        if "null" in json.dumps([p["schema"] for p in operation.get("parameters", ())])
        or max(
            Counter((p["in"], p["name"]) for p in operation.get("parameters", ())).values() or [1]
        )
        > 1
    ]
    assert wrong == []


def test_no_body_where_nothing_is_asked() -> None:
    empty = [
        where
        for where, operation in OPERATIONS.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
        and not _body(operation["requestBody"]).get("properties")
    ]
    assert empty == []


@pytest.mark.parametrize("name", sorted(ANSWERED))
def test_every_field_of_an_answer_is_there(name: str) -> None:
    fields = SCHEMAS[name].get("properties", {})
    assert fields.keys() - {*SCHEMAS[name].get("required", ())} == set(), "derive it from View"


def test_lists_have_one_shape() -> None:
    wrong: list[str] = []
    for where, operation in OPERATIONS.items():
        answer = _answer(operation)
        fields = answer.get("properties", {})
        holds_objects = any(_holds_objects(field) for field in fields.values())
        is_list = where.startswith("GET ") and "{" not in where and "id" not in fields
        is_page = {"items", "next"} <= fields.keys()
        if answer.get("type") == "array" or (is_list and holds_objects and not is_page):
            wrong.append(f"{where}: {sorted(fields)}")
        taken = {parameter["name"] for parameter in operation.get("parameters", ())}
        if is_page and where not in SHORT and not {"cursor", "limit"} <= taken:
            wrong.append(f"{where}: takes no cursor and limit")
    assert wrong == [f"GET {JWKS}: ['keys']"], "a list is a Page: items and next"


def _holds_objects(field: Schema) -> bool:
    return field.get("type") == "array" and "properties" in _resolved(field["items"])


def test_required_texts_of_requests_have_examples() -> None:
    without = [
        f"{name}.{field}"
        for name in sorted(ASKED)
        for field, schema in SCHEMAS[name].get("properties", {}).items()
        if field in SCHEMAS[name].get("required", ())
        and schema.get("type") == "string"
        and not {"enum", "const", "examples", "format"} & schema.keys()
    ]
    assert without == [], "Field(examples=[...])"


def test_enumerations_are_named_once() -> None:
    """What stands in two places has a name of its own."""
    inline: Counter[tuple[str, ...]] = Counter()
    for name, schema in SCHEMAS.items():
        inline.update(_enums(schema.get("properties", {})))
        if "enum" in schema:
            inline[tuple(map(str, schema["enum"]))] += 1
        assert name
    inline.update(
        found for operation in OPERATIONS.values() for found in _enums(operation.get("parameters"))
    )
    assert [values for values, times in inline.items() if times > 1 and len(values) > 1] == [], (
        "make it a TypeAliasType"
    )


def _enums(node: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            yield tuple(map(str, node["enum"]))
        for value in node.values():
            yield from _enums(value)
    elif isinstance(node, list):
        for item in node:
            yield from _enums(item)


def test_events_of_a_stream_are_typed() -> None:
    streams = [
        content["schema"]
        for operation in OPERATIONS.values()
        for type, content in operation["responses"].get("200", {}).get("content", {}).items()
        if type == openapi.SSE
    ]
    assert streams
    assert [schema for schema in streams if not [*_references(schema)]] == []


def test_who_may_ask_is_told_of_every_operation() -> None:
    assert [
        w for w, o in OPERATIONS.items() if ("x-roles" in o) == ({} in o.get("security", ()))
    ] == []
