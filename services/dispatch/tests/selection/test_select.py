"""Who is called: eligibility, order, the size of a wave, and that each selection can be made
again."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dispatch.policy import POLICIES
from services.dispatch.selection.domain.select import (
    ineligible,
    minutes,
    select,
)
from services.dispatch.selection.domain.situation import (
    CHOSEN,
    Person,
    Selection,
    Situation,
    Tally,
)
from services.dispatch.selection.domain.team import (
    Option,
    acceptance,
    at_least,
    best_teams,
    first_response,
)

POLICY = POLICIES.of("2026-01")
NOON = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)


def person(name: str = "a", distance_m: int = 100, **more: Any) -> Person:
    fields: dict[str, Any] = {"seen_at": NOON, "birth_year": 1980} | more
    return Person(volunteer=name, distance_m=distance_m, **fields)


def situation(*people: Person, at: datetime = NOON, places: int = 1, **more: Any) -> Situation:
    return Situation(
        at=at, category="assistance", urgency="normal", places=places, people=people, **more
    )


@pytest.mark.parametrize(
    ("more", "at", "reason"),
    [
        ({}, NOON, None),
        ({"on_duty": False}, NOON, "off_duty"),
        ({"approved": False}, NOON, "not_approved"),
        ({"engaged": True}, NOON, "engaged"),
        ({"asked_before": True}, NOON, "asked_before"),
        ({"seen_at": None}, NOON, "stale_position"),
        ({"seen_at": NOON - timedelta(minutes=30)}, NOON, "stale_position"),
        ({"seen_at": NOON - timedelta(minutes=29, seconds=59)}, NOON, None),
        ({"distance_m": 2001}, NOON, "too_far"),
        ({"served_until": NOON - timedelta(minutes=29)}, NOON, "resting"),
        ({"served_until": NOON - timedelta(minutes=30)}, NOON, None),
        ({"accepted_today": 4}, NOON, "called_enough"),
        ({"accepted_today": 3}, NOON, None),
        ({"birth_year": 2008}, NOON, "under_age"),  # 18 only if the birthday is over: not known
        ({"birth_year": 2007}, NOON, None),
        ({"birth_year": 1956}, NOON, None),
        ({"birth_year": 1956, "seen_at": NIGHT}, NIGHT, "elder_at_night"),
        ({"birth_year": 1957, "seen_at": NIGHT}, NIGHT, None),
    ],
)
def test_who_can_be_called(more: dict[str, Any], at: datetime, reason: str | None):
    assert ineligible(person(**more), situation(at=at), POLICY) == reason


def test_who_is_party_to_the_matter_is_never_called():
    selection = select(situation(person("a"), person("b"), parties=("a",)), POLICY)
    assert selection.chosen == ("b",)
    assert [verdict.reason for verdict in selection.verdicts] == ["party", "called"]


@pytest.mark.parametrize(
    ("hour", "night"), [(22, True), (5, True), (6, False), (21, False), (0, True)]
)
def test_night_is_from_22_to_6_in_jinan(hour: int, night: bool):
    assert POLICY.is_night(datetime(2026, 5, 20, (hour - 8) % 24, 30, tzinfo=UTC)) == night


def test_two_or_more_at_a_dispute_a_nuisance_and_at_night():
    assert POLICY.places("assistance", 1, NOON) == 1
    assert POLICY.places("assistance", 1, NIGHT) == 2
    assert POLICY.places("dispute", 1, NOON) == POLICY.places("nuisance", 1, NOON) == 2
    assert POLICY.places("checkpoint", 6, NIGHT) == 6


def test_the_policy_is_the_one_that_is_valid():
    assert POLICIES.at(NOON).version == "2026-11-28"
    assert POLICIES.at(datetime(2020, 1, 1, tzinfo=UTC)) == POLICY


def test_minutes_on_foot_less_for_the_skill_more_for_calls_this_week():
    asked = situation(skills=("care", "first-aid"))
    assert minutes(person(distance_m=720), situation(), POLICY) == pytest.approx(13.0)
    assert minutes(
        person(distance_m=720, skills=("care", "traffic")), asked, POLICY
    ) == pytest.approx(10.0)
    assert minutes(
        person(distance_m=720, called_this_week=4), situation(), POLICY
    ) == pytest.approx(15.0)
    assert minutes(
        person(distance_m=720, called_this_week=99), situation(), POLICY
    ) == pytest.approx(18.0)


def test_equal_people_the_one_called_longest_ago_comes_first():
    recent = person("a", last_called_at=NOON - timedelta(days=1))
    long_ago = person("b", last_called_at=NOON - timedelta(days=2))
    never = person("c")
    assert select(situation(recent, long_ago, never), POLICY).chosen == ("c", "b", "a")


def test_the_smallest_ring_that_suffices_is_used():
    near = [person(f"n{i}", 400) for i in range(5)]
    middle = [person(f"m{i}", 900) for i in range(5)]
    few = select(situation(*near, *middle), POLICY)
    assert few.ring_m == 1000  # five of 0.35 give 0.88
    assert few.chosen == ("n0", "n1", "n2", "n3", "n4", "m0")
    many = select(situation(*near, person("n5", 499), *middle), POLICY)
    assert many.ring_m == 500
    assert {v.reason for v in many.verdicts if v.volunteer.startswith("m")} == {"too_far"}


def test_the_skilled_come_first_and_the_others_are_told_why_not():
    skilled = [person(f"s{i}", 300, skills=("care",)) for i in range(6)]
    others = [person(f"o{i}", 250) for i in range(6)]
    selection = select(situation(*skilled, *others, skills=("care",)), POLICY)
    assert set(selection.chosen) == {p.volunteer for p in skilled}
    assert {v.reason for v in selection.verdicts if v.volunteer.startswith("o")} == {"no_skill"}


def test_open_calls_count_for_the_next_wave():
    crowd = [person(f"p{i}", 100 + i) for i in range(20)]
    alone = select(situation(*crowd), POLICY)
    with_open = select(situation(*crowd, open=(0.35, 0.35)), POLICY)
    assert len(with_open.chosen) == len(alone.chosen) - 2


def test_a_chance_is_drawn_from_the_prior_by_own_answers():
    assert acceptance(Tally(), POLICY) == pytest.approx(0.35)
    assert acceptance(Tally(asked=20, accepted=18), POLICY) > 0.7
    assert acceptance(Tally(asked=20, accepted=0), POLICY) < 0.1
    often = Tally(asked=20, accepted=10, asked_hour=10, accepted_hour=0)
    assert acceptance(often, POLICY) < acceptance(Tally(asked=20, accepted=10), POLICY)
    assert acceptance(Tally(asked=10**6), POLICY) >= 0.02


chances = st.floats(0.02, 0.98)


@given(st.integers(0, 6), st.lists(chances, max_size=8))
def test_the_chance_of_enough_is_the_sum_over_all_outcomes(places: int, each: list[float]):
    total = 0.0
    for outcome in itertools.product((True, False), repeat=len(each)):
        if sum(outcome) >= places:
            probability = 1.0
            for chance, accepts in zip(each, outcome, strict=True):
                probability *= chance if accepts else 1 - chance
            total += probability
    assert at_least(places, each) == pytest.approx(total, abs=1e-9)


options = st.lists(st.tuples(st.floats(-6, 42), chances), min_size=1, max_size=9).map(
    lambda found: sorted(
        (Option(f"p{n}", m, p) for n, (m, p) in enumerate(found)), key=lambda o: (o.minutes, o[0])
    )
)


@settings(max_examples=150, deadline=None)
@given(options)
def test_the_best_team_of_each_size_is_the_exact_optimum(people: list[Option]):
    """Goal 6 (at least 0.98 of the optimum), against every team there is."""
    for size, team in enumerate(best_teams(people, 0, len(people), POLICY.nobody_min)):
        assert len(team) == size
        best = min(
            first_response(each, POLICY.nobody_min) for each in itertools.combinations(people, size)
        )
        assert first_response(team, POLICY.nobody_min) == pytest.approx(best, rel=1e-9, abs=1e-9)


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=20, unique=True), st.integers(1, 12))
def test_where_all_are_as_likely_to_accept_the_nearest_are_called(
    distances: list[int], places: int
):
    crowd = [person(f"p{d:04}", d) for d in distances]
    chosen = select(situation(*crowd, places=places), POLICY).chosen
    assert list(chosen) == [f"p{d:04}" for d in sorted(distances)][: len(chosen)]


def _tally(asked: int, part: float, kind: float) -> Tally:
    half = asked // 2
    return Tally(
        asked=asked, accepted=int(asked * part), asked_kind=half, accepted_kind=int(half * kind)
    )


def _situation(crowd: list[Person], places: int, open: list[float], skills: list[str]) -> Situation:
    return situation(*crowd, places=places, open=tuple(open), skills=tuple(skills))


tallies = st.builds(_tally, st.integers(0, 30), st.floats(0, 1), st.floats(0, 1))
people = st.lists(
    st.builds(
        person,
        st.uuids().map(str),
        st.integers(0, 2500),
        engaged=st.booleans(),
        on_duty=st.just(value=True),
        birth_year=st.integers(1940, 2012),
        accepted_today=st.integers(0, 5),
        called_this_week=st.integers(0, 12),
        tally=tallies,
        seen_at=st.integers(0, 2200).map(lambda s: NOON - timedelta(seconds=s)),
        skills=st.lists(st.sampled_from(["care", "traffic"]), unique=True).map(tuple),
    ),
    max_size=25,
    unique_by=lambda p: p.volunteer,
)
situations = st.builds(
    _situation,
    people,
    st.integers(1, 12),
    st.lists(chances, max_size=4),
    st.sampled_from([[], ["care"]]),
)


@settings(max_examples=200, deadline=None)
@given(situations)
def test_a_selection_keeps_every_rule(now: Situation):
    selection = select(now, POLICY)
    by_name = {p.volunteer: p for p in now.people}
    assert len(selection.chosen) == len(set(selection.chosen)) <= POLICY.max_per_wave
    assert [v.volunteer for v in selection.verdicts] == [p.volunteer for p in now.people]
    assert {v.volunteer for v in selection.verdicts if v.reason in CHOSEN} == set(selection.chosen)
    for name in selection.chosen:
        assert ineligible(by_name[name], now, POLICY) is None
        assert by_name[name].distance_m <= selection.ring_m
    able = [p for p in now.people if ineligible(p, now, POLICY) is None]
    if selection.enough < POLICY.enough:
        assert selection.ring_m == POLICY.rings_m[-1]
        assert len(selection.chosen) == min(POLICY.max_per_wave, len(able))


@settings(max_examples=100, deadline=None)
@given(situations)
def test_no_smaller_wave_would_do(now: Situation):
    selection = select(now, POLICY)
    if selection.enough < POLICY.enough or not selection.chosen:
        return
    within = sorted(
        (
            p
            for p in now.people
            if ineligible(p, now, POLICY) is None and p.distance_m <= selection.ring_m
        ),
        key=lambda p: minutes(p, now, POLICY),
    )
    made = [
        Option(p.volunteer, minutes(p, now, POLICY), acceptance(p.tally, POLICY)) for p in within
    ]
    for team in best_teams(made, 0, len(selection.chosen) - 1, POLICY.nobody_min):
        assert at_least(now.places, (*now.open, *(o.probability for o in team))) < POLICY.enough


@settings(max_examples=50, deadline=None)
@given(situations)
def test_a_recorded_selection_is_made_again_just_the_same(now: Situation):
    selection = select(now, POLICY)
    again = select(Situation.model_validate(now.model_dump()), POLICY)
    assert again == selection == Selection.model_validate_json(selection.model_dump_json())


@settings(max_examples=50, deadline=None)
@given(situations, st.randoms(use_true_random=False))
def test_the_order_people_are_found_in_does_not_matter(now: Situation, random: Any):
    shuffled = list(now.people)
    random.shuffle(shuffled)
    other = select(now.with_(people=tuple(shuffled)), POLICY)
    assert other.chosen == select(now, POLICY).chosen
