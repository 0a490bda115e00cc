"""What leaves an outbox is what the AsyncAPI document promises, and what a reader of today and
tomorrow can take."""

import json
from datetime import UTC, datetime

import orjson
import pytest
from jsonschema import Draft202012Validator

from chassis.outbox.entries import outbox_entry
from contracts.envelope import Envelope, Event
from contracts.tools import asyncapi

AT = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
DOCUMENT = asyncapi.document()
each_event = pytest.mark.parametrize(
    "event", asyncapi.published(), ids=lambda event: event.__name__
)


@each_event
def test_what_the_outbox_holds_fits_the_asyncapi_document(event: type[Event]) -> None:
    fact = event.model_validate(event.example)
    entry = outbox_entry("things", "thing_1", 7, fact, AT, "")
    assert entry["topic"] in DOCUMENT["channels"]
    assert entry["key"] == str(getattr(fact, event.key))
    payload = DOCUMENT["components"]["messages"][event.__name__]["payload"]
    schema = {"components": DOCUMENT["components"], **payload}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        json.loads(entry["body"])
    )


@each_event
def test_a_reader_gets_back_what_was_published(event: type[Event]) -> None:
    fact = event.model_validate(event.example)
    entry = outbox_entry("things", "thing_1", 7, fact, AT, "")
    envelope = Envelope.model_validate_json(entry["body"])
    assert (envelope.id, envelope.seq, envelope.at) == ("things/thing_1/7", 7, AT)
    assert event.model_validate(envelope.data) == fact


@each_event
def test_what_the_outbox_holds_is_an_envelope_to_the_byte(event: type[Event]) -> None:
    fact = event.model_validate(event.example)
    for at in (AT, AT.replace(microsecond=120_000)):
        envelope = Envelope(
            id="things/thing_1/7",
            type=event.__name__,
            version=event.version,
            aggregate="thing_1",
            seq=7,
            at=at,
            data=fact.model_dump(mode="json"),
        )
        body = outbox_entry("things", "thing_1", 7, fact, at, "")["body"]
        assert body == orjson.dumps(envelope.model_dump(mode="json")).decode()


@each_event
def test_a_reader_ignores_what_a_later_publisher_adds(event: type[Event]) -> None:
    fact = event.model_validate(event.example)
    later = fact.model_dump(mode="json") | {"added_later": {"anything": [1, None]}}
    assert event.model_validate(later) == fact
