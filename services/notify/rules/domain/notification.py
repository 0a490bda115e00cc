"""What a rule makes of an event: one text for an audience.

Texts come from the catalogue and closed vocabularies alone, so nothing that a person typed gets
into them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.envelope import Event
from contracts.events.dispatch import CalloutEvent
from contracts.events.incidents import ReportEvent
from contracts.texts import LocalizedText, text
from contracts.vocabulary import MessageKind, Role
from jinan.divisions import name_of
from services.notify.inbox.domain import Message

Data = Mapping[str, str | int]
"""Codes and counts for the app."""
Values = Mapping[str, LocalizedText | str | int]
"""For the places of a text."""


@dataclass(frozen=True)
class Accounts:
    ids: tuple[str, ...]


@dataclass(frozen=True)
class RoleHolders:
    """Everyone who holds the role in an area that covers `area`, except one account."""

    role: Role
    area: str
    excluded: str | None = None


@dataclass(frozen=True)
class ReporterOf:
    """Who filed the report, if that is known and not anonymous."""

    report: str


Audience = Accounts | RoleHolders | ReporterOf


@dataclass(frozen=True)
class Notification:
    kind: MessageKind
    to: Audience
    title: LocalizedText
    body: LocalizedText
    report: str | None = None
    callout: str | None = None
    area: str | None = None
    expires_at: datetime | None = None
    data: Data = field(default_factory=dict[str, str | int])

    def message(self, id: str, recipient: str, at: datetime) -> Message:
        return Message(
            id=id,
            recipient=recipient,
            kind=self.kind,
            title=self.title,
            body=self.body,
            at=at,
            report=self.report,
            callout=self.callout,
            area=self.area,
            expires_at=self.expires_at,
            data=dict(self.data),
        )


Rule = Callable[[Any], Notification | None]
Rules = Mapping[type[Event], Rule]


def localized(key: str, values: Values) -> LocalizedText:
    """The catalogue's text with each value in its own language."""
    zh, en = dict[str, object](values), dict[str, object](values)
    for name, value in values.items():
        if isinstance(value, LocalizedText):
            zh[name], en[name] = value.zh, value.en
    return LocalizedText(zh=text(f"message.{key}", **zh).zh, en=text(f"message.{key}", **en).en)


def about_report(
    event: CalloutEvent | ReportEvent,
    kind: MessageKind,
    to: Audience,
    key: str,
    *,
    data: Data | None = None,
    values: Values | None = None,
    expires_at: datetime | None = None,
) -> Notification:
    """About a report or its call-out. The texts `{key}_title` and `{key}_body` may name its
    category and area."""
    filled: Values = {
        "category": text(f"category.{event.category}"),
        "area": name_of(event.area),
        **(values or {}),
    }
    codes: Data = {"category": event.category, "area": event.area, **(data or {})}
    return Notification(
        kind=kind,
        to=to,
        title=localized(f"{key}_title", filled),
        body=localized(f"{key}_body", filled),
        report=event.report,
        callout=event.callout if isinstance(event, CalloutEvent) else None,
        area=event.area,
        expires_at=expires_at,
        data={"event": type(event).__name__, **codes},
    )


def personal(
    event: Event,
    kind: MessageKind,
    account: str,
    key: str,
    *,
    data: Data | None = None,
    expires_at: datetime | None = None,
) -> Notification:
    """About the recipient. The texts may name all of `data`."""
    values = data or {}
    return Notification(
        kind=kind,
        to=Accounts((account,)),
        title=localized(f"{key}_title", values),
        body=localized(f"{key}_body", values),
        expires_at=expires_at,
        data={"event": type(event).__name__, **values},
    )
