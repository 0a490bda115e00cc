"""The life of one message."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.envelope import Event
from contracts.events.notify import MessageAcknowledged, MessageDelivered
from contracts.texts import LocalizedText
from contracts.vocabulary import MessageKind
from services.notify.delivery.api import delivery_view
from services.notify.delivery.domain import decide
from services.notify.inbox import domain
from services.notify.inbox.domain import Message
from services.notify.policy import POLICIES
from services.notify.stream.handlers import frame_of

POLICY = POLICIES.of("2026-01")
NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)


def message(kind: MessageKind = "alert", expires_in: float | None = 60) -> Message:
    expires_at = None if expires_in is None else NOW + timedelta(seconds=expires_in)
    text = LocalizedText(zh="请您支援", en="Please help")
    return Message(
        id="msg_1",
        recipient="acc_1",
        kind=kind,
        title=text,
        body=text,
        at=NOW,
        expires_at=expires_at,
    )


def decided(new: Message, *, off_duty: bool = False) -> tuple[Message, list[Event]]:
    changed, events = decide(new, POLICY, NOW, off_duty=off_duty)
    return changed, list(events)


def acknowledged(read: Message, at: datetime) -> tuple[Message, list[Event]]:
    decision = domain.acknowledge(read, at)
    assert decision is not None
    return decision[0], list(decision[1])


def test_a_message_goes_out_live():
    sent, events = decided(message())
    assert sent.due
    assert sent.held_back is None
    assert events == []


def test_an_alert_to_somebody_off_duty_is_held_back_with_an_event():
    held, events = decided(message(), off_duty=True)
    assert (held.held_back, held.due) == ("off_duty", False)
    assert events == [
        MessageDelivered(message="msg_1", recipient="acc_1", channel="inbox", status="held_back")
    ]
    channels = delivery_view(held).channels
    assert [(channel.status, channel.reason) for channel in channels] == [("held_back", "off_duty")]


def test_an_alert_that_has_expired_is_held_back():
    assert decided(message(expires_in=0))[0].held_back == "expired"
    assert decided(message(expires_in=-5))[0].held_back == "expired"


@pytest.mark.parametrize("kind", ["stand_down", "outcome", "progress", "escalation", "notice"])
def test_only_alerts_are_held_back(kind: MessageKind):
    assert decided(message(kind), off_duty=True)[0].held_back is None


def test_acknowledging_is_reading_too_and_happens_once():
    seen = acknowledged(message(), NOW)[0]
    assert seen.read_at == seen.acknowledged_at == NOW
    assert domain.acknowledge(seen, NOW + timedelta(minutes=1)) is None
    assert domain.read(seen, NOW + timedelta(minutes=1)) is None


def test_reading_before_acknowledging_keeps_the_first_time():
    decision = domain.read(message(), NOW)
    assert decision is not None
    assert list(decision[1]) == []
    seen, _ = acknowledged(decision[0], NOW + timedelta(minutes=1))
    assert seen.read_at == NOW


@pytest.mark.parametrize(
    ("kind", "published"),
    [("alert", True), ("escalation", True), ("progress", False), ("outcome", False)],
)
def test_only_calls_to_act_are_worth_an_event_when_acknowledged(kind: MessageKind, published: bool):
    expected = [MessageAcknowledged(message="msg_1", recipient="acc_1")] if published else []
    assert acknowledged(message(kind), NOW)[1] == expected


def test_delivery_tells_what_reached_an_open_stream():
    waiting = delivery_view(message()).channels
    assert [(channel.channel, channel.status) for channel in waiting] == [
        ("inbox", "delivered"),
        ("stream", "waiting"),
    ]
    there = delivery_view(message().with_(streamed_at=NOW)).channels
    assert (there[1].status, there[1].at) == ("delivered", NOW)


def test_a_frame_holds_what_the_inbox_shows_and_nothing_else():
    made = frame_of(message())
    assert made.expires == int(NOW.timestamp() * 1000) + 60_000
    assert '"zh":"请您支援"' in made.body
    assert "recipient" not in made.body
    assert "\n" not in made.body
