"""Ids and codes in the API's document: each kind has one form, by name, and a field that is called
after a noun holds one of its ids."""

import re
from typing import Any

import pytest

from contracts import ids
from tests.contracts.api_document import ANSWERED, OPERATIONS, SCHEMAS, resolved

NAMED = {
    **{key: {"AccountId"} for key in ("account", "volunteer", "leader", "recipient", "holder")},
    **{key: {"AccountId", "ActorId"} for key in ("by", "decided_by", "confirmed_by")},
    "report": {"ReportId"},
    "callout": {"CalloutId"},
    "station": {"StationId"},
    "squad": {"SquadId"},
    "message": {"MessageId"},
    "photo": {"PhotoId"},
    "area": {"AreaCode"},
    "district": {"AreaCode"},
    "community": {"CommunityCode"},
}
"""A field of an answer -> what it may be, where it is a text at all."""
UNSHAPED = {
    *("phone", "number", "X-Dev-Key", "access_token", "cursor", "q"),
    *("x-requested-by", "__Secure-quancheng-refresh"),
}
"""Parameters that are typed by people, secret, or only passed on."""


def _options(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]


def _is_text(schema: dict[str, Any]) -> bool:
    found = [resolved(one) for one in _options(schema)]
    return all(one.get("type") == "string" and "enum" not in one for one in found)


def _kinds(schema: dict[str, Any]) -> set[str]:
    return {one.get("$ref", "").rpartition("/")[2] for one in _options(schema)}


def test_a_field_named_after_a_noun_holds_an_id_of_its_kind() -> None:
    loose = [
        f"{name}.{field}"
        for name in sorted(ANSWERED)
        for field, schema in SCHEMAS[name].get("properties", {}).items()
        if field in NAMED and _is_text(schema) and not _kinds(schema) <= NAMED[field]
    ]
    assert loose == [], "`station: ids.StationId`, from contracts import ids"


def test_the_id_of_an_answer_has_a_form() -> None:
    loose = [
        name
        for name in sorted(ANSWERED - {"StreamEvent"})  # its id is a position
        for schema in [SCHEMAS[name].get("properties", {}).get("id")]
        if schema and not {"pattern", "anyOf"} & resolved(schema).keys()
    ]
    assert loose == [], "`id: ids.ReportId`, from contracts import ids"


def test_texts_in_paths_and_queries_have_a_form() -> None:
    loose = [
        f"{where}: {parameter['name']}"
        for where, operation in OPERATIONS.items()
        for parameter in operation.get("parameters", ())
        if parameter["name"] not in UNSHAPED
        and (schema := resolved(parameter["schema"])).get("type") == "string"
        and not {"pattern", "enum", "format", "const"} & schema.keys()
    ]
    assert loose == [], "use id_path or id_query"


KINDS = {name: SCHEMAS[name] for name in vars(ids) if name in SCHEMAS and name != "ActorId"}


@pytest.mark.parametrize("name", KINDS)
def test_an_example_of_an_id_has_its_form(name: str) -> None:
    assert re.fullmatch(KINDS[name]["pattern"], KINDS[name]["examples"][0])


def test_every_kind_of_id_is_in_the_document() -> None:
    kinds = {name for name in vars(ids) if re.fullmatch(r"[A-Z]\w+(Id|Code)", name)}
    assert kinds - SCHEMAS.keys() == set()
