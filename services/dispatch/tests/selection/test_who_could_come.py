"""People near who are not simply here and free: silent, resting, of some squad."""

from datetime import timedelta

import pytest

from services.dispatch.selection.domain.select import minutes, rested_at, select, squads_near
from services.dispatch.tests.selection.test_select import NOON, POLICY, person, situation


def test_who_was_silent_for_a_while_counts_as_standing_where_they_were_three_minutes_later():
    fresh = person("fresh", 720, seen_at=NOON - timedelta(seconds=299))
    silent = person("silent", 720, seen_at=NOON - timedelta(seconds=300))
    assert minutes(silent, situation(), POLICY) == pytest.approx(16.0)
    selection = select(situation(silent, fresh), POLICY)
    assert selection.chosen == ("fresh", "silent")
    assert [verdict.reason for verdict in selection.verdicts] == ["place_assumed", "called"]


def test_who_rests_is_free_when_the_first_of_them_has_rested():
    tired = person("tired", served_until=NOON - timedelta(minutes=5))
    nearly = person("nearly", served_until=NOON - timedelta(minutes=25))
    away = person("away", 9000, served_until=NOON - timedelta(minutes=29))
    now = situation(tired, nearly, away, person("free"))
    assert rested_at(now, select(now, POLICY), POLICY) == NOON + timedelta(minutes=5)
    alone = situation(away)
    assert rested_at(alone, select(alone, POLICY), POLICY) is None


def test_of_a_squad_somebody_could_have_come_who_is_near_and_on_duty():
    people = (
        person("called", squad="squ_called"),
        person("resting", squad="squ_resting", served_until=NOON),
        person("further", 1900, squad="squ_further"),
        person("far", 2100, squad="squ_far"),
        person("home", squad="squ_home", on_duty=False),
        person("busy", squad="squ_busy", engaged=True),
        person("busy and far", 2100, squad="squ_far", engaged=True),
        person("party", squad="squ_party"),
        person("silent", squad="squ_silent", seen_at=NOON - timedelta(minutes=31)),
        person("none"),
    )
    now = situation(*people, parties=("party",))
    squads = squads_near(now, select(now, POLICY), POLICY)
    assert squads == ("squ_busy", "squ_called", "squ_further", "squ_resting")
