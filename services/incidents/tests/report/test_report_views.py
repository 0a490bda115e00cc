"""What each reader sees of a report, and that its words are true."""

from datetime import timedelta

import pytest

from contracts.vocabulary import Danger
from services.incidents.deadline.domain import on_due
from services.incidents.follow_up.api import follow_up_view
from services.incidents.report.domain import decisions
from services.incidents.report.domain.access import Capacity
from services.incidents.report.domain.report import Report
from services.incidents.report.schemas import advice, filed_report_view, report_view, state_text
from services.incidents.tests.reports import COMMUNITY, OFFICER, START, new

MINUTE = timedelta(minutes=1)


def asked(report: Report) -> Report:
    decision = on_due(report, {"370104009": "acc_watch"}, START)
    assert decision is not None
    return decision[0]


def in_triage(danger: Danger = "none") -> Report:
    report, _ = new()
    held = report.with_(state="filed", triage="urgent", danger=danger, referral=None)
    return asked(held.refer("triage", "urgent", START))


def test_an_officer_sees_who_is_asked_and_how_long_it_has_waited() -> None:
    report = in_triage()
    shown = report_view(report, "officer", START + 3 * MINUTE).referral
    assert shown is not None
    assert (shown.why, shown.level, shown.step, shown.waiting_s) == (
        "triage",
        "370104009",
        1,
        180,
    )
    taken = decisions.acknowledge(report, OFFICER, START + MINUTE)
    assert taken is not None
    after = report_view(taken[0], "officer", START + 9 * MINUTE).referral
    assert after is not None
    assert (after.acknowledged_at, after.waiting_s) == (START + MINUTE, 60)


@pytest.mark.parametrize("reads_as", ["reporter", "committee", "volunteer", "leader", None])
def test_nobody_else_sees_it(reads_as: Capacity | None) -> None:
    shown = report_view(in_triage(), reads_as, START)
    assert shown.referral is None
    assert "referred" not in [line.what for line in shown.timeline]
    assert "referred" in [line.what for line in report_view(in_triage(), "officer", START).timeline]


def test_what_is_hidden_differs_from_what_is_not_there() -> None:
    report = new()[0].with_(referral=None)
    hidden = {
        reads_as: report_view(report, reads_as, START).hidden
        for reads_as in ("officer", "reporter", "volunteer", None)
    }
    assert hidden == {
        "officer": ("advice",),
        "reporter": ("referral",),
        "volunteer": ("referral", "advice"),
        None: ("referral", "advice"),
    }


def test_a_follow_up_key_that_a_repeat_does_not_get_is_hidden() -> None:
    anonymous, named = new()[0].with_(reporter=None), new()[0]
    assert "follow_up_key" in filed_report_view(anonymous, None, START).hidden
    assert "follow_up_key" not in filed_report_view(anonymous, "5d1f", START).hidden
    assert "follow_up_key" not in filed_report_view(named, None, START).hidden


def test_nobody_has_it_before_somebody_acknowledged() -> None:
    police = asked(new("有人持刀")[0])
    assert state_text(police).zh == "移交民警中，尚无人接收"
    noted, _ = decisions.add_note(police, "在看", OFFICER, START)
    assert state_text(noted).zh == "民警已查看，待受理"
    taken = decisions.acknowledge(noted, OFFICER, START)
    assert taken is not None
    assert state_text(taken[0]).zh == "民警已受理"
    assert state_text(in_triage()).zh == "等待值班人员查看"


@pytest.mark.parametrize("danger", ["suspected", "sure"])
def test_danger_comes_with_advice_in_triage_too(danger: Danger) -> None:
    report = in_triage(danger)
    shown = report_view(report, "reporter", START)
    assert shown.advice is not None
    assert "请立即拨打110/119/120" in shown.advice.zh
    assert report_view(report, "officer", START).advice is None
    assert follow_up_view(report).advice == shown.advice
    assert COMMUNITY not in follow_up_view(report).model_dump_json()


@pytest.mark.parametrize("text", ["有人持刀", "让我转账到安全账户", "老人走失了", "十几个人讨薪"])
def test_advice_does_not_say_that_the_police_have_been_told(text: str) -> None:
    given = advice(new(text)[0])
    assert given is not None
    assert "已转" not in given.zh
    assert "has been told" not in given.en


def test_the_reasons_are_in_words_where_there_are_any() -> None:
    report = new()[0].with_(because=("officer", "no_such_code"))
    shown = [text.zh for text in report_view(report, "officer", START).because_text]
    assert shown == ["民警的决定", "no_such_code"]
