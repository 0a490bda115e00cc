"""What a stream that comes back is missed: everything, once, and nothing that has expired."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.policy import POLICIES
from services.notify.stream.domain import (
    Frame,
    SharedFrame,
    catch_up,
    parse_position,
    sse_position,
)

NOW = 1_000_000
POLICY = POLICIES.of("2026-01")
kinds = st.sampled_from(["alert", "stand_down", "progress"])
frames = st.builds(
    Frame,
    message=st.integers(0, 12).map(lambda n: f"msg_{n}"),
    kind=kinds,
    expires=st.sampled_from([0, NOW - 1, NOW, NOW + 1]),
    body=st.just("{}"),
)


@st.composite
def streams(draw: st.DrawFn) -> list[tuple[str, Frame]]:
    found = draw(st.lists(frames, max_size=15))
    return [(f"{1000 + n}-0", frame) for n, frame in enumerate(found)]


@given(st.lists(frames, max_size=15), streams(), st.booleans())
def test_each_message_comes_at_most_once_and_none_that_is_wanted_is_left_out(
    backlog: list[Frame], streamed: list[tuple[str, Frame]], off_duty: bool
):
    missed = catch_up(backlog, streamed, POLICY, now_ms=NOW, off_duty=off_duty)
    sent = [frame.message for _, frame in missed]
    assert len(sent) == len(set(sent))
    for frame in [*(frame for _, frame in streamed), *backlog]:
        wanted = (frame.expires == 0 or frame.expires > NOW) and not (
            off_duty and frame.kind == "alert"
        )
        others = [f for f in [*(f for _, f in streamed), *backlog] if f.message == frame.message]
        if wanted and all(other == frame for other in others):
            assert frame.message in sent


@given(st.lists(frames, max_size=15), streams(), st.booleans())
def test_ids_only_grow_so_that_the_last_one_seen_is_the_place_to_go_on(
    backlog: list[Frame], streamed: list[tuple[str, Frame]], off_duty: bool
):
    ids = [id for id, _ in catch_up(backlog, streamed, POLICY, now_ms=NOW, off_duty=off_duty)]
    assert ids == [None] * ids.count(None) + sorted(id for id in ids if id is not None)


@given(streams(), st.integers(0, 15))
def test_a_break_at_any_place_loses_nothing(streamed: list[tuple[str, Frame]], cut: int):
    """Read up to a place, come back with its id: both parts together are the whole."""
    before, after = streamed[:cut], streamed[cut:]
    whole = {f.message for _, f in catch_up([], streamed, POLICY, now_ms=NOW, off_duty=False)}
    first = {f.message for _, f in catch_up([], before, POLICY, now_ms=NOW, off_duty=False)}
    second = {f.message for _, f in catch_up([], after, POLICY, now_ms=NOW, off_duty=False)}
    assert first | second == whole


@pytest.mark.parametrize(
    "raw", [b"", b"alert", b"alert\nsoon\n{}", b"alert\n0\n{}\n", b"\xff\xfe\n\n\n"]
)
def test_what_is_no_frame_is_refused(raw: bytes):
    with pytest.raises(ValueError):  # noqa: PT011 - its words do not matter
        SharedFrame.decode(raw)


@pytest.mark.parametrize("own", [b"", b"msg_1", b"msg_1\x1f1\x1f2", b"\xff\x1f1"])
def test_values_that_do_not_fit_are_refused(own: bytes):
    with pytest.raises(ValueError):  # noqa: PT011 - its words do not matter
        SharedFrame("alert", 0, ('{"id":"', '","n":', "}")).frame(own)


@pytest.mark.parametrize(
    "given_id", ["", None, "abc", "1-2-3", "1" * 30, "1-1\nevent: alert", "-", "(1-0", "+"]
)
def test_a_position_that_is_none_of_ours_counts_as_none(given_id: str | None):
    assert parse_position(given_id) is None


@pytest.mark.parametrize("given_id", ["0-0", "1760000000000-0", "1760000000000-17"])
def test_a_position_of_ours_is_taken(given_id: str):
    assert parse_position(given_id) == given_id


def test_an_event_on_the_wire():
    assert (
        Frame("msg_1", "alert", 0, '{"id":"msg_1"}').sse("5-0")
        == b'event: alert\nid: 5-0\ndata: {"id":"msg_1"}\n\n'
    )
    assert Frame("msg_1", "alert", 0, "{}").sse(None) == b"event: alert\ndata: {}\n\n"
    assert sse_position("5-0") == b"id: 5-0\n\n"


def test_expiry_is_at_the_millisecond():
    expires = int(timedelta(seconds=1000).total_seconds() * 1000)
    assert not Frame("m", "alert", expires, "").is_expired(expires - 1)
    assert Frame("m", "alert", expires, "").is_expired(expires)
    assert not Frame("m", "alert", 0, "").is_expired(expires)
