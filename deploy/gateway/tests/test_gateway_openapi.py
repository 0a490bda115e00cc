"""The one description of the API: merged without loss, and as the services are now."""

from typing import Any

import pytest

from chassis.identity.guards import Guard, Open
from contracts.texts import keys
from deploy.gateway import openapi, plan
from deploy.gateway.openapi import NotServed, merge


def _document(path: str, schema: dict[str, Any], method: str = "get") -> dict[str, Any]:
    answer = {
        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    }
    return {
        "paths": {path: {method: {"responses": answer}}},
        "components": {"schemas": {"Thing": schema}},
    }


def _reference(document: dict[str, Any], path: str) -> str:
    return document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]["$ref"]


def test_schemas_of_one_name_stay_apart_unless_they_mean_the_same() -> None:
    text, number = {"type": "string"}, {"type": "number"}
    merged = merge(
        [
            _document("/api/v1/reports", text),
            _document("/api/v1/duty", number),
            _document("/api/v1/inbox", text),
        ]
    )
    assert merged["components"]["schemas"] == {"Thing": text, "Thing2": number}
    assert (
        _reference(merged, "/api/v1/reports")
        == _reference(merged, "/api/v1/inbox")
        == "#/components/schemas/Thing"
    )
    assert _reference(merged, "/api/v1/duty") == "#/components/schemas/Thing2"


def test_each_operation_says_whether_it_needs_a_token() -> None:
    merged = merge(
        [
            _document("/api/v1/duty", {}),
            _document("/api/v1/categories", {}),
            _document("/api/v1/reports", {}, "post"),
        ]
    )
    assert merged["security"] == [{"bearer": []}]
    assert "security" not in merged["paths"]["/api/v1/duty"]["get"]
    assert merged["paths"]["/api/v1/categories"]["get"]["security"] == []
    assert merged["paths"]["/api/v1/reports"]["post"]["security"] == [{}, {"bearer": []}]


@pytest.mark.parametrize("path", ["/health", "/api/v1/nothing", "/api/v2/reports", "/metrics"])
def test_what_the_gateway_does_not_route_is_an_error(path: str) -> None:
    with pytest.raises(NotServed):
        merge([_document(path, {})])


def test_one_path_has_one_service() -> None:
    with pytest.raises(NotServed):
        merge([_document("/api/v1/duty", {}), _document("/api/v1/duty", {})])


def test_every_noun_is_described_in_both_languages() -> None:
    assert {f"noun.{noun.name}" for noun in plan.NOUNS} | {"noun.stream"} <= keys()


def test_the_checked_in_document_is_what_the_services_say() -> None:
    assert openapi.OUT.read_text("utf-8") == openapi.render(), (
        "run: python -m deploy.gateway.openapi"
    )


def test_the_stream_takes_one_token_in_its_address() -> None:
    merged = merge(application.openapi() for application in openapi.applications().values())
    parameters = merged["paths"][plan.STREAM]["get"]["parameters"]
    assert [p["in"] for p in parameters if p["name"] == "access_token"] == ["query"]


def test_no_service_is_named() -> None:
    document = openapi.OUT.read_text("utf-8")
    assert not [name for name in ("registration", "dispatch") if f"services.{name}" in document]


def _guards(route: Any) -> list[Any]:
    found: list[Any] = []
    pending = list(route.dependant.dependencies)
    while pending:
        dependency = pending.pop()
        pending.extend(dependency.dependencies)
        if isinstance(dependency.call, Guard | Open):
            found.append(dependency.call)
    return found


def test_gateway_and_services_agree_on_what_is_open() -> None:
    disagreeing: list[str] = []
    for application in openapi.applications().values():
        for route in application.routes:
            path = getattr(route, "path", "")
            if not path.startswith(plan.API):
                continue
            for method in getattr(route, "methods", set[str]()) - {"HEAD"}:
                exempt = openapi.exemption_of(method, path)
                is_open = any(isinstance(guard, Open) for guard in _guards(route))
                if is_open and exempt is None:
                    disagreeing.append(f"{method} {path}")
    assert not disagreeing, "open in the service, but the gateway demands a token"
