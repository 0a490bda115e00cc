"""What is rendered once for all recipients is, for each of them, the JSON of their own view."""

import string
from datetime import UTC, datetime, timedelta

import orjson
from hypothesis import given
from hypothesis import strategies as st

from services.notify.inbox.domain import (
    Message,
    PersonalMessage,
    Recipient,
    Template,
    blank_receipt,
)
from services.notify.inbox.views import RenderedMessage, message_view
from services.notify.stream.domain import SharedFrame, encode_own
from services.notify.stream.handlers import frame_of, shared_frame

_texts = st.text(max_size=12) | st.sampled_from(
    ['"', "\\", "{distance_m}", "\x1f", "\n", '","id":"', "距您 240 米", "\u2028"]
)
_names = st.text(string.ascii_lowercase + '_"', min_size=1, max_size=6)
_values = st.integers(-(2**53), 2**53) | _texts
_times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    own = draw(st.lists(_names, max_size=3, unique=True))

    def text() -> tuple[str, ...]:
        parts = [draw(_texts)]
        for name in draw(st.lists(st.sampled_from(own), max_size=3)) if own else ():
            parts += [name, draw(_texts)]
        return tuple(parts)

    accounts = draw(st.lists(_texts.filter(bool), min_size=1, max_size=4, unique=True))
    return Message(
        id="msg_1",
        kind=draw(st.sampled_from(["alert", "stand_down", "notice"])),
        title=Template(zh=text(), en=text()),
        body=Template(zh=text(), en=text()),
        at=draw(_times),
        report=draw(st.none() | _texts),
        area=draw(st.none() | _texts),
        expires_at=draw(st.none() | _times),
        data=draw(st.dictionaries(_names, _values, max_size=3)),
        recipients=tuple(
            Recipient(account=account, values={name: draw(_values) for name in own})
            for account in accounts
        ),
    )


@given(messages())
def test_each_recipient_gets_the_json_of_their_own_view(message: Message):
    shared, rendered = shared_frame(message)
    received = SharedFrame.decode(shared.encode())
    for one in message.recipients:
        mine = PersonalMessage(message, one, blank_receipt(message, one))
        frame = received.frame(encode_own(rendered.own(one)))
        assert orjson.loads(frame.body) == orjson.loads(message_view(mine).model_dump_json())
        assert (frame.message, frame.kind) == (mine.id, message.kind)
        assert frame == frame_of(mine)
        assert not set(map(chr, range(32))) & set(frame.body)


def test_times_are_written_as_the_inbox_writes_them():
    at = datetime(2026, 3, 5, 8, 0, 0, 123_000, tzinfo=UTC)
    text = Template(zh=("请",), en=("Please",))
    one = Recipient(account="acc_1")
    message = Message(
        id="msg_1",
        kind="alert",
        title=text,
        body=text,
        at=at,
        expires_at=at + timedelta(milliseconds=877),
        recipients=(one,),
    )
    view = message_view(PersonalMessage(message, one, blank_receipt(message, one)))
    assert (
        "".join(
            part
            for pair in zip(
                RenderedMessage(message).segments,
                [*RenderedMessage(message).own(one), ""],
                strict=True,
            )
            for part in pair
        )
        == view.model_dump_json()
    )
