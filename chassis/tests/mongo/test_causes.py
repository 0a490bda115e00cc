"""How an aggregate's document recognises a repeat."""

import pytest

from chassis.domain import Cause
from chassis.errors import CauseReused
from chassis.mongo.causes import is_repeat


def test_a_mark_is_recognised():
    seen = [Cause("a", "1").mark, Cause("b").mark]
    assert is_repeat(seen, Cause("a", "1"))
    assert is_repeat(seen, Cause("b"))
    assert not is_repeat(seen, Cause("c", "1"))
    assert not is_repeat([], Cause("a", "1"))


def test_a_reused_key_with_another_body_is_refused():
    with pytest.raises(CauseReused):
        is_repeat([Cause("a", "1").mark], Cause("a", "2"))
