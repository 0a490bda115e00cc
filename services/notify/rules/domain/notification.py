"""What a rule makes of an event: one text for each audience.

Texts come from the catalogue and closed vocabularies alone, so nothing that a person typed gets
into them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from string import Formatter
from typing import Any

from contracts.envelope import Event
from contracts.events.dispatch import CalloutEvent
from contracts.events.incidents import ReportEvent
from contracts.texts import LocalizedText, template, text
from contracts.vocabulary import MessageKind, Role
from jinan.divisions import name_of
from jinan.local_time import LOCAL
from services.notify.inbox.domain import Message, Recipient, Template

Data = Mapping[str, str | int]
"""Codes and counts for the app."""
Values = Mapping[str, LocalizedText | str | int]
"""For the places of a text."""


@dataclass(frozen=True)
class Accounts:
    """`values` has what only each of them gets, in the texts' places and in `data`: the same names
    for all, or none."""

    ids: tuple[str, ...]
    values: Mapping[str, Data] = field(default_factory=dict[str, Data])

    @property
    def own_names(self) -> frozenset[str]:
        return frozenset(self.values[self.ids[0]]) if self.values else frozenset()


@dataclass(frozen=True)
class RoleHolders:
    """Everyone who holds the role in an area that covers `area`, except one account."""

    role: Role
    area: str
    excluded: str | None = None


@dataclass(frozen=True)
class GrantHolders:
    """Everyone whose grant of the role is for exactly this area, except those who were `told`;
    where that is nobody, those of the next larger area that has somebody."""

    role: Role
    area: str
    told: tuple[str, ...] = ()


Audience = Accounts | RoleHolders | GrantHolders


@dataclass(frozen=True)
class Notification:
    kind: MessageKind
    to: Audience
    title: Template
    body: Template
    report: str | None = None
    callout: str | None = None
    area: str | None = None
    expires_at: datetime | None = None
    data: Data = field(default_factory=dict[str, str | int])

    def message(self, id: str, accounts: Iterable[str], at: datetime) -> Message:
        values = self.to.values if isinstance(self.to, Accounts) else {}
        return Message(
            id=id,
            kind=self.kind,
            title=self.title,
            body=self.body,
            at=at,
            report=self.report,
            callout=self.callout,
            area=self.area,
            expires_at=self.expires_at,
            data=dict(self.data),
            recipients=tuple(
                Recipient(account=account, values=dict(values.get(account, {})))
                for account in sorted(accounts)
            ),
        )


Rule = Callable[[Any], Notification | Sequence[Notification] | None]
"""Several where an event says one thing to some people, and another to others."""
Rules = Mapping[type[Event], Rule]


def localized(key: str, values: Values, own: frozenset[str] = frozenset()) -> Template:
    """The catalogue's text with each value in its own language; the places of `own` stay open, for
    what each recipient has of their own.

    Raises KeyError for a key that the catalogue lacks, or a place that was given no value.
    """
    return _localized(key, tuple(values.items()), own)


@lru_cache(4096)
def _localized(
    key: str, values: tuple[tuple[str, LocalizedText | str | int], ...], own: frozenset[str]
) -> Template:
    zh, en = dict[str, object](values), dict[str, object](values)
    for name, value in values:
        if isinstance(value, LocalizedText):
            zh[name], en[name] = value.zh, value.en
    open_text = template(f"message.{key}")
    return Template(zh=_parts(open_text.zh, zh, own), en=_parts(open_text.en, en, own))


def _parts(text: str, values: Mapping[str, object], own: frozenset[str]) -> tuple[str, ...]:
    parts = [""]
    for literal, name, _, _ in Formatter().parse(text):
        parts[-1] += literal
        if name in own:
            parts += [name, ""]
        elif name is not None:
            parts[-1] += str(values[name])
    return tuple(parts)


def local_time(at: datetime) -> LocalizedText:
    """Day and minute in Jinan."""
    here = at.astimezone(LOCAL)
    minute = f"{here:%H:%M}"
    return LocalizedText(
        zh=f"{here.month}月{here.day}日{minute}", en=f"{minute} on {here.day} {here:%B}"
    )


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
    own = to.own_names if isinstance(to, Accounts) else frozenset[str]()
    codes: Data = {"category": event.category, "area": event.area, **(data or {})}
    return Notification(
        kind=kind,
        to=to,
        title=localized(f"{key}_title", filled, own),
        body=localized(f"{key}_body", filled, own),
        report=event.report,
        callout=event.callout if isinstance(event, CalloutEvent) else None,
        area=event.area,
        expires_at=expires_at,
        data={"event": type(event).__name__, **codes},
    )


def to_reporter(
    event: CalloutEvent | ReportEvent,
    kind: MessageKind,
    key: str,
    *,
    data: Data | None = None,
    values: Values | None = None,
    expires_at: datetime | None = None,
) -> Notification | None:
    """About a report, to who filed it; None for an anonymous one: they follow by number."""
    if event.reporter is None:
        return None
    to = Accounts((event.reporter,))
    return about_report(event, kind, to, key, data=data, values=values, expires_at=expires_at)


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
