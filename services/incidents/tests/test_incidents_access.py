"""Who may read a report: everybody else does not learn that it is there."""

import pytest

from chassis.identity.guards import Principal
from contracts.access import Grant
from contracts.vocabulary import Role
from services.incidents.figures.domain import may_see, median
from services.incidents.report import callout, decisions
from services.incidents.report.access import capacity, role_when_filing
from services.incidents.report.decisions import NewRoute
from services.incidents.report.domain import Report
from services.incidents.report.views import advice, follow_up_view, report_view
from services.incidents.tests.incidents_reports import (
    COMMUNITY,
    OFFICER,
    REPORTER,
    SECRET,
    START,
    new,
)


def person(role: Role, area: str, subject: str = "acc_x", squad: str | None = None) -> Principal:
    return Principal(
        subject=subject, session="ses", grants=(Grant(role=role, area=area, squad=squad),)
    )


def accepted_by(volunteer: str, squad: str | None) -> Report:
    decision = callout.accepted(new()[0], 1, volunteer, squad, START)
    assert decision is not None
    return decision[0]


@pytest.mark.parametrize(
    ("who", "reads_as"),
    [
        (person("resident", "3701", "acc_reporter"), "reporter"),
        (person("resident", "3701"), None),
        (person("resident", COMMUNITY), None),
        (person("officer", "370104009"), "officer"),
        (person("officer", "370104010"), None),
        (person("officer", "370102"), None),
        (person("committee", COMMUNITY), "committee"),
        (person("committee", "370104009009"), None),
        (person("volunteer", COMMUNITY, "acc_v"), "volunteer"),
        (person("volunteer", COMMUNITY, "acc_w"), None),
        (person("resident", "3701", "acc_v"), None),  # suspended since
        (person("leader", "370104009", squad="squ_1"), "leader"),
        (person("leader", "370104009", squad="squ_2"), None),
        (person("leader", "370104009"), None),
        (person("city_desk", "3701"), None),
        (person("operator", "3701"), None),
    ],
)
def test_each_role_reads_its_own(who: Principal, reads_as: str | None) -> None:
    assert capacity(accepted_by("acc_v", "squ_1"), who) == reads_as


def test_police_matters_are_not_the_committees() -> None:
    report, _ = new("有人持刀")
    assert capacity(report, person("committee", COMMUNITY)) is None
    assert capacity(report, person("officer", "370104009")) == "officer"


def test_a_search_that_volunteers_help_with_stays_the_polices() -> None:
    """Who is missing, and where from, is not the committee's to know unless an officer gives it to
    them."""
    report, _ = new("老人走失了", "missing")
    committee, officer = person("committee", COMMUNITY), person("officer", "370104009")
    searched = decisions.reroute(report, NewRoute("volunteers", "请帮忙寻找"), OFFICER, START)[0]
    unsolved = decisions.hand_back_unsolved(searched, OFFICER, START)[0]
    for one in (report, searched, unsolved):
        assert capacity(one, committee) is None
        assert capacity(one, officer) == "officer"
    given = decisions.reroute(searched, NewRoute("committee", "请社区走访"), OFFICER, START)[0]
    assert capacity(given, committee) == "committee"


def test_who_it_was_taken_away_from_reads_no_more() -> None:
    report = accepted_by("acc_v", "squ_1")
    volunteer = person("volunteer", COMMUNITY, "acc_v")
    for way in ("police", "committee", "volunteers"):
        again = decisions.reroute(report, NewRoute(way, "经核实"), OFFICER, START)[0]
        assert capacity(again, volunteer) is None
    stood_down = callout.left(report, 1, "acc_v")
    assert stood_down is not None
    assert capacity(stood_down[0], volunteer) is None


def test_an_anonymous_report_is_nobodys_own() -> None:
    report, _ = new(reporter=None)
    assert capacity(report, person("resident", "3701", "acc_reporter")) is None


def test_a_number_shows_neither_words_nor_place() -> None:
    report = decisions.note(new()[0], SECRET, OFFICER, START)[0]
    gone = decisions.withdraw(report, SECRET, REPORTER, START)
    assert gone is not None
    shown = follow_up_view(gone[0]).model_dump_json()
    for hidden in (SECRET, "116.9", "36.6", COMMUNITY, "acc_", "rep_1", "sta_"):
        assert hidden not in shown
    assert SECRET in report_view(gone[0]).model_dump_json()


def test_no_view_shows_who_did_it() -> None:
    report = decisions.note(accepted_by("acc_v", "squ_1"), "看过了", OFFICER, START)[0]
    shown = report_view(report).model_dump_json()
    for account in ("acc_v", "acc_officer", "acc_reporter", "squ_1"):
        assert account not in shown


@pytest.mark.parametrize(
    "text", ["有人持刀", "着火了", "老人走失了", "让我转账到安全账户", "十几个人讨薪"]
)
def test_police_matters_come_with_advice_to_call(text: str) -> None:
    told = advice(new(text)[0])
    assert told is not None
    assert "请立即拨打110/119/120" in told.zh
    assert "110" in told.en


def test_other_matters_come_without() -> None:
    assert advice(new("路灯坏了")[0]) is None


def test_a_volunteer_reports_as_one() -> None:
    grants = (Grant(role="resident", area="3701"), Grant(role="volunteer", area=COMMUNITY))
    both = Principal(subject="acc", session="s", grants=grants)
    assert role_when_filing(both) == "volunteer"
    assert role_when_filing(person("committee", COMMUNITY)) == "committee"
    assert role_when_filing(person("city_desk", "3701")) == "resident"
    assert role_when_filing(None) == "resident"


@pytest.mark.parametrize(
    ("role", "grant", "area", "seen"),
    [
        ("resident", "3701", COMMUNITY, True),
        ("resident", "3701", "370104009", False),
        ("resident", COMMUNITY, "370104009009", False),
        ("volunteer", COMMUNITY, COMMUNITY, True),
        ("officer", "370104009", "370104009", True),
        ("officer", "370104009", "370104", False),
        ("committee", COMMUNITY, COMMUNITY, True),
        ("city_desk", "3701", "3701", True),
        ("city_desk", "370104", "370102", False),
        ("operator", "3701", "3701", False),
    ],
)
def test_whose_figures_one_may_see(role: Role, grant: str, area: str, seen: bool) -> None:
    assert may_see(person(role, grant), area) is seen


@pytest.mark.parametrize(
    ("minutes", "middle"),
    [({}, None), ({3: 1}, 3), ({1: 1, 4: 1}, 2.5), ({1: 5, 9: 2}, 1), ({1: 2, 9: 2}, 5)],
)
def test_median(minutes: dict[int, int], middle: float | None) -> None:
    assert median(minutes) == middle
