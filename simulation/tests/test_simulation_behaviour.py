from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.actors import behaviour
from simulation.actors.behaviour import Place

SEEDS, NAMES = st.integers(0, 2**31), st.text("abc123", min_size=1, max_size=8)


@given(SEEDS, NAMES, st.integers(1, 99), st.integers(1, 3), st.booleans())
def test_the_same_person_gives_the_same_reply_to_the_same_call(
    seed: int, who: str, n: int, wave: int, hand: bool
):
    assert behaviour.reply(seed, who, n, wave, hand) == behaviour.reply(seed, who, n, wave, hand)


@given(SEEDS, NAMES, st.integers(1, 99), st.integers(1, 3))
def test_only_a_late_reply_comes_after_the_call_has_lapsed(seed: int, who: str, n: int, wave: int):
    answer, after = behaviour.reply(seed, who, n, wave)
    assert (after > 1) == (answer == "late")
    assert after > 0


@given(SEEDS, NAMES)
def test_response_rates_are_those_published(seed: int, who: str):
    assert 0.17 <= behaviour.response_rate(seed, who) <= 0.47


def test_a_person_accepts_as_often_as_their_rate_says():
    rate = behaviour.response_rate(1, "v1")
    accepted = sum(behaviour.reply(1, "v1", n, 1).answer == "accept" for n in range(4000))
    assert accepted / 4000 == pytest.approx(rate, abs=0.03)


def test_all_kinds_of_answers_happen_and_a_person_asked_by_the_station_mostly_comes():
    answers = {behaviour.reply(1, f"v{i}", 1, 1).answer for i in range(100)}
    assert answers == {"accept", "decline", "silent", "late"}
    assert (
        sum(behaviour.reply(1, f"v{i}", 1, 1, manual=True).answer == "accept" for i in range(100))
        > 80
    )


@given(SEEDS, st.integers(1, 99), st.integers(2, 5))
def test_nobody_reopens_twice_and_the_second_round_solves_it(seed: int, n: int, round: int):
    assert behaviour.verdict(seed, n, round) != "reopen"
    assert behaviour.outcome(seed, n, round) == "solved"


def test_some_reporters_are_not_satisfied_and_some_are_slow():
    assert {behaviour.verdict(20210310, n, 1) for n in range(1, 100)} == {
        "confirm",
        "reopen",
        "slow",
    }


@given(SEEDS, NAMES, st.integers(0, 500))
def test_a_person_on_duty_stays_about_their_corner(seed: int, who: str, step: int):
    home = Place(116.94, 36.67)
    assert behaviour.metres(home, behaviour.stroll(seed, who, home, step)) < 90


def test_distances_and_walks():
    a, b = Place(116.94, 36.67), Place(116.94, 36.68)
    assert behaviour.metres(a, b) == pytest.approx(1112, abs=1)
    assert behaviour.walk_seconds(120) == pytest.approx(130)
    assert behaviour.on_the_way(a, b, 0) == a
    assert behaviour.metres(behaviour.on_the_way(a, b, 0.5), b) == pytest.approx(556, abs=1)


@pytest.mark.parametrize(
    ("at", "shift"),
    [("05:59", "evening"), ("06:00", "day"), ("17:59", "day"), ("18:00", "evening")],
)
def test_shifts_change_at_six_in_jinan(at: str, shift: str):
    assert behaviour.shift_at(datetime.fromisoformat(f"2026-03-05T{at}:00+08:00")) == shift
