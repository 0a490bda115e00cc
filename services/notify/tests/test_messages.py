"""The life of one message."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.events.notify import MessageAcknowledged, MessageDelivered
from services.notify.delivery.api import delivery_view
from services.notify.delivery.handlers import frame
from services.notify.inbox import domain
from services.notify.inbox.domain import Kind, Message, Words, outgoing
from services.notify.inbox.events import on_acknowledged, on_put

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)


def message(kind: Kind = "alert", expires_in: float | None = 60) -> Message:
    expires_at = None if expires_in is None else NOW + timedelta(seconds=expires_in)
    words = Words(zh="请您支援", en="Please help")
    return Message(
        id="msg_1",
        recipient="acc_1",
        kind=kind,
        title=words,
        body=words,
        at=NOW,
        expires_at=expires_at,
    )


def test_a_message_goes_out_live():
    sent = outgoing(message(), off_duty=False, now=NOW)
    assert sent.due
    assert sent.held_back is None
    assert on_put(sent) == []


def test_an_alert_to_somebody_off_duty_is_held_back_and_said_to_be():
    held = outgoing(message(), off_duty=True, now=NOW)
    assert (held.held_back, held.due) == ("off_duty", False)
    assert on_put(held) == [
        MessageDelivered(message="msg_1", recipient="acc_1", channel="inbox", status="held_back")
    ]
    ways = delivery_view(held).deliveries
    assert [(way.status, way.why) for way in ways] == [("held_back", "off_duty")]


def test_an_alert_that_has_lapsed_is_held_back():
    assert outgoing(message(expires_in=0), off_duty=False, now=NOW).held_back == "expired"
    assert outgoing(message(expires_in=-5), off_duty=False, now=NOW).held_back == "expired"


@pytest.mark.parametrize("kind", ["stand_down", "outcome", "progress", "escalation", "notice"])
def test_only_alerts_are_held_back(kind: Kind):
    assert outgoing(message(kind), off_duty=True, now=NOW).held_back is None


def test_acknowledging_is_reading_too_and_happens_once():
    seen = domain.acknowledge(message(), NOW)
    assert seen is not None
    assert seen.read_at == seen.acknowledged_at == NOW
    assert domain.acknowledge(seen, NOW + timedelta(minutes=1)) is None
    assert domain.read(seen, NOW + timedelta(minutes=1)) is None


def test_reading_before_acknowledging_keeps_the_first_time():
    read = domain.read(message(), NOW)
    assert read is not None
    seen = domain.acknowledge(read, NOW + timedelta(minutes=1))
    assert seen is not None
    assert seen.read_at == NOW


@pytest.mark.parametrize(
    ("kind", "told"),
    [("alert", True), ("escalation", True), ("progress", False), ("outcome", False)],
)
def test_only_calls_to_act_are_worth_an_event_when_acknowledged(kind: Kind, told: bool):
    expected = [MessageAcknowledged(message="msg_1", recipient="acc_1")] if told else []
    assert on_acknowledged(message(kind)) == expected


def test_delivery_tells_what_reached_an_open_stream():
    waiting = delivery_view(message()).deliveries
    assert [(way.channel, way.status) for way in waiting] == [
        ("inbox", "delivered"),
        ("stream", "waiting"),
    ]
    there = delivery_view(message().model_copy(update={"streamed_at": NOW})).deliveries
    assert (there[1].status, there[1].at) == ("delivered", NOW)


def test_a_frame_holds_what_the_inbox_shows_and_nothing_else():
    made = frame(message())
    assert made.expires == int(NOW.timestamp() * 1000) + 60_000
    assert '"zh":"请您支援"' in made.body
    assert "recipient" not in made.body
    assert "\n" not in made.body
