"""Which records are read, by which handlers, in which lane. No broker."""

from typing import ClassVar

import pytest

from chassis.domain import Cause
from chassis.kafka.subscriptions import Delivery, Message, Record, Subscriptions
from chassis.tests.counter import TOPIC, Counted, Laned
from chassis.tests.kafka.records import NOW, record
from contracts.envelope import Event
from contracts.events.dispatch import VolunteerCalled, WaveCalled


class Elsewhere(Event):
    """Of another topic."""

    topic: ClassVar[str] = "elsewhere.events"
    key: ClassVar[str] = "id"
    example: ClassVar = {"id": "x"}
    id: str


async def first(event: Counted, message: Message) -> None: ...


async def second(event: Counted, message: Message) -> None: ...


async def of_lane(event: Laned, message: Message) -> None: ...


async def elsewhere(event: Elsewhere, message: Message) -> None: ...


async def on_wave(event: WaveCalled, message: Message) -> None: ...


COUNTED = Counted(counter="cnt_1", total=3, lane="north")
LANED = Laned(counter="cnt_1", total=3, lane="north")


def named(type: bytes | None) -> tuple[tuple[str, bytes | None], ...]:
    """Headers as the publisher sends them."""
    return (("type", type), ("traceparent", b"00-1"))


def delivered(subscriptions: Subscriptions, read: Record) -> Delivery:
    found = subscriptions.read(read)
    assert found is not None
    return found


def test_topics_follow_from_the_events():
    subscriptions = Subscriptions().on(Counted, first).on(Laned, of_lane).on(Elsewhere, elsewhere)
    assert subscriptions.topics == [TOPIC, "elsewhere.events"]
    assert subscriptions.events(TOPIC) == ["Counted", "Laned"]
    assert subscriptions.events("unknown.events") == []


def test_a_delivery_has_the_event_its_origin_and_its_cause():
    delivery = delivered(Subscriptions().on(Counted, first), record(COUNTED))
    assert delivery.event == COUNTED
    message = Message("counters/cnt_1/3", "cnt_1", 3, NOW)
    assert delivery.message == message
    assert message.cause == Cause("counters/cnt_1/3")


def test_handlers_run_in_the_order_of_their_subscription():
    at_once = delivered(Subscriptions().on(Counted, first, second), record(COUNTED))
    assert list(at_once.handlers) == [first, second]
    one_by_one = Subscriptions().on(Counted, second).on(Counted, first)
    assert list(delivered(one_by_one, record(COUNTED)).handlers) == [second, first]


def test_the_lane_is_the_ordering_key_or_else_the_message_key():
    subscriptions = Subscriptions().on(Counted, first).on(Laned, of_lane)
    assert delivered(subscriptions, record(LANED)).lane == "north"
    assert delivered(subscriptions, record(COUNTED)).lane == b"cnt_1"
    without_lane = LANED.model_copy(update={"lane": ""})
    assert delivered(subscriptions, record(without_lane)).lane == b"cnt_1"


def test_a_reader_may_order_by_another_field():
    """Whose own aggregate follows all of an aggregate's events needs them in one order."""
    subscriptions = Subscriptions().on(Laned, of_lane, ordered_by="counter")
    assert delivered(subscriptions, record(LANED)).lane == "cnt_1"
    subscriptions.on(Counted, first, ordered_by="counter")
    assert delivered(subscriptions, record(COUNTED)).lane == "cnt_1"


def test_an_event_has_one_order_for_all_its_handlers():
    with pytest.raises(ValueError, match="Laned"):
        Subscriptions().on(Laned, of_lane).on(Laned, of_lane, ordered_by="counter")


def test_a_type_without_a_handler_is_skipped_even_if_its_data_is_unreadable():
    subscriptions = Subscriptions().on(Laned, of_lane)
    assert subscriptions.read(record(COUNTED)) is None
    value = (record(COUNTED).value or b"").replace(b'"total":3', b'"total":"?"')
    assert subscriptions.read(record(COUNTED, value=value)) is None


def test_a_type_that_a_header_names_is_skipped_without_reading_the_value():
    subscriptions = Subscriptions().on(Laned, of_lane)
    assert subscriptions.read(record(COUNTED, headers=named(b"Counted"), value=b"\xff")) is None


def test_a_named_type_is_delivered_like_one_without_the_header():
    subscriptions = Subscriptions().on(Counted, first).on(WaveCalled, on_wave)
    wave = WaveCalled.model_validate(WaveCalled.example)
    retired = VolunteerCalled.model_validate(VolunteerCalled.example)
    for event in (COUNTED, wave, retired):
        told = delivered(subscriptions, record(event, headers=named(type(event).__name__.encode())))
        untold = delivered(subscriptions, record(event))
        assert (told.event, told.message, told.type) == (untold.event, untold.message, untold.type)
        assert (told.lane, told.handlers) == (untold.lane, untold.handlers)
    assert untold.event == WaveCalled.upcast(retired)


@pytest.mark.parametrize("header", [b"\xff", b"", None, b"Laned"])
def test_a_header_that_is_unreadable_or_contradicts_the_value_is_delivered_as_an_error(
    header: bytes | None,
):
    subscriptions = Subscriptions().on(Counted, first).on(Laned, of_lane)
    delivery = delivered(subscriptions, record(COUNTED, headers=named(header)))
    assert (delivery.message, delivery.event) == (None, None)
    assert delivery.error
    assert delivery.lane == b"cnt_1"


@pytest.mark.parametrize("headers", [(), (("type", b"Counted"),)])
@pytest.mark.parametrize("value", [b"", None, b"{}", b"[]", b"\xff", b'{"type": "Counted"}'])
def test_an_unreadable_record_is_delivered_with_its_error(
    value: bytes | None, headers: tuple[tuple[str, bytes], ...]
):
    unreadable = record(COUNTED, value=value, headers=headers)
    delivery = delivered(Subscriptions().on(Counted, first), unreadable)
    assert (delivery.message, delivery.event) == (None, None)
    assert delivery.error == "ValidationError"
    assert delivery.lane == b"cnt_1"


def test_data_that_does_not_fit_its_event_is_unreadable():
    value = (record(COUNTED).value or b"").replace(b'"total":3', b'"total":"?"')
    delivery = delivered(Subscriptions().on(Counted, first), record(COUNTED, value=value))
    assert (delivery.message, delivery.error) == (None, "ValidationError")
