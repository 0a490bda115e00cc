"""The life of one message."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.envelope import Event
from contracts.events.notify import MessageAcknowledged, MessageDelivered
from contracts.vocabulary import MessageKind
from services.notify.delivery.api import delivery_view
from services.notify.delivery.domain import decide
from services.notify.inbox import domain
from services.notify.inbox.domain import (
    Message,
    PersonalMessage,
    Receipt,
    Recipient,
    Template,
    blank_receipt,
    held_back,
)
from services.notify.policy import POLICIES
from services.notify.stream.handlers import frame_of

POLICY = POLICIES.of("2026-01")
NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
TEXT = Template(
    zh=(
        "请您支援，",
        "distance_m",
        " 米",
    ),
    en=("Please help, ", "distance_m", " m"),
)


def message(kind: MessageKind = "alert", expires_in: float | None = 60) -> Message:
    return Message(
        id="msg_1",
        kind=kind,
        title=Template(zh=("请您支援",), en=("Please help",)),
        body=TEXT,
        at=NOW,
        expires_at=None if expires_in is None else NOW + timedelta(seconds=expires_in),
        recipients=tuple(
            Recipient(account=account, values={"distance_m": metres})
            for account, metres in (("acc_1", 240), ("acc_2", 310))
        ),
    )


def personal(message: Message, n: int = 0) -> PersonalMessage:
    recipient = message.recipients[n]
    return PersonalMessage(message, recipient, blank_receipt(message, recipient))


def receipt() -> Receipt:
    return personal(message()).receipt


def acknowledged(
    read: Receipt, at: datetime, kind: MessageKind = "alert"
) -> tuple[Receipt, list[Event]]:
    decision = domain.acknowledge(read, kind, at)
    assert decision is not None
    return decision[0], list(decision[1])


def test_a_message_goes_out_live_to_all_of_its_recipients():
    sent = decide(message(), POLICY, NOW, ())
    assert sent.due
    assert sent.waiting() == list(message().recipients)


def test_an_alert_is_held_back_from_who_is_off_duty_alone_with_an_event():
    decided = decide(message(), POLICY, NOW, {"acc_2"})
    assert decided.due
    assert [one.held_back for one in decided.recipients] == [None, "off_duty"]
    assert [one.account for one in decided.waiting()] == ["acc_1"]
    _, events = held_back(decided, decided.recipients[1])
    assert events == [
        MessageDelivered(
            message="msg_1-acc_2", recipient="acc_2", channel="inbox", status="held_back"
        )
    ]
    channels = delivery_view(personal(decided, 1)).channels
    assert [(channel.status, channel.reason) for channel in channels] == [("held_back", "off_duty")]


def test_what_is_held_back_from_all_is_not_due():
    assert not decide(message(), POLICY, NOW, {"acc_1", "acc_2"}).due


@pytest.mark.parametrize("expires_in", [0, -5])
def test_an_alert_that_has_expired_is_held_back(expires_in: float):
    decided = decide(message(expires_in=expires_in), POLICY, NOW, ())
    assert {one.held_back for one in decided.recipients} == {"expired"}
    assert not decided.due


@pytest.mark.parametrize("kind", ["stand_down", "outcome", "progress", "escalation", "notice"])
def test_only_alerts_are_held_back(kind: MessageKind):
    decided = decide(message(kind), POLICY, NOW, {"acc_1", "acc_2"})
    assert {one.held_back for one in decided.recipients} == {None}


def test_acknowledging_is_reading_too_and_happens_once():
    seen = acknowledged(receipt(), NOW)[0]
    assert seen.read_at == seen.acknowledged_at == NOW
    assert domain.acknowledge(seen, "alert", NOW + timedelta(minutes=1)) is None
    assert domain.read(seen, NOW + timedelta(minutes=1)) is None


def test_reading_before_acknowledging_keeps_the_first_time():
    decision = domain.read(receipt(), NOW)
    assert decision is not None
    assert list(decision[1]) == []
    seen, _ = acknowledged(decision[0], NOW + timedelta(minutes=1))
    assert seen.read_at == NOW


@pytest.mark.parametrize(
    ("kind", "published"),
    [("alert", True), ("escalation", True), ("progress", False), ("outcome", False)],
)
def test_only_calls_to_act_are_worth_an_event_when_acknowledged(kind: MessageKind, published: bool):
    event = MessageAcknowledged(message="msg_1-acc_1", recipient="acc_1")
    assert acknowledged(receipt(), NOW, kind)[1] == ([event] if published else [])


def test_delivery_tells_what_reached_an_open_stream():
    waiting = delivery_view(personal(message())).channels
    assert [(channel.channel, channel.status) for channel in waiting] == [
        ("inbox", "delivered"),
        ("stream", "waiting"),
    ]
    first, second = message().recipients
    streamed = message().with_(recipients=(first.with_(streamed_at=NOW), second))
    there = delivery_view(personal(streamed)).channels
    assert (there[1].status, there[1].at) == ("delivered", NOW)
    assert delivery_view(personal(streamed, 1)).channels[1].status == "waiting"


def test_a_frame_holds_what_the_inbox_shows_and_nothing_else():
    made = frame_of(personal(message()))
    assert made.expires == int(NOW.timestamp() * 1000) + 60_000
    assert '"zh":"请您支援，240 米"' in made.body
    assert "recipient" not in made.body
    assert "acc_2" not in made.body
    assert "\n" not in made.body
