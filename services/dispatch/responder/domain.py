"""A volunteer as dispatch knows them: standing, duty, the matter they are claimed for, and how they
have answered."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chassis.domain import Aggregate, Refusal
from contracts.envelope import Event
from contracts.events.dispatch import DutyEnded, DutySignAsked, DutyStarted
from contracts.events.registration import VolunteerStandingChanged
from contracts.vocabulary import Category, Skill
from services.dispatch.policy import LOCAL, Policy

Decision = tuple["Responder", Sequence[Event]]
Decide = Callable[["Responder"], Decision | None]
Signs = Mapping[str, datetime]
EndReason = Literal["tap", "shift_end", "no_sign", "suspended"]
_WEEK = timedelta(days=7)


class Engagement(BaseModel):
    """The claim of one call-out on a person. It ends by itself at `until`; None once they have
    accepted."""

    model_config = ConfigDict(frozen=True)

    callout: str
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.until is None or self.until > now


class Answers(BaseModel):
    """How often a person was asked (and had the time to answer), and how often they accepted."""

    model_config = ConfigDict(frozen=True)

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
    """By `all`, `h08` (hour of the day in Jinan) and `k_dispute` (kind)."""

    def engagement(self, now: datetime) -> str | None:
        """The call-out they are claimed for now."""
        return self.engaged.callout if self.engaged and self.engaged.holds(now) else None


def standing_changed(
    responder: Responder, event: VolunteerStandingChanged, seq: int, now: datetime
) -> Decision | None:
    """The newest standing is the truth; who is not approved any more is off duty at once."""
    if seq <= responder.source:
        return None
    changed = responder.model_copy(
        update={
            "source": seq,
            "approved": event.standing == "approved",
            "station": event.station,
            "squad": event.squad,
            "skills": event.skills,
            "birth_year": event.birth_year,
        }
    )
    if changed.on_duty and not changed.approved:
        return end_duty(changed, "suspended", now)
    return changed, ()


def start_duty(responder: Responder, now: datetime) -> Decision | None:
    if not responder.approved:
        raise Refusal("not_a_volunteer")
    if responder.on_duty:
        return None
    started = responder.model_copy(
        update={"on_duty": True, "duty_since": now, "sign_at": now, "sign_asked_at": None}
    )
    return started, (DutyStarted(volunteer=responder.id, station=responder.station),)


def end_duty(responder: Responder, reason: EndReason, now: datetime) -> Decision | None:
    """A claim stays until the call-out lets go of it: who is on scene finishes there."""
    if not responder.on_duty:
        return None
    ended = responder.model_copy(
        update={"on_duty": False, "duty_since": None, "sign_at": now, "sign_asked_at": None}
    )
    return ended, (DutyEnded(volunteer=responder.id, station=responder.station, reason=reason),)


def without_sign(
    responder: Responder, seen_at: datetime | None, now: datetime, policy: Policy
) -> Decision | None:
    """Ask first, then take off duty once the time that the question gave is over too (it may have
    been asked late); never who has accepted a matter. `seen_at` is their newest position's time."""
    signs = [sign for sign in (responder.sign_at, seen_at) if sign is not None]
    if (
        not responder.on_duty
        or not signs
        or (responder.engaged and responder.engaged.until is None)
    ):
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
        return responder.model_copy(update={"sign_asked_at": now}), (question,)
    return None


def accepted(responder: Responder, callout: str, category: Category, at: datetime) -> Decision:
    """Their claim has no end any more, until they leave the call-out."""
    held = responder.engaged is not None and responder.engaged.callout == callout
    answered = learn(responder, category, at, accepted=True)
    return answered.model_copy(
        update={
            "engaged": Engagement(callout=callout) if held else responder.engaged,
            "accepted_at": (*_week_of(responder.accepted_at, at), at),
            "sign_at": _later(responder.sign_at, at),
        }
    ), ()


def left(responder: Responder, callout: str, at: datetime) -> Decision:
    """They have nothing more to do with this call-out; after an accepted one they rest."""
    if responder.engaged is None or responder.engaged.callout != callout:
        return responder, ()
    served = responder.engaged.until is None
    return responder.model_copy(
        update={"engaged": None, "served_until": at if served else responder.served_until}
    ), ()


def learn(responder: Responder, category: Category, at: datetime, *, accepted: bool) -> Responder:
    """Count one answer: overall, at this hour, for this kind."""
    answers = dict(responder.answers)
    for key in answer_keys(category, at):
        before = answers.get(key, Answers())
        answers[key] = Answers(asked=before.asked + 1, accepted=before.accepted + int(accepted))
    return responder.model_copy(update={"answers": answers})


def answer_keys(category: Category, at: datetime) -> tuple[str, str, str]:
    return "all", f"h{at.astimezone(LOCAL).hour:02}", f"k_{category}"


def accepted_today(responder: Responder, now: datetime) -> int:
    today = now.astimezone(LOCAL).date()
    return sum(at.astimezone(LOCAL).date() == today for at in responder.accepted_at)


def called_this_week(responder: Responder, now: datetime) -> int:
    return len(_week_of(responder.called_at, now))


def _week_of(moments: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in moments if at > now - _WEEK)


def _later(a: datetime | None, b: datetime) -> datetime:
    return b if a is None else max(a, b)
