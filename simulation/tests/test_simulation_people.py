"""The demonstration's people: as many as the press report says, the same each time, and nobody's
phone."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import phonenumbers
from stdnum.cn import ric

from jinan.areas import covers
from jinan.divisions import names
from simulation.people import (
    EAST,
    NORTH,
    SKILLS,
    SOUTH,
    STREET,
    WEST,
    Person,
    community_at,
    demonstration,
    who_can_sign_in,
)

PEOPLE = demonstration()
DAY_FILE = Path(__file__).parents[1] / "data/duandian_day.jsonl"


def everybody() -> list[Person]:
    return [*PEOPLE.volunteers, *PEOPLE.staff, *PEOPLE.residents]


def test_the_station_has_the_people_that_the_press_report_counts() -> None:
    assert (len(PEOPLE.volunteers), len(PEOPLE.squads)) == (658, 26)
    assert (len(PEOPLE.officers), len(PEOPLE.auxiliaries)) == (28, 22)
    assert {"夕阳红", "青春飞扬", "萤火虫"} < {squad.name for squad in PEOPLE.squads}
    assert len({squad.name for squad in PEOPLE.squads}) == 26


def test_the_watches_of_the_district_and_the_city_have_officers() -> None:
    assert {person.area for person in PEOPLE.district_officers} == {"370104"}
    assert {person.area for person in PEOPLE.city_officers} == {"3701"}


def test_everybody_keeps_name_and_number() -> None:
    """People of a running demonstration are found by them."""
    people = [*PEOPLE.volunteers, *PEOPLE.officers, *PEOPLE.residents, *PEOPLE.operators]
    known = hashlib.sha256("".join(f"{p.key}{p.name}{p.phone}" for p in people).encode())
    assert known.hexdigest()[:16] == "c7ab327b28be3e1e"


def test_two_runs_agree_and_another_seed_does_not() -> None:
    assert demonstration.__wrapped__(20210310) == PEOPLE
    assert demonstration.__wrapped__(1) != PEOPLE


def test_everybody_is_somebody_of_their_own() -> None:
    for field in ("key", "name", "phone", "id_number"):
        assert len({getattr(person, field) for person in everybody()}) == len(everybody()), field


def test_no_phone_is_assigned_and_no_id_number_is_malformed() -> None:
    for person in everybody():
        number = phonenumbers.parse(person.phone, "CN")
        assert phonenumbers.is_possible_number(number)
        assert not phonenumbers.is_valid_number(number)
        assert ric.calc_check_digit(person.id_number) == person.id_number[-1]
        assert ric.get_birth_date(person.id_number).year == person.birth_year
        assert person.id_number[14:17] == "000"


def test_each_squad_is_led_by_one_of_its_own() -> None:
    by_key = {person.key: person for person in PEOPLE.volunteers}
    for squad in PEOPLE.squads:
        assert by_key[squad.leader].squad == squad.id
        assert by_key[squad.leader].role == "leader"
    assert Counter(person.role for person in PEOPLE.volunteers)["leader"] == 26


def test_each_shift_has_every_skill_several_times() -> None:
    for shift, size in (("day", 60), ("evening", 40)):
        on_duty = [person for person in PEOPLE.volunteers if shift in person.on_duty]
        assert len(on_duty) == size
        held = Counter(skill for person in on_duty for skill in person.skills)
        assert all(held[skill] >= 4 for skill in SKILLS), held
    assert all(
        person.birth_year > 1956 for person in PEOPLE.volunteers if "evening" in person.on_duty
    )


def test_homes_lie_in_the_area_of_the_day_and_in_known_communities() -> None:
    for person in (*PEOPLE.volunteers, *PEOPLE.residents):
        assert WEST <= person.longitude <= EAST
        assert SOUTH <= person.latitude <= NORTH
        assert covers(STREET, person.area)
        assert person.area in names()
    for line in DAY_FILE.read_text("utf-8").splitlines():
        report = json.loads(line)
        assert WEST <= report["longitude"] <= EAST
        assert SOUTH <= report["latitude"] <= NORTH
        assert names()[community_at(report["longitude"], report["latitude"])]


def test_there_is_one_committee_for_each_community_and_one_person_of_each_role_to_sign_in() -> None:
    assert {person.area for person in PEOPLE.committee} == {
        c for c in names() if len(c) == 12 and covers(STREET, c)
    }
    assert len(who_can_sign_in()) == 9
    assert {phone for _, phone in who_can_sign_in()} <= {person.phone for person in everybody()}
