"""Who is asked to look at a report, level after level, until somebody acknowledges."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jinan.local_time import LOCAL
from services.incidents.policy import POLICIES
from services.incidents.referral.domain import (
    Holders,
    Referral,
    acknowledge,
    next_step,
    watch_changed,
)

NIGHT = datetime(2026, 3, 5, 3, 0, tzinfo=LOCAL)
POLICY = POLICIES.at(NIGHT)
COMMUNITY, STREET, DISTRICT, CITY = "370104009008", "370104009", "370104", "3701"
EVERY: Holders = {STREET: "acc_street", DISTRICT: "acc_district", CITY: "acc_city"}
SECOND = timedelta(seconds=1)


def begun(urgency: str = "urgent", at: datetime = NIGHT) -> Referral:
    return Referral.begun("handed_off", "urgent" if urgency == "urgent" else "normal", at)


def step(referral: Referral, holders: Holders, at: datetime | None = None) -> Referral:
    at = at or referral.next_at
    assert at is not None
    after = next_step(referral, COMMUNITY, holders, POLICY, at)
    assert after is not None
    return after


def asked(referral: Referral) -> tuple[str, str | None]:
    return referral.level, referral.to


def changed(
    referral: Referral, watch: str, holders: Holders, at: datetime = NIGHT + SECOND
) -> Referral | None:
    return watch_changed(referral, COMMUNITY, watch, holders, POLICY, at)


def test_the_smallest_area_with_a_watch_is_asked_first_then_all_of_it_then_the_next() -> None:
    one = step(begun(), EVERY)
    assert asked(one) == (STREET, "acc_street")
    assert one.next_at == NIGHT + 60 * SECOND
    everybody = step(one, EVERY)
    assert (asked(everybody), everybody.told) == ((STREET, None), ("acc_street",))
    assert everybody.next_at == NIGHT + 360 * SECOND
    district = step(everybody, EVERY)
    assert (asked(district), district.told) == ((DISTRICT, "acc_district"), ("acc_district",))


def test_what_is_not_urgent_has_five_minutes() -> None:
    assert step(begun("normal"), EVERY).next_at == NIGHT + 300 * SECOND


def test_a_district_without_a_watch_is_passed_over() -> None:
    street = {STREET: "acc_street", CITY: "acc_city"}
    assert asked(step(step(step(begun(), street), street), street)) == (CITY, "acc_city")


def test_while_nobody_holds_a_watch_all_officers_of_the_city_are_asked_until_one_answers() -> None:
    city = step(begun(), {})
    assert (asked(city), city.told) == ((CITY, None), ())
    again = step(city, {})
    assert (asked(again), again.step) == ((CITY, None), 2)
    taken = acknowledge(again, "acc_city", NIGHT + 3600 * SECOND)
    assert taken is not None
    assert next_step(taken, COMMUNITY, {}, POLICY, NIGHT + timedelta(days=9)) is None


def test_nothing_happens_before_its_time() -> None:
    one = step(begun(), EVERY)
    assert next_step(one, COMMUNITY, EVERY, POLICY, NIGHT + 59 * SECOND) is None


def test_a_watch_that_is_handed_over_meanwhile_tells_exactly_one_person() -> None:
    one, at = step(begun(), {STREET: "acc_a"}), NIGHT + 30 * SECOND
    other = changed(one, STREET, {STREET: "acc_b"}, at)
    assert other is not None
    assert (asked(other), other.told) == ((STREET, "acc_b"), ("acc_a", "acc_b"))
    assert other.next_at == at + 60 * SECOND  # a minute of their own
    assert changed(other, STREET, {STREET: "acc_b"}, at) is None
    back = changed(other, STREET, {STREET: "acc_a"}, at)
    assert back is not None
    assert back.step == other.step  # they were told before


def test_a_watch_that_lapses_passes_what_is_open_to_the_next_level() -> None:
    one = step(begun(), {STREET: "acc_a", DISTRICT: "acc_d"})
    after = changed(one, STREET, {DISTRICT: "acc_d"})
    assert after is not None
    assert asked(after) == (DISTRICT, "acc_d")
    nobody = changed(one, STREET, {})
    assert nobody is not None
    assert asked(nobody) == (CITY, None)


def test_who_takes_the_watch_of_a_smaller_area_is_asked() -> None:
    city = step(begun(), {})
    after = changed(city, STREET, {STREET: "acc_a"})
    assert after is not None
    assert asked(after) == (STREET, "acc_a")


def test_while_everybody_of_a_level_is_asked_a_larger_watch_changes_nothing() -> None:
    everybody = step(step(begun(), EVERY), EVERY)
    assert changed(everybody, CITY, EVERY) is None
    assert changed(everybody, CITY, {CITY: "acc_x"}) is None


def test_a_handover_above_does_not_go_back_to_who_had_their_turn() -> None:
    district = step(step(step(begun(), EVERY), EVERY), EVERY)
    other = changed(district, DISTRICT, {**EVERY, DISTRICT: "acc_other"})
    assert other is not None
    assert asked(other) == (DISTRICT, "acc_other")
    assert changed(district, CITY, {**EVERY, CITY: "acc_other"}) is None
    lapsed = changed(district, DISTRICT, {STREET: "acc_street", CITY: "acc_city"})
    assert lapsed is not None
    assert asked(lapsed) == (CITY, "acc_city")


def test_what_came_back_too_often_passes_the_street_over() -> None:
    often = Referral.begun("reopened", "normal", NIGHT, from_district=True)
    assert asked(step(often, EVERY)) == (DISTRICT, "acc_district")


def test_a_place_that_is_only_a_district_has_no_street() -> None:
    first = next_step(begun(), DISTRICT, EVERY, POLICY, NIGHT)
    assert first is not None
    assert asked(first) == (DISTRICT, "acc_district")


holders = st.dictionaries(
    st.sampled_from([STREET, DISTRICT, CITY]), st.sampled_from(["acc_a", "acc_b", "acc_c"])
)

watches = st.sampled_from([None, STREET, DISTRICT, CITY])


@given(
    changes=st.lists(st.tuples(holders, st.integers(0, 400), watches), max_size=12),
    urgency=st.sampled_from(["urgent", "normal"]),
)
def test_somebody_is_always_asked_and_nobody_twice_at_a_level(
    changes: list[tuple[Holders, int, str | None]], urgency: str
) -> None:
    referral, now = begun(urgency), NIGHT
    told: list[tuple[str, str]] = []
    for held, seconds, watch in changes:
        now += timedelta(seconds=seconds)
        before = referral
        moved = (
            changed(referral, watch, held, now)
            if watch
            else next_step(referral, COMMUNITY, held, POLICY, now)
        )
        referral = moved or referral
        assert referral.next_at is not None  # there is always a next step
        if referral.step > before.step and referral.to is not None:
            told.append((referral.level, referral.to))
            assert held.get(referral.level) == referral.to
        if referral.level != before.level:
            told = told[-1:] if referral.to is not None else []
        assert len(told) == len(set(told))
        if referral.step:
            assert referral.to is not None or referral.level == CITY or referral.told
