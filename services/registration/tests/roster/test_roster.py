"""A roster's entries against each other: what is wrong is named with its place in the file."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.domain import Decision, Refusal
from contracts.events.registration import AccountOpened, GrantsChanged, VolunteerStandingChanged
from services.registration.account.domain import Account, new_account
from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.roster.__main__ import read
from services.registration.roster.check import Check, CheckedPerson
from services.registration.roster.domain import RosterFile, enrol
from services.registration.roster.handlers import WrongRoster
from services.registration.tests.people import id_number
from simulation.roster import roster

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
PERSONAL = PersonalData(FieldCipher("11" * 32, "22" * 32))
LEADER, CLERK = "12000700001", "12000700002"


def paper(**changes: Any) -> dict[str, Any]:
    """A station, a squad, its leader and a member of the committee."""
    station = {
        "id": "sta_1",
        "name": "段店北路派出所",
        "streets": ["370104009"],
        "longitude": 116.941,
        "latitude": 36.667,
    }
    leader = {
        "phone": LEADER,
        "name": "测试甲",
        "volunteer": {
            "station": "sta_1",
            "area": "370104009008",
            "id_number": id_number(1),
            "squad": "squ_1",
        },
    }
    clerk = {
        "phone": CLERK,
        "name": "测试乙",
        "birth_year": 1980,
        "roles": [{"role": "committee", "area": "370104009008"}],
    }
    squad = {"id": "squ_1", "station": "sta_1", "name": "夕阳红", "leader": LEADER}
    return {"stations": [station], "squads": [squad], "people": [leader, clerk]} | changes


def role(name: str, area: str) -> dict[str, str]:
    return {"role": name, "area": area}


def checked(file: dict[str, Any], allow_unassigned: bool = True) -> Check:
    check = Check(RosterFile.model_validate(file), PERSONAL, allow_unassigned, date(2026, 3, 5))
    check.stations([])
    check.squads([], NOW)
    check.id_numbers(check.people(), [])
    return check


def enrolled(person: CheckedPerson) -> Decision[Account]:
    """As somebody new."""
    account = new_account(person.account, person.phone)
    decision = enrol(account, True, person.enrolment, NOW)
    assert decision is not None
    return decision


def paths(file: dict[str, Any], **options: bool) -> list[str]:
    return [problem.split(":")[0] for problem in checked(file, **options).problems]


def test_the_paper_and_the_demonstration_are_right() -> None:
    assert paths(paper()) == []
    assert paths(roster()) == []


def test_a_leader_is_opened_approved_and_leads_in_one_change() -> None:
    leader, clerk = checked(paper()).people()
    account, events = enrolled(leader)
    assert [type(e) for e in events] == [AccountOpened, VolunteerStandingChanged, GrantsChanged]
    assert {grant.role for grant in account.grants} == {"resident", "volunteer", "leader"}
    volunteer = account.volunteer
    assert volunteer is not None
    assert [entry.standing for entry in volunteer.history] == [
        "applied",
        "approved",
    ]
    assert enrol(account, False, leader.enrolment, NOW) is None, "a second run changes nothing"
    staff, events = enrolled(clerk)
    assert [type(e) for e in events] == [AccountOpened, GrantsChanged]
    assert (staff.birth_year, PERSONAL.name_of(staff)) == (1980, "测试乙")
    assert enrol(staff, False, clerk.enrolment, NOW) is None


def test_whoever_is_suspended_here_stays_so_and_leads_nothing() -> None:
    entry = paper()["people"][0]
    entry["volunteer"] |= {"standing": "suspended", "reason": "请假"}
    (leader,) = checked(paper(people=[entry])).people()
    with pytest.raises(Refusal, match="not_approved"):
        enrolled(leader)
    unled = paper()["squads"][0] | {"leader": None}
    (member,) = checked(paper(people=[entry], squads=[unled])).people()
    account, _ = enrolled(member)
    assert account.volunteer is not None
    assert account.volunteer.standing == "suspended"
    assert {grant.role for grant in account.grants} == {"resident"}


@pytest.mark.parametrize(
    ("section", "n", "change", "path"),
    [
        ("people", 0, {"phone": "053188888888"}, "people[0].phone"),
        ("people", 1, {"phone": LEADER}, "people[1].phone"),
        (
            "people",
            1,
            {"roles": [{"role": "officer", "area": "370199"}]},
            "people[1].roles[0].area",
        ),
        ("people", 1, {"roles": [{"role": "leader", "area": "3701"}]}, "people[1].roles[0].squad"),
        ("people", 0, {"volunteer": {"station": "sta_2"}}, "people[0].volunteer.station"),
        ("people", 0, {"volunteer": {"area": "370104009999"}}, "people[0].volunteer.area"),
        ("people", 0, {"volunteer": {"area": "370102001002"}}, "people[0].volunteer.area"),
        ("people", 0, {"volunteer": {"squad": "squ_2"}}, "people[0].volunteer.squad"),
        ("people", 0, {"volunteer": {"id_number": "1"}}, "people[0].volunteer.id_number"),
        ("squads", 0, {"leader": "12000799999"}, "squads[0].leader"),
        ("squads", 0, {"station": "sta_2"}, "squads[0].station"),
        ("stations", 0, {"streets": ["370104999"]}, "stations[0].streets"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    section: str, n: int, change: dict[str, Any], path: str
) -> None:
    file = paper()
    entry = file[section][n]
    for key, value in change.items():
        entry[key] = entry[key] | value if isinstance(value, dict) else value
    assert path in paths(file)


def test_unassigned_phones_are_refused_where_messages_are_really_sent() -> None:
    assert paths(paper(), allow_unassigned=False)[:2] == ["people[0].phone", "people[1].phone"]


def test_all_that_is_wrong_is_named_at_once() -> None:
    file = paper()
    file["people"] += [file["people"][0] | {"phone": "1"}, file["people"][0] | {"phone": "2"}]
    assert {"people[2].phone", "people[3].phone"} <= {*paths(file)}


def test_a_file_of_another_form_is_refused_with_the_place(tmp_path: Any) -> None:
    file = tmp_path / "roster.json"
    file.write_text('{"people": [{"phone": 1, "nickname": "x"}],\n "squads": [}', "utf-8")
    with pytest.raises(WrongRoster) as broken:
        read(str(file))
    assert "line 2" in broken.value.problems[0]
    file.write_text('{"people": [{"phone": "1", "nickname": "x"}]}', "utf-8")
    with pytest.raises(WrongRoster) as unknown:
        read(str(file))
    assert {problem.split(":")[0] for problem in unknown.value.problems} == {
        "people[0].name",
        "people[0].nickname",
    }
