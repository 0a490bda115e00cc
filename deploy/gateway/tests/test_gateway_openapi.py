"""The one description of the API: merged without loss; a name that means two things is refused."""

from typing import Any

import pytest

from contracts.texts import keys
from deploy.gateway import openapi
from deploy.gateway.openapi import Ambiguous, NotServed, merge, surface_of
from deploy.gateway.surface import Noun, OpenRoute, Stream, read

DOCUMENT = merge(openapi.documents())
OK = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}


def _service(
    path: str, schema: dict[str, Any] | None = None, method: str = "get", **operation: Any
) -> dict[str, Any]:
    """A service's document with one operation."""
    described = {"operationId": f"{method}{path}", "responses": OK} | operation
    return {
        "paths": {path: {method: described}},
        "components": {"schemas": {"Thing": schema or {}}},
    }


def test_schemas_of_one_name_have_one_content() -> None:
    text, number = {"type": "string"}, {"type": "number"}
    reports, inbox = _service("/api/v1/reports", text), _service("/api/v1/inbox", text)
    merged = merge({"incidents": reports, "notify": inbox})
    assert merged["components"]["schemas"]["Thing"] == text
    with pytest.raises(Ambiguous, match="schema Thing: differs between incidents and dispatch"):
        merge({"incidents": reports, "dispatch": _service("/api/v1/duty", number)})


def test_two_classes_of_one_name_in_a_service_are_refused() -> None:
    document = _service("/api/v1/duty")
    document["components"]["schemas"]["services__dispatch__duty__api__Thing"] = {}
    with pytest.raises(Ambiguous, match="dispatch has two classes of this name"):
        merge({"dispatch": document})


def test_two_operations_of_one_id_are_refused_by_both_names() -> None:
    found = {
        "incidents": _service("/api/v1/reports", operationId="list_things"),
        "dispatch": _service("/api/v1/duty", operationId="list_things"),
    }
    with pytest.raises(Ambiguous) as refused:
        merge(found)
    assert str(refused.value) == "operationId list_things: GET /api/v1/reports and GET /api/v1/duty"


def test_what_the_gateway_may_refuse_is_added() -> None:
    document = _service("/api/v1/duty", responses={**OK, "401": {"x-problems": ["token_invalid"]}})
    answers = merge({"dispatch": document})["paths"]["/api/v1/duty"]["get"]["responses"]
    assert {
        status: answer.get("$ref", "").rpartition("/")[2] for status, answer in answers.items()
    } == {
        "200": "",
        "400": "400.path_invalid",
        "401": "401.token_expired.token_invalid",
        "429": "429.too_many_requests",
        "504": "504.timed_out",
    }


def test_a_stream_takes_its_token_in_the_query_and_has_no_time_limit() -> None:
    stream = {"200": {"content": {"text/event-stream": {}}}}
    document = _service("/api/v1/stream", responses=stream)
    operation = merge({"notify": document})["paths"]["/api/v1/stream"]["get"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["access_token"]
    assert "504" not in operation["responses"]


def test_nouns_streams_and_what_is_open_come_from_the_documents() -> None:
    open_to_anyone: dict[str, Any] = {"security": [{}, {"bearer": []}]}
    stream = {"200": {"content": {"text/event-stream": {}}}}
    surface = surface_of(
        {
            "incidents": _service("/api/v1/follow-ups/{number}", **open_to_anyone),
            "dispatch": _service("/api/v1/duty/me"),
            "notify": _service("/api/v1/stream", responses=stream),
        }
    )
    assert surface.nouns == (Noun("duty", "dispatch"), Noun("follow-ups", "incidents"))
    assert surface.streams == (Stream("/api/v1/stream", "notify"),)
    assert surface.open == (OpenRoute("GET", "/api/v1/follow-ups/{number}"),)
    assert surface.open[0].regex == "/api/v1/follow-ups/[^/]+"


@pytest.mark.parametrize("path", ["/health", "/api/v2/reports", "/metrics", "/api/v1"])
def test_what_the_gateway_does_not_route_is_an_error(path: str) -> None:
    with pytest.raises(NotServed):
        merge({"dispatch": _service(path)})


def test_one_noun_has_one_service() -> None:
    with pytest.raises(NotServed):
        merge({"dispatch": _service("/api/v1/duty"), "notify": _service("/api/v1/duty/me")})


def test_every_noun_is_described_in_both_languages() -> None:
    offered = read()
    assert {f"noun.{part.name}" for part in (*offered.nouns, *offered.streams)} <= keys()


def test_no_service_is_named() -> None:
    written = openapi.as_json(DOCUMENT)
    assert not [name for name in ("registration", "dispatch") if f"services.{name}" in written]
