"""The AsyncAPI document: whole, the same each time, and true to its own schemas."""

from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema import Draft202012Validator

from contracts.envelope import Event
from contracts.tools import asyncapi
from contracts.topics import TOPICS, dead, state

DOCUMENT: dict[str, Any] = asyncapi.document()
EVENTS = asyncapi.published()


def _follow(reference: str) -> Any:
    node: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []


def test_it_is_the_same_each_time_and_reads_back() -> None:
    assert asyncapi.rendered() == asyncapi.rendered()
    assert yaml.safe_load(asyncapi.rendered()) == DOCUMENT


def test_every_topic_is_there_with_its_dead_letters() -> None:
    assert [name for name in DOCUMENT["channels"] if not name.endswith(state(""))] == [
        name for topic in TOPICS for name in (topic, dead(topic))
    ]


def test_every_event_that_is_state_is_on_the_snapshot_topic() -> None:
    states = {event.__name__: state(event.topic) for event in EVENTS if event.state}
    assert states["GrantsChanged"] == "registration.events.state"
    channels = {name: c for name, c in DOCUMENT["channels"].items() if name.endswith(state(""))}
    assert {event: name for name, c in channels.items() for event in c["messages"]} == states


def test_every_reference_leads_somewhere() -> None:
    assert all(_follow(reference) is not None for reference in _references(DOCUMENT))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_stands_on_its_topic_and_its_example_fits_the_schema(
    event: type[Event],
) -> None:
    message = _follow(DOCUMENT["channels"][event.topic]["messages"][event.__name__]["$ref"])
    assert f"`data.{event.key}`" in message["bindings"]["kafka"]["key"]["description"]
    schema = {"components": DOCUMENT["components"], **message["payload"]}
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for shown in message["examples"]:
        checker.validate(shown["payload"])


def test_a_message_of_another_type_does_not_fit_the_schema() -> None:
    filed, routed = (
        DOCUMENT["components"]["messages"][name] for name in ("ReportFiled", "ReportRouted")
    )
    schema = {"components": DOCUMENT["components"], **filed["payload"]}
    with pytest.raises(jsonschema.ValidationError):
        Draft202012Validator(schema).validate(routed["examples"][0]["payload"])
