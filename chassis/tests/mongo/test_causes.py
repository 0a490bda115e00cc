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


def test_only_fingerprints_of_one_kind_are_compared():
    before, keyed = Cause("a", "0123456789abcdef"), Cause("a", "k0123456789abcdef")
    assert is_repeat([before.mark], keyed), "a version that did not key them stored it"
    with pytest.raises(CauseReused):
        is_repeat([keyed.mark], Cause("a", "kfedcba9876543210"))
    with pytest.raises(CauseReused):
        is_repeat([before.mark], Cause("a", "shorter"))
