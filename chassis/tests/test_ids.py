"""Identifiers, causes and the marks they leave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Cause, derived_id
from chassis.errors import CauseReused
from chassis.mongo.causes import is_repeat as is_repeat  # pyright: ignore[reportPrivateUsage]
from chassis.mongo.store import new_id


def test_new_ids_are_unguessable_and_say_of_what():
    made = {new_id("rep") for _ in range(1000)}
    assert len(made) == 1000
    assert all(one.startswith("rep_") and len(one) == 24 for one in made)


@given(
    st.lists(st.text(alphabet=st.characters(exclude_characters="\x1f"), max_size=10), max_size=4)
)
def test_a_derived_id_is_the_same_for_the_same_parts_only(parts: list[str]):
    assert derived_id("cal", *parts) == derived_id("cal", *parts)
    assert derived_id("cal", *parts) != derived_id("cal", *parts, "more")
    assert derived_id("cal", "ab", "c") != derived_id("cal", "a", "bc")


def test_a_cause_gives_what_it_creates_the_same_id_each_time():
    assert Cause("k1").derive("rep") == Cause("k1", "other-body").derive("rep")
    assert Cause("k1").derive("rep") != Cause("k2").derive("rep")
    assert Cause("k1").derive("rep") != Cause("k1").derive("rep", "second")


def test_a_mark_is_known_again():
    seen = [Cause("a", "1").mark, Cause("b").mark]
    assert is_repeat(seen, Cause("a", "1"))
    assert is_repeat(seen, Cause("b"))
    assert not is_repeat(seen, Cause("c", "1"))
    assert not is_repeat([], Cause("a", "1"))


def test_a_key_used_again_with_another_body_is_refused():
    with pytest.raises(CauseReused):
        is_repeat([Cause("a", "1").mark], Cause("a", "2"))
