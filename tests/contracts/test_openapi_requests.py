"""Requests in the API's document: an example of each that the service itself takes."""

from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from openapi_schema_validator import OAS31Validator

from tests.architecture.tree import SERVICES
from tests.contracts.api_document import DOCUMENT, OPERATIONS, resolved
from tests.support.routes import app

JSON = "application/json"
BODIES = {
    where: operation["requestBody"]["content"][JSON]
    for where, operation in OPERATIONS.items()
    if JSON in operation.get("requestBody", {}).get("content", {})
}


def _models() -> dict[str, Any]:
    """`POST /api/v1/reports` -> the field that reads its body."""
    return {
        f"{method} {route.path}": route.body_field
        for service in SERVICES
        for route in iter_route_contexts(app(service).routes)
        if getattr(route, "body_field", None)
        for method in route.methods or ()
    }


MODELS = _models()


def _may_be_null(where: str) -> list[str]:
    schema = resolved(BODIES[where]["schema"])
    fields = schema.get("properties", {}).items()
    return [name for name, field in fields if {"type": "null"} in field.get("anyOf", ())]


@pytest.mark.parametrize("where", sorted(BODIES))
def test_each_body_has_an_example_that_is_right(where: str) -> None:
    example = BODIES[where]["example"]
    assert example, "Field(examples=[...])"
    schema = BODIES[where]["schema"] | {"components": DOCUMENT["components"]}
    assert [error.message for error in OAS31Validator(schema).iter_errors(example)] == []
    _, wrong = MODELS[where].validate(example, loc=("body",))
    assert not wrong


@pytest.mark.parametrize("where", sorted(filter(_may_be_null, BODIES)))
def test_a_field_that_may_be_null_is_taken_as_null(where: str) -> None:
    """An optional text with a rule of its own was an internal error when it was null."""
    for name in _may_be_null(where):
        body = BODIES[where]["example"] | {name: None}
        _, wrong = MODELS[where].validate(body, loc=("body",))
        assert [error for error in wrong or () if name in error["loc"]] == []
