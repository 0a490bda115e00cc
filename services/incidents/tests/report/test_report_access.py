"""Who may read a report. For everybody else it does not exist."""

import pytest

from chassis.identity.guards import Principal
from contracts.access import Grant
from services.incidents.report.domain import callout, decisions
from services.incidents.report.domain.access import capacity, role_when_filing
from services.incidents.report.domain.decisions import NewRoute
from services.incidents.report.domain.report import Report
from services.incidents.report.schemas import advice, report_view
from services.incidents.tests.reports import COMMUNITY, OFFICER, SERVED, START, new, person


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
def test_who_may_read_in_what_capacity(who: Principal, reads_as: str | None) -> None:
    assert capacity(accepted_by("acc_v", "squ_1"), who) == reads_as


def test_the_committee_does_not_read_police_matters() -> None:
    report, _ = new("有人持刀")
    assert capacity(report, person("committee", COMMUNITY)) is None
    assert capacity(report, person("officer", "370104009")) == "officer"


def test_a_search_with_volunteers_stays_a_police_matter() -> None:
    """The committee learns who is missing only if an officer routes the report to it."""
    report, _ = new("老人走失了", "missing")
    committee, officer = person("committee", COMMUNITY), person("officer", "370104009")
    searched = decisions.reroute(
        report, NewRoute("volunteers", "请帮忙寻找"), OFFICER, START, SERVED
    )[0]
    unsolved = decisions.return_unsolved(searched, OFFICER, START)[0]
    for one in (report, searched, unsolved):
        assert capacity(one, committee) is None
        assert capacity(one, officer) == "officer"
    given = decisions.reroute(
        searched, NewRoute("committee", "请社区走访"), OFFICER, START, SERVED
    )[0]
    assert capacity(given, committee) == "committee"


def test_volunteers_lose_access_after_rerouting() -> None:
    report = accepted_by("acc_v", "squ_1")
    volunteer = person("volunteer", COMMUNITY, "acc_v")
    for way in ("police", "committee", "volunteers"):
        again = decisions.reroute(report, NewRoute(way, "经核实"), OFFICER, START, SERVED)[0]
        assert capacity(again, volunteer) is None
    stood_down = callout.left(report, 1, ("acc_v",))
    assert stood_down is not None
    assert capacity(stood_down[0], volunteer) is None


def test_nobody_owns_an_anonymous_report() -> None:
    report, _ = new(reporter=None)
    assert capacity(report, person("resident", "3701", "acc_reporter")) is None


def test_no_view_shows_accounts() -> None:
    report = decisions.add_note(accepted_by("acc_v", "squ_1"), "看过了", OFFICER, START)[0]
    shown = report_view(report, "officer", START).model_dump_json()
    for account in ("acc_v", "acc_officer", "acc_reporter", "squ_1"):
        assert account not in shown


@pytest.mark.parametrize(
    "text", ["有人持刀", "着火了", "老人走失了", "让我转账到安全账户", "十几个人讨薪"]
)
def test_police_matters_come_with_advice_to_call(text: str) -> None:
    given = advice(new(text)[0])
    assert given is not None
    assert "请立即拨打110/119/120" in given.zh
    assert "110" in given.en


def test_other_matters_have_no_advice() -> None:
    assert advice(new("路灯坏了")[0]) is None


def test_a_volunteer_files_as_a_volunteer() -> None:
    grants = (Grant(role="resident", area="3701"), Grant(role="volunteer", area=COMMUNITY))
    both = Principal(subject="acc", session="s", grants=grants)
    assert role_when_filing(both) == "volunteer"
    assert role_when_filing(person("committee", COMMUNITY)) == "committee"
    assert role_when_filing(person("city_desk", "3701")) == "resident"
    assert role_when_filing(None) == "resident"
