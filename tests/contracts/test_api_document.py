"""The API's description as a client wants it: valid, and the same idioms everywhere."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import aiopenapi3
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from deploy.gateway import openapi
from deploy.gateway.surface import JWKS
from tests.contracts.api_document import (
    ANSWERED,
    ASKED,
    DOCUMENT,
    OPERATIONS,
    SCHEMAS,
    Schema,
    answer_of,
    body_of,
    references,
    resolved,
)

TYPED = {"number"}
"""Typed in by people: any spelling of it is understood."""
NOT_LISTS = [
    f"GET {JWKS}",
    "GET /api/v1/client-settings",
    "GET /api/v1/figures/city",
    "GET /api/v1/figures/series",
]
"""One answer with several parts: settings, a picture of the city, a chart."""
SHORT = {"GET /api/v1/people", "GET /api/v1/duty/counts"}
"""Always one page: the people who were asked for, the districts."""


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
        and not {"pattern", "enum", "format"} & resolved(parameter["schema"]).keys()
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
        and not body_of(operation["requestBody"]).get("properties")
    ]
    assert empty == []


@pytest.mark.parametrize("name", sorted(ANSWERED))
def test_every_field_of_an_answer_is_there(name: str) -> None:
    fields = SCHEMAS[name].get("properties", {})
    assert fields.keys() - {*SCHEMAS[name].get("required", ())} == set(), "derive it from View"


def test_lists_have_one_shape() -> None:
    wrong: list[str] = []
    for where, operation in OPERATIONS.items():
        answer = answer_of(operation)
        fields = answer.get("properties", {})
        holds_objects = any(_holds_objects(field) for field in fields.values())
        is_list = where.startswith("GET ") and "{" not in where and "id" not in fields
        is_page = {"items", "next"} <= fields.keys()
        if answer.get("type") == "array" or (is_list and holds_objects and not is_page):
            wrong.append(f"{where}: {sorted(fields)}")
        taken = {parameter["name"] for parameter in operation.get("parameters", ())}
        if is_page and where not in SHORT and not {"cursor", "limit"} <= taken:
            wrong.append(f"{where}: takes no cursor and limit")
    assert [one.partition(":")[0] for one in wrong] == NOT_LISTS, "a list is a Page: items and next"


def _holds_objects(field: Schema) -> bool:
    return field.get("type") == "array" and "properties" in resolved(field["items"])


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
    """A client gets one type for each, by name. A named one may be a union with further values."""
    inline = [
        f"{name}: {values}"
        for name, schema in SCHEMAS.items()
        for values in _enums(schema.get("properties", {}))
    ]
    inline += [
        f"{where}: {values}"
        for where, operation in OPERATIONS.items()
        for values in _enums([operation.get("parameters", ()), operation.get("requestBody", {})])
    ]
    assert inline == [], "make it a TypeAliasType"
    named = Counter(tuple(s["enum"]) for s in SCHEMAS.values() if "enum" in s)
    assert [values for values, times in named.items() if times > 1] == [], "use the one name"


def _enums(node: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(node, dict):
        if len(node.get("enum", ())) > 1:
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
    assert [schema for schema in streams if not [*references(schema)]] == []


def test_who_may_ask_is_told_of_every_operation() -> None:
    assert [
        w for w, o in OPERATIONS.items() if ("x-roles" in o) == ({} in o.get("security", ()))
    ] == []


def test_what_a_reader_may_not_see_is_named() -> None:
    """Null alone would not tell what is hidden from what is not there."""
    silent = [
        name
        for name in sorted(ANSWERED)
        if re.search(r"\bnull (to|unless|for)\b", SCHEMAS[name].get("description", ""))
        and "hidden" not in SCHEMAS[name]["properties"]
    ]
    assert silent == [], "derive it from PartialView"
