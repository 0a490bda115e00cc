"""Who publishes and who reads: each event has its source in the service that owns the topic, and
readers ask for it."""

import ast
from importlib import import_module

import pytest

from chassis.kafka.subscriptions import Subscriptions
from chassis.service import Service
from chassis.tests.kafka.records import record
from contracts.envelope import Event
from contracts.events import dispatch
from contracts.tools import asyncapi
from tests.architecture.tree import ROOT, modules, parsed


def _made_in(service: str) -> set[str]:
    """Names of classes that the service's code calls or hands on, tests left out."""
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for path in modules()
        if path.is_relative_to(ROOT / "services" / service) and "tests" not in path.parts
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Name | ast.Attribute)
    }


RETIRED = {old for event in asyncapi.published() for old in event.supersedes}
PUBLISHED = [event for event in asyncapi.published() if event not in RETIRED]


@pytest.mark.parametrize("event", PUBLISHED, ids=lambda event: event.__name__)
def test_an_event_is_made_by_the_service_that_owns_its_topic_and_by_no_other(
    event: type[Event],
) -> None:
    owner = event.topic.partition(".")[0]
    assert event.__name__ in _made_in(owner), (
        "nobody publishes it: take it out before it is released, or publish it"
    )


@pytest.mark.parametrize("old", RETIRED, ids=lambda event: event.__name__)
def test_a_retired_event_is_made_by_nobody_and_read_as_the_one_that_supersedes_it(
    old: type[Event],
) -> None:
    assert not [service for service in NEEDED if old.__name__ in _made_in(service)]
    new = next(event for event in PUBLISHED if old in event.supersedes)
    upcast = new.upcast(old.model_validate(old.example))
    assert isinstance(upcast, new)
    assert getattr(upcast, new.key) == old.example[old.key]


def subscriptions(service: str) -> Subscriptions:
    found: Service = import_module(f"services.{service}.main").service
    return found.subscriptions


NEEDED = {
    "incidents": {
        "CalloutOpened",
        "CalloutAccepted",
        "VolunteerArrived",
        "CalloutDone",
        "CalloutEscalated",
    },
    "dispatch": {"ReportRouted", "ReportWithdrawn", "ReportClosed", "VolunteerStandingChanged"},
    "notify": {
        "WaveCalled",
        "WaveStoodDown",
        "ReportResolved",
        "ReportClosed",
        "HoursCredited",
        "ReportReferred",
        "ReportReferralAcknowledged",
        "ReportHandedOff",
        "ReportEscalated",
        "ReportQuestionAsked",
        "ReportQuestionAnswered",
        "ReportQuestionLapsed",
        "ReportCorrected",
        "ReportVolunteersWarned",
        "VolunteerSignAsked",
        "VolunteerOverdue",
        "VolunteerMissed",
    },
}
"""Report -> call-out -> alert, and back to the reporter."""


@pytest.mark.parametrize("service", NEEDED)
def test_the_main_job_has_its_readers(service: str) -> None:
    found = subscriptions(service)
    assert NEEDED[service] <= {name for topic in found.topics for name in found.events(topic)}


@pytest.mark.parametrize(("service", "lanes"), [("incidents", 1), ("notify", 2)])
def test_a_report_follows_its_callout_in_order_and_people_are_notified_side_by_side(
    service: str, lanes: int
) -> None:
    kinds: tuple[type[dispatch.CalloutEvent], ...] = (
        dispatch.WaveStoodDown,
        dispatch.VolunteerArrived,
    )
    events = [kind.model_validate(kind.example) for kind in kinds]
    read = [subscriptions(service).read(record(event)) for event in events]
    assert len({delivery.lane for delivery in read if delivery}) == lanes
