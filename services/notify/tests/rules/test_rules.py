"""Who is notified of what: every event, every variant, never text that somebody typed."""

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.events import dispatch, incidents, notify, registration
from contracts.texts import LocalizedText, text
from services.notify.inbox.domain import Template
from services.notify.rules.domain import notifications_of
from services.notify.rules.domain.notification import (
    Accounts,
    Notification,
    RoleHolders,
    localized,
)

EVENTS: list[type[Event]] = [
    kind
    for module in (dispatch, incidents, notify, registration)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Event)
    and hasattr(kind, "example")
    and kind.__module__.startswith(module.__name__)
]
NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
CANARY = "CANARY-13800000000"
CODES = {"area", "level", "question", "volunteer", "proposal", "watch"}
"""Ids and codes that `data` has for the app."""


def make(kind: type[Event], **fields: Any) -> Event:
    return kind.model_validate({**kind.example, **fields})


def notification(kind: type[Event], **fields: Any) -> Notification:
    (found,) = notifications_of(make(kind, **fields))
    return found


def variants(kind: type[Event]) -> Iterator[Event]:
    """The example with each word of each closed vocabulary."""
    yield make(kind)
    for name, field in kind.model_fields.items():
        for word in getattr(field.annotation, "__args__", ()):
            if isinstance(word, str):
                yield make(kind, **{name: word})


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_every_variant_of_every_event_has_both_languages_or_no_message(kind: type[Event]):
    for event in variants(kind):
        for found in notifications_of(event):
            for template in (found.title, found.body):
                part = shown(template, distance_m=240)
                assert part.zh
                assert part.en
                assert "{" not in part.zh + part.en
            assert any("一" <= letter <= "鿿" for letter in shown(found.title).zh)
            assert shown(found.title).en.isascii()


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_no_free_text_of_an_event_gets_into_a_message(kind: type[Event]):
    """Whatever string field a publisher filled wrongly, now or later: it is not shown to
    anybody."""
    for name, field in kind.model_fields.items():
        if str(field.annotation) not in ("<class 'str'>", "str | None"):
            continue
        for found in notifications_of(make(kind, **{name: CANARY})):
            shown = f"{found.title}{found.body}"
            assert CANARY not in shown, name
            codes = {key: value for key, value in found.data.items() if value == CANARY}
            assert set(codes) <= CODES, name


def test_fields_that_are_unknown_today_are_never_shown():
    for kind in EVENTS:
        found = notifications_of(make(kind, text=CANARY, note=CANARY, name=CANARY))
        assert CANARY not in str(found)


def shown(text: Template, **values: str | int) -> LocalizedText:
    return text.fill(values)


def test_each_called_volunteer_learns_kind_place_distance_and_how_many():
    alert = notification(dispatch.WaveCalled)
    assert alert.kind == "alert"
    assert alert.to == Accounts(
        ("acc_5f1e", "acc_77"), {"acc_5f1e": {"distance_m": 500}, "acc_77": {"distance_m": 1000}}
    )
    assert alert.expires_at is not None
    message = alert.message("msg_1", ("acc_77", "acc_5f1e"), alert.expires_at)
    assert [one.account for one in message.recipients] == ["acc_5f1e", "acc_77"]
    for one, metres in zip(message.recipients, ("500", "1000"), strict=True):
        body = message.body.fill(one.values)
        assert "闫千户东社区" in body.zh
        assert metres in body.zh
        assert metres in body.en
        assert "2 人" in body.zh
    assert "扰民" in shown(alert.title).zh
    assert "distance_m" not in alert.data
    assert alert.callout == "cal_7c2.1"


def test_a_wave_that_is_stood_down_is_one_message():
    message = notification(dispatch.WaveStoodDown)
    assert message.to == Accounts(("acc_5f1e", "acc_77"))
    stored = message.message("msg_1", ("acc_5f1e", "acc_77"), NOW)
    assert [one.account for one in stored.recipients] == ["acc_5f1e", "acc_77"]


@pytest.mark.parametrize(
    "reason", ["enough", "report_ended", "routed_elsewhere", "escalated", "suspended", "danger"]
)
def test_who_is_stood_down_learns_why(reason: str):
    message = notification(dispatch.WaveStoodDown, reason=reason)
    assert message.kind == "stand_down"
    assert shown(message.title).zh == text(f"message.stand_down_{reason}_title").zh


@pytest.mark.parametrize(
    "event",
    [
        make(dispatch.WaveStoodDown, reason="off_duty"),
        make(dispatch.DutyEnded, reason="tap"),
        make(dispatch.DutyEnded, reason="suspended"),
        make(dispatch.CalloutAccepted),
        make(dispatch.CalloutDeclined),
        make(dispatch.VolunteerWithdrew),
        make(incidents.ReportFiled),
        make(incidents.ReportConfirmed),
        make(incidents.ReportWithdrawn),
        make(incidents.ReportReopened),
        make(incidents.ReportCorrected, corrected_by="reporter"),
        make(registration.VolunteerStandingChanged, standing="applied"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_nobody_is_notified_of_their_own_actions(event: Event):
    assert notifications_of(event) == ()


def test_an_escalation_goes_to_the_leaders_and_not_to_the_station() -> None:
    leaders = notification(
        dispatch.CalloutEscalated,
        to="leader",
        leaders=("acc_1", "acc_2"),
        why="too_few",
        accepted=1,
    )
    assert leaders.to == Accounts(("acc_1", "acc_2"))
    assert "1 人" in shown(leaders.body).zh
    assert leaders.kind == "escalation"
    assert notifications_of(make(dispatch.CalloutEscalated, to="station")) == ()


def test_only_what_is_routed_to_the_committee_notifies_it():
    assert notification(incidents.ReportRouted, route="committee").to == RoleHolders(
        "committee", "370104009008", "acc_11"
    )
    for route in ("volunteers", "police", "log"):
        assert notifications_of(make(incidents.ReportRouted, route=route)) == ()


@pytest.mark.parametrize(
    "kind",
    [
        incidents.ReportHandedOff,
        incidents.ReportAcknowledged,
        incidents.ReportReferralAcknowledged,
        incidents.ReportEscalated,
        incidents.ReportReturned,
        incidents.ReportCorrected,
        incidents.ReportQuestionAsked,
        incidents.ReportResolved,
        incidents.ReportClosed,
        incidents.ReportNotAccepted,
        dispatch.CalloutFilled,
        dispatch.VolunteerArrived,
    ],
)
def test_the_reporter_is_kept_informed_and_an_anonymous_one_is_not(kind: type[Event]):
    assert notification(kind, reporter="acc_11").to == Accounts(("acc_11",))
    assert notifications_of(make(kind, reporter=None)) == ()


def test_the_reporter_is_asked_whether_it_really_is_solved():
    message = notification(incidents.ReportResolved, outcome="solved")
    assert message.kind == "outcome"
    assert "是否真的解决" in shown(message.body).zh


def test_of_what_is_solved_in_part_the_rest_is_asked_about():
    message = notification(incidents.ReportResolved, outcome="partly_solved")
    assert message.kind == "outcome"
    assert "剩下的部分解决了吗" in shown(message.body).zh
    assert "Is the rest solved" in shown(message.body).en


def test_an_unknown_area_is_named_by_what_is_around_it():
    assert "段店北路街道" in "".join(notification(dispatch.WaveCalled, area="370104009999").body.zh)


def test_each_language_gets_its_own_words():
    message = localized("alert_title", {"category": text("category.traffic")})
    assert "交通疏导" in shown(message).zh
    assert "Traffic" in shown(message).en
