"""Who may read a report. For everybody else it does not exist."""

from datetime import timedelta

import pytest

from chassis.domain import Refusal
from chassis.identity.guards import Principal
from contracts.access import Grant
from contracts.vocabulary import Role
from services.incidents.follow_up.api import follow_up_view
from services.incidents.report.domain import callout, decisions, ending
from services.incidents.report.domain.access import Capacity, capacity, role_when_filing
from services.incidents.report.domain.decisions import NewRoute
from services.incidents.report.domain.report import VOLUNTEERS, Report
from services.incidents.report.schemas import advice, report_view
from services.incidents.tests.reports import (
    COMMUNITY,
    OFFICER,
    REPORTER,
    SERVED,
    START,
    new,
    person,
)

MINUTE = timedelta(minutes=1)


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
    assert capacity(accepted_by("acc_v", "squ_1"), who, START) == reads_as


def test_the_committee_does_not_read_police_matters() -> None:
    report, _ = new("有人持刀")
    assert capacity(report, person("committee", COMMUNITY), START) is None
    assert capacity(report, person("officer", "370104009"), START) == "officer"


def test_a_search_with_volunteers_stays_a_police_matter() -> None:
    """The committee learns who is missing only if an officer routes the report to it."""
    report, _ = new("老人走失了", "missing")
    committee, officer = person("committee", COMMUNITY), person("officer", "370104009")
    searched = decisions.reroute(
        report, NewRoute("volunteers", "请帮忙寻找"), OFFICER, START, SERVED
    )[0]
    unsolved = decisions.return_unsolved(searched, OFFICER, START)[0]
    for one in (report, searched, unsolved):
        assert capacity(one, committee, START) is None
        assert capacity(one, officer, START) == "officer"
    given = decisions.reroute(
        searched, NewRoute("committee", "请社区走访"), OFFICER, START, SERVED
    )[0]
    assert capacity(given, committee, START) == "committee"


def test_volunteers_lose_access_after_rerouting() -> None:
    report = accepted_by("acc_v", "squ_1")
    volunteer = person("volunteer", COMMUNITY, "acc_v")
    for way in ("police", "committee", "volunteers"):
        again = decisions.reroute(report, NewRoute(way, "经核实"), OFFICER, START, SERVED)[0]
        assert capacity(again, volunteer, START) is None
    stood_down = callout.left(report, 1, ("acc_v",))
    assert stood_down is not None
    assert capacity(stood_down[0], volunteer, START) is None


@pytest.mark.parametrize("end", ["confirmed", "withdrawn"])
def test_who_helped_reads_it_until_a_day_after_its_end(end: str) -> None:
    report = accepted_by("acc_v", "squ_1")
    helpers = {
        "volunteer": person("volunteer", COMMUNITY, "acc_v"),
        "leader": person("leader", "370104009", squad="squ_1"),
    }
    if end == "confirmed":
        resolved = ending.resolve(report, "solved", "好了", "volunteers", VOLUNTEERS, START)[0]
        late = START + timedelta(days=60)  # not over: the reporter has not said so
        assert capacity(resolved, helpers["volunteer"], late) == "volunteer"
        over = ending.confirm(resolved, "reporter", REPORTER, START + MINUTE)
    else:
        over = ending.withdraw(report, "不用了", REPORTER, START + MINUTE)
    assert over is not None
    closed, until = over[0], START + MINUTE + timedelta(days=1)
    for reads_as, who in helpers.items():
        assert capacity(closed, who, until - MINUTE) == reads_as
        assert capacity(closed, who, until) is None
    assert capacity(closed, person("resident", "3701", "acc_reporter"), until) == "reporter"
    assert capacity(closed, person("officer", "370104009"), until) == "officer"


def test_nobody_owns_an_anonymous_report() -> None:
    report, _ = new(reporter=None)
    assert capacity(report, person("resident", "3701", "acc_reporter"), START) is None


ROLES: tuple[Role, ...] = ("resident", "volunteer", "leader", "officer", "committee")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("reads_as", ["officer", "committee", "volunteer", "leader", "reporter"])
def test_an_anonymous_report_tells_nobody_in_which_role_it_was_filed(
    role: Role, reads_as: Capacity
) -> None:
    """One stored before, too: its time line has the role."""
    now, before = new(role=role, reporter=None)[0], new(role=role)[0].with_(reporter=None)
    for report in (now, before):
        shown = report_view(report, reads_as, START)
        assert shown.timeline[0].by_role == "reporter"
        assert "reporter_role" not in shown.model_dump()
        assert follow_up_view(report).timeline[0].by_role == "reporter"
    assert (now.timeline[0].by_role, now.timeline[0].by) == ("reporter", None)


def test_whoever_has_the_number_does_not_read_the_role_of_who_gave_their_name() -> None:
    report = new(role="leader")[0]
    assert report_view(report, "officer", START).timeline[0].by_role == "leader"
    assert follow_up_view(report).timeline[0].by_role == "reporter"


def test_an_anonymous_reporter_has_no_role() -> None:
    volunteer = person("volunteer", COMMUNITY)
    assert role_when_filing(volunteer, anonymous=True) == "resident"
    with pytest.raises(Refusal, match="finished_with_name"):
        role_when_filing(volunteer, anonymous=True, finished=True)
    with pytest.raises(Refusal, match="finished_by_volunteers"):
        role_when_filing(person("resident", "3701"), finished=True)


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
