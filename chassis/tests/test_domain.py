"""Values, refusals, causes and policies."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chassis.domain import Aggregate, Cause, Frozen, Policies, Policy, Refusal, derived_id


class Place(Frozen):
    street: str
    number: int = 1


class House(Aggregate):
    place: Place
    open: bool = False


HOUSE = House(id="hou_1", place=Place(street="Quancheng Road"))


def test_with_changes_a_copy():
    opened = HOUSE.with_(open=True)
    assert (opened.open, HOUSE.open) == (True, False)
    assert opened.with_(open=False) == HOUSE
    assert HOUSE.place.with_(number=7) == Place(street="Quancheng Road", number=7)
    assert type(opened) is House


@pytest.mark.parametrize("changes", [{"opened": True}, {"open": True, "number": 2}, {"Open": True}])
def test_with_refuses_unknown_fields(changes: dict[str, object]):
    with pytest.raises(TypeError, match="House has no field"):
        HOUSE.with_(**changes)


def test_a_value_cannot_be_changed_in_place():
    with pytest.raises(ValidationError):
        HOUSE.place.number = 2  # pyright: ignore[reportAttributeAccessIssue] - that is the test


def test_an_aggregate_ignores_what_the_store_adds():
    stored = {"id": "hou_1", "place": {"street": "Quancheng Road"}, "seq": 3, "outbox": []}
    assert House.model_validate(stored) == HOUSE


def test_a_refusal_maps_each_wrong_part_to_the_key_of_its_text():
    assert Refusal("wrong_state").fields == {}
    assert Refusal("cursor_invalid", "query.cursor").fields == {
        "query.cursor": "problem.cursor_invalid"
    }
    both = Refusal("outside", "body.a", fields={"body.b": "problem.not_found"}, limit=3)
    assert both.fields == {"body.b": "problem.not_found", "body.a": "problem.outside"}
    assert (both.code, both.values, both.retry_after) == ("outside", {"limit": 3}, None)


def test_a_refusal_does_not_share_its_fields_with_the_caller():
    fields = {"body.b": "problem.not_found"}
    Refusal("outside", "body.a", fields=fields)
    assert fields == {"body.b": "problem.not_found"}


@given(
    st.lists(st.text(alphabet=st.characters(exclude_characters="\x1f"), max_size=10), max_size=4)
)
def test_a_derived_id_is_the_same_for_the_same_parts_only(parts: list[str]):
    assert derived_id("cal", *parts) == derived_id("cal", *parts)
    assert derived_id("cal", *parts) != derived_id("cal", *parts, "more")
    assert derived_id("cal", "ab", "c") != derived_id("cal", "a", "bc")


def test_a_cause_derives_the_same_id_each_time():
    assert Cause("k1").derive("rep") == Cause("k1", "other-body").derive("rep")
    assert Cause("k1").derive("rep") != Cause("k2").derive("rep")
    assert Cause("k1").derive("rep") != Cause("k1").derive("rep", "second")


class Limits(Policy):
    limit: int


FIRST, SECOND = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
TOML = """
[[policy]]
version = "2026-07"
valid_from = 2026-07-01T00:00:00Z
limit = 5

[[policy]]
version = "2026-01"
valid_from = 2026-01-01T00:00:00Z
limit = 3
"""
POLICIES = Policies(Limits, TOML)
MILLISECOND = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("now", "limit"),
    [
        (FIRST - timedelta(days=1), 3),
        (FIRST, 3),
        (SECOND - MILLISECOND, 3),
        (SECOND, 5),
        (SECOND + timedelta(days=400), 5),
    ],
)
def test_the_newest_policy_that_is_valid_decides(now: datetime, limit: int):
    assert POLICIES.at(now).limit == limit


def test_a_recorded_version_is_still_found():
    assert POLICIES.of("2026-01").limit == 3
    with pytest.raises(KeyError):
        POLICIES.of("2025-12")


def test_a_policy_without_a_number_or_without_any_version_is_refused():
    with pytest.raises(ValidationError):
        Policies(Limits, TOML.replace("limit = 3", ""))
    with pytest.raises(ValueError, match="no \\[\\[policy\\]\\] for Limits"):
        Policies(Limits, "")
