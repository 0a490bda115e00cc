"""Room for uploads is taken before they are read, and never more than there is."""

from contextlib import ExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from services.incidents.photo.domain import MAX_BYTES
from services.incidents.photo.intake import Intake

ROOM = 80 * 1024 * 1024


def test_a_full_house_says_when_to_come_again() -> None:
    intake = Intake(ROOM)
    with ExitStack() as held:
        for n in range(16):
            held.enter_context(intake.place(None, f"caller {n}"))
        assert intake.in_hand == ROOM
        with pytest.raises(Refusal) as refusal, intake.place(1, "somebody else"):
            pass
    assert (refusal.value.code, refusal.value.retry_after) == ("uploads_full", 5)
    with intake.place(1, "somebody else"):
        assert intake.in_hand == 1


def test_one_caller_does_not_keep_out_the_others() -> None:
    intake, refused = Intake(ROOM), 0
    with ExitStack() as held:
        for _ in range(100):
            try:
                held.enter_context(intake.place(None, "flooding"))
            except Refusal:
                refused += 1
        assert refused == 96
        with intake.place(MAX_BYTES, "somebody else"):
            pass


def test_one_caller_of_small_photos_does_not_take_all_places() -> None:
    intake = Intake(ROOM)
    with ExitStack() as held:
        for _ in range(32):
            held.enter_context(intake.place(1, "flooding"))
        with pytest.raises(Refusal), intake.place(1, "flooding"):
            pass
        with intake.place(1, "somebody else"):
            pass


def test_a_photo_that_is_too_large_takes_no_place() -> None:
    intake = Intake(ROOM)
    with pytest.raises(Refusal) as refusal, intake.place(MAX_BYTES + 1, "a"):
        pass
    assert (refusal.value.code, intake.in_hand) == ("too_large", 0)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.none() | st.integers(0, MAX_BYTES), st.booleans())
    )
)
def test_never_more_than_there_is_room_for(
    uploads: list[tuple[str, int | None, bool]],
) -> None:
    intake = Intake(20 * 1024 * 1024, places=8, share=0.5)
    with ExitStack() as held:
        for caller, size, ends in uploads:
            with suppress(Refusal):
                held.enter_context(intake.place(size, caller))
            assert intake.in_hand <= 20 * 1024 * 1024
            if ends:
                held.pop_all().close()
                assert intake.in_hand == 0
    assert intake.in_hand == 0
