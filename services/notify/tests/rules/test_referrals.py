"""Who is asked to act, and what the reporter reads meanwhile."""

import pytest

from contracts.events import dispatch, incidents, registration
from contracts.texts import text
from contracts.vocabulary import ReferralReason, values_of
from services.notify.rules.domain import notifications_of
from services.notify.rules.domain.notification import Accounts, GrantHolders
from services.notify.tests.rules.test_rules import make, notification, shown

WHYS: tuple[ReferralReason, ...] = values_of(ReferralReason)


@pytest.mark.parametrize("why", WHYS)
def test_the_holder_of_the_watch_is_asked_as_such(why: str) -> None:
    asked = notification(incidents.ReportReferred, why=why)
    assert asked.to == Accounts(("acc_31",))
    assert asked.kind == "escalation"
    assert text(f"referral.{why}").zh in shown(asked.title).zh
    assert shown(asked.title).zh.startswith("紧急")
    assert "您在值班" in shown(asked.body).zh
    assert asked.data["why"] == why


@pytest.mark.parametrize("why", WHYS)
def test_everybody_of_exactly_the_level_is_asked_but_those_who_were(why: str) -> None:
    asked = notification(
        incidents.ReportReferred, why=why, to=(), told=("acc_31",), level="370104", urgency="high"
    )
    assert asked.to == GrantHolders("officer", "370104", ("acc_31",))
    assert "槐荫区全体民警" in shown(asked.body).zh
    assert "紧急" not in shown(asked.title).zh
    assert asked.data["asked"] == "everybody"


def test_until_somebody_acknowledged_nobody_says_that_the_police_have_it() -> None:
    for urgency in ("urgent", "normal"):
        message = notification(incidents.ReportHandedOff, urgency=urgency)
        assert "移交中" in shown(message.body).zh
        assert "已由民警" not in shown(message.body).zh
        assert "110" in shown(message.body).zh
    assert "已由民警受理" in shown(notification(incidents.ReportAcknowledged).body).zh


@pytest.mark.parametrize("why", WHYS)
def test_one_acknowledgement_is_one_message_to_the_reporter(why: str) -> None:
    """Of a hand-off ReportAcknowledged tells."""
    told = notifications_of(make(incidents.ReportReferralAcknowledged, why=why))
    assert len(told) == (why not in ("handed_off", "informed"))


@pytest.mark.parametrize("why", ["nobody_answered", "nobody_on_duty", "overdue"])
def test_the_reporter_reads_that_nobody_came_yet_and_an_officer_is_asked(why: str) -> None:
    message = notification(incidents.ReportEscalated, why=why)
    assert message.to == Accounts(("acc_11",))
    assert "正在请民警" in shown(message.body).zh


def test_a_question_says_until_when_in_local_time_and_is_no_use_after_it() -> None:
    message = notification(incidents.ReportQuestionAsked)
    assert "3月6日16:00 前" in shown(message.body).zh
    assert "16:00 on 6 March" in shown(message.body).en
    assert message.expires_at is not None


def test_the_officer_who_asked_reads_the_answer_or_that_there_is_none() -> None:
    assert notification(incidents.ReportQuestionAnswered).to == Accounts(("acc_31",))
    officer, reporter = notifications_of(make(incidents.ReportQuestionLapsed))
    assert (officer.to, reporter.to) == (Accounts(("acc_31",)), Accounts(("acc_11",)))
    (officer,) = notifications_of(make(incidents.ReportQuestionLapsed, reporter=None))
    assert officer.to == Accounts(("acc_31",))


def test_a_correction_names_what_was_corrected() -> None:
    message = notification(incidents.ReportCorrected, fields=("community", "category"))
    assert "更正了社区、类别" in shown(message.body).zh
    assert "the community, the category" in shown(message.body).en


def test_danger_is_the_reason_that_volunteers_read_and_what_to_do_comes_first() -> None:
    stop = shown(notification(dispatch.WaveStoodDown, reason="danger").body).zh
    assert "请马上停止前往" in stop
    assert "拨 110" in stop
    wait = notification(incidents.ReportVolunteersWarned)
    assert wait.to == Accounts(("acc_5f1e",))
    assert "不要靠近" in shown(wait.body).zh


@pytest.mark.parametrize("about", ["setting_out", "arrival", "finish"])
def test_silence_is_asked_about_then_told_to_leaders_then_to_who_missed(about: str) -> None:
    asked = notification(dispatch.VolunteerSignAsked, about=about)
    assert asked.to == Accounts(("acc_5f1e",))
    assert "3月5日16:15 前" in shown(asked.body).zh
    overdue = notification(dispatch.VolunteerOverdue, about=about)
    assert (overdue.to, overdue.kind) == (Accounts(("acc_31",)), "escalation")
    missed = notification(dispatch.VolunteerMissed, about=about)
    assert missed.to == Accounts(("acc_5f1e",))


def test_who_missed_is_told_once() -> None:
    assert notifications_of(make(dispatch.WaveStoodDown, reason="no_sign")) == ()


def test_who_is_offered_a_watch_is_told() -> None:
    message = notification(registration.WatchOffered)
    assert message.to == Accounts(("acc_9a7b",))
    assert "段店北路" in shown(message.body).zh


@pytest.mark.parametrize("standing", ["rejected", "suspended"])
def test_a_refusal_says_where_its_reason_can_be_read(standing: str) -> None:
    message = notification(registration.VolunteerStandingChanged, standing=standing)
    assert "原因请看“我的义警资格”" in shown(message.body).zh
