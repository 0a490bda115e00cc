"""A volunteer as dispatch knows them: standing, duty, and how they have answered."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from chassis.domain import Aggregate, Frozen, Refusal
from contracts.envelope import Event
from contracts.events.dispatch import DutyEnded, DutySignAsked, DutyStarted
from contracts.events.registration import VolunteerStandingChanged
from contracts.vocabulary import Category, Skill
from jinan.local_time import LOCAL
from services.dispatch.policy import DispatchPolicy

Decision = tuple["Responder", Sequence[Event]]
Decide = Callable[["Responder"], Decision | None]
EndReason = Literal["tap", "shift_end", "no_sign", "suspended"]
_WEEK = timedelta(days=7)


class Engagement(NamedTuple):
    """The call-out that holds a person. `coming`: they have accepted; else they are called, and
    can answer until `expires_at`."""

    callout: str
    coming: bool
    expires_at: datetime


class Call(NamedTuple):
    """A call as its call-out has it. `left_at`: when they left, of one that they had accepted and
    rest after."""

    called_at: datetime
    accepted_at: datetime | None = None
    left_at: datetime | None = None


class Answers(Frozen):
    """How often a person was asked (and had the time to answer), and how often they accepted and
    did not stay away."""

    asked: int = 0
    accepted: int = 0


class Responder(Aggregate):
    """The id is the volunteer's account id. `source` is the seq of the standing last applied; 0:
    none yet."""

    source: int = 0
    approved: bool = False
    station: str = ""
    squad: str | None = None
    skills: tuple[Skill, ...] = ()
    birth_year: int = 0

    on_duty: bool = False
    duty_since: datetime | None = None
    sign_at: datetime | None = None
    """The last sign that is stored; a newer one may be among the positions."""
    sign_asked_at: datetime | None = None

    served_until: datetime | None = None
    """When the last accepted call-out ended: rest counts from here."""
    accepted_at: tuple[datetime, ...] = ()
    answers: Mapping[str, Answers] = {}
    """By `all`, `h08` (hour of the day in Jinan) and `k_dispute` (category)."""
    erased: bool = False
    """The person is: nothing is kept of them but this, so that nothing late brings them back."""


def standing_changed(
    responder: Responder, event: VolunteerStandingChanged, seq: int, now: datetime
) -> Decision | None:
    """The newest standing counts; losing approval ends duty at once."""
    if seq <= responder.source or responder.erased:
        return None
    changed = responder.with_(
        source=seq,
        approved=event.standing == "approved",
        station=event.station,
        squad=event.squad,
        skills=event.skills,
        birth_year=event.birth_year,
    )
    if changed.on_duty and not changed.approved:
        return end_duty(changed, "suspended", now)
    return changed, ()


def erase(responder: Responder, now: datetime) -> Decision | None:
    """None if they are erased already."""
    if responder.erased:
        return None
    ended = end_duty(responder, "suspended", now)
    blank = Responder(id=responder.id, version=responder.version, erased=True)
    return blank, ended[1] if ended else ()


def start_duty(responder: Responder, now: datetime) -> Decision | None:
    if not responder.approved:
        raise Refusal("not_a_volunteer")
    if responder.on_duty:
        return None
    started = responder.with_(on_duty=True, duty_since=now, sign_at=now, sign_asked_at=None)
    return started, (_started(started),)


def _started(responder: Responder) -> DutyStarted:
    return DutyStarted(volunteer=responder.id, station=responder.station)


def state(responder: Responder) -> Sequence[Event]:
    """All that others keep of it: who is on duty. Whom they do not know is not."""
    return [_started(responder)] if responder.on_duty else []


def end_duty(responder: Responder, reason: EndReason, now: datetime) -> Decision | None:
    """The call-out decides on who is called or coming: a volunteer on scene finishes there."""
    if not responder.on_duty:
        return None
    ended = responder.with_(on_duty=False, duty_since=None, sign_at=now, sign_asked_at=None)
    return ended, (DutyEnded(volunteer=responder.id, station=responder.station, reason=reason),)


def check_silence(
    responder: Responder, seen_at: datetime | None, now: datetime, policy: DispatchPolicy
) -> Decision | None:
    """Ask a silent volunteer who is on no accepted call-out, and end their duty once the time to
    answer is over too. `seen_at` is the time of their newest position.

    The time to answer counts from the question, which may have been asked late.
    """
    signs = [sign for sign in (responder.sign_at, seen_at) if sign is not None]
    if not responder.on_duty or not signs:
        return None
    silent_s = (now - max(signs)).total_seconds()
    to_answer = timedelta(seconds=policy.no_sign_s - policy.sign_asked_s)
    asked_at = responder.sign_asked_at
    if asked_at is not None and asked_at >= max(signs):
        over = silent_s >= policy.no_sign_s and now >= asked_at + to_answer
        return end_duty(responder, "no_sign", now) if over else None
    if silent_s >= policy.sign_asked_s:
        until = now + to_answer
        question = DutySignAsked(volunteer=responder.id, station=responder.station, until=until)
        return responder.with_(sign_asked_at=now), (question,)
    return None


def accept(responder: Responder, category: Category, at: datetime) -> Decision:
    """They accepted a call, which is a sign, too."""
    answered = count_answer(responder, category, at, accepted=True)
    return answered.with_(
        accepted_at=(*(one for one in responder.accepted_at if one > at - _WEEK), at),
        sign_at=max(responder.sign_at or at, at),
    ), ()


def miss(responder: Responder, category: Category, at: datetime) -> Decision | None:
    """They accepted and never came: their last acceptance before that counts as a no. They were
    given the place, so it still counts for the day."""
    accepted_at = max((one for one in responder.accepted_at if one <= at), default=None)
    if accepted_at is None:
        return None
    answers = dict(responder.answers)
    for key in answer_keys(category, accepted_at):
        before = answers.get(key, Answers())
        answers[key] = before.with_(accepted=max(0, before.accepted - 1))
    return responder.with_(answers=answers), ()


def rest(responder: Responder, at: datetime) -> Decision:
    """They left a call-out that they had accepted."""
    return responder.with_(served_until=max(responder.served_until or at, at)), ()


def count_answer(
    responder: Responder, category: Category, at: datetime, *, accepted: bool
) -> Responder:
    """Count one answer: overall, at this hour, for this category."""
    answers = dict(responder.answers)
    for key in answer_keys(category, at):
        before = answers.get(key, Answers())
        answers[key] = Answers(asked=before.asked + 1, accepted=before.accepted + int(accepted))
    return responder.with_(answers=answers)


def answer_keys(category: Category, at: datetime) -> tuple[str, str, str]:
    return "all", f"h{at.astimezone(LOCAL).hour:02}", f"k_{category}"
