"""A volunteer as dispatch knows them: standing, duty, the call-out that has a claim on them, and
how they have answered."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from chassis.domain import Aggregate, Frozen, Refusal
from contracts.envelope import Event
from contracts.events.dispatch import DutyEnded, DutySignAsked, DutyStarted
from contracts.events.registration import VolunteerStandingChanged
from contracts.vocabulary import Category, Skill
from jinan.local_time import LOCAL, local_date
from services.dispatch.policy import DispatchPolicy

Decision = tuple["Responder", Sequence[Event]]
Decide = Callable[["Responder"], Decision | None]
EndReason = Literal["tap", "shift_end", "no_sign", "suspended"]
_WEEK = timedelta(days=7)


class Engagement(Frozen):
    """The claim of one call-out on a person. It ends by itself at `until`; None once they have
    accepted."""

    callout: str
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.until is None or self.until > now


class Answers(Frozen):
    """How often a person was asked (and had the time to answer), and how often they accepted."""

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

    engaged: Engagement | None = None
    served_until: datetime | None = None
    """When the last accepted call-out ended: rest counts from here."""
    called_at: tuple[datetime, ...] = ()
    accepted_at: tuple[datetime, ...] = ()
    answers: Mapping[str, Answers] = {}
    """By `all`, `h08` (hour of the day in Jinan) and `k_dispute` (category)."""

    def engagement(self, now: datetime) -> str | None:
        """The call-out they are claimed for now."""
        return self.engaged.callout if self.engaged and self.engaged.holds(now) else None

    @property
    def has_accepted(self) -> bool:
        """A call-out that has not ended for them."""
        return self.engaged is not None and self.engaged.until is None


class Profile(NamedTuple):
    """What a selection needs to know of a responder, as of now. `answers`: overall, at this hour,
    for the category."""

    squad: str | None
    on_duty: bool
    approved: bool
    skills: tuple[Skill, ...]
    birth_year: int
    engaged: str | None
    served_until: datetime | None
    accepted_today: int
    called_this_week: int
    last_called_at: datetime | None
    answers: tuple[Answers, Answers, Answers]


def profile(responder: Responder, category: Category, now: datetime) -> Profile:
    everything, hour, kind = (
        responder.answers.get(key, Answers()) for key in _answer_keys(category, now)
    )
    return Profile(
        squad=responder.squad,
        on_duty=responder.on_duty,
        approved=responder.approved,
        skills=responder.skills,
        birth_year=responder.birth_year,
        engaged=responder.engagement(now),
        served_until=responder.served_until,
        accepted_today=accepted_today(responder, now),
        called_this_week=called_this_week(responder, now),
        last_called_at=max(responder.called_at, default=None),
        answers=(everything, hour, kind),
    )


def standing_changed(
    responder: Responder, event: VolunteerStandingChanged, seq: int, now: datetime
) -> Decision | None:
    """The newest standing counts; losing approval ends duty at once."""
    if seq <= responder.source:
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


def start_duty(responder: Responder, now: datetime) -> Decision | None:
    if not responder.approved:
        raise Refusal("not_a_volunteer")
    if responder.on_duty:
        return None
    started = responder.with_(on_duty=True, duty_since=now, sign_at=now, sign_asked_at=None)
    return started, (DutyStarted(volunteer=responder.id, station=responder.station),)


def end_duty(responder: Responder, reason: EndReason, now: datetime) -> Decision | None:
    """A claim stays until the call-out releases it: a volunteer on scene finishes there."""
    if not responder.on_duty:
        return None
    ended = responder.with_(on_duty=False, duty_since=None, sign_at=now, sign_asked_at=None)
    return ended, (DutyEnded(volunteer=responder.id, station=responder.station, reason=reason),)


def check_silence(
    responder: Responder, seen_at: datetime | None, now: datetime, policy: DispatchPolicy
) -> Decision | None:
    """Ask a silent volunteer, and end their duty once the time to answer is over too; never while
    they are on an accepted call-out. `seen_at` is the time of their newest position.

    The time to answer counts from the question, which may have been asked late.
    """
    signs = [sign for sign in (responder.sign_at, seen_at) if sign is not None]
    if not responder.on_duty or not signs or responder.has_accepted:
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


def engage(responder: Responder, callout: str, category: Category, at: datetime) -> Decision:
    """They accepted: the claim has no end any more, until they leave the call-out."""
    held = responder.engaged is not None and responder.engaged.callout == callout
    answered = count_answer(responder, category, at, accepted=True)
    return answered.with_(
        engaged=Engagement(callout=callout) if held else responder.engaged,
        accepted_at=(*_of_week(responder.accepted_at, at), at),
        sign_at=max(responder.sign_at or at, at),
    ), ()


def release(responder: Responder, callout: str, at: datetime) -> Decision:
    """They left this call-out; after an accepted one they rest."""
    if responder.engaged is None or responder.engaged.callout != callout:
        return responder, ()
    served_until = at if responder.has_accepted else responder.served_until
    return responder.with_(engaged=None, served_until=served_until), ()


def count_answer(
    responder: Responder, category: Category, at: datetime, *, accepted: bool
) -> Responder:
    """Count one answer: overall, at this hour, for this category."""
    answers = dict(responder.answers)
    for key in _answer_keys(category, at):
        before = answers.get(key, Answers())
        answers[key] = Answers(asked=before.asked + 1, accepted=before.accepted + int(accepted))
    return responder.with_(answers=answers)


def _answer_keys(category: Category, at: datetime) -> tuple[str, str, str]:
    return "all", f"h{at.astimezone(LOCAL).hour:02}", f"k_{category}"


def accepted_today(responder: Responder, now: datetime) -> int:
    today = local_date(now)
    return sum(local_date(at) == today for at in responder.accepted_at)


def called_this_week(responder: Responder, now: datetime) -> int:
    return len(_of_week(responder.called_at, now))


def _of_week(times: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in times if at > now - _WEEK)
