"""Erasing a person: `asked -> (waiting) -> erased`. A sign-in while it waits cancels it
(`sign_in.domain.session`): whoever holds a stolen phone cannot erase its owner."""

from datetime import datetime

from chassis.domain import Decision, Refusal
from contracts.envelope import Event
from services.registration.account import events
from services.registration.account.domain import Account, Erasure, PastStanding
from services.registration.policy import RegistrationPolicy


def ask(
    account: Account, code: str | None, now: datetime, policy: RegistrationPolicy
) -> Decision[Account] | None:
    """All sessions end at once. `code`: the fresh one they confirmed it with; None: the city desk
    asks for them, by their paper. None if it waits already.

    Raises Refusal for who holds a role given by hand: that is taken back first, so that nobody
    erases the last of those whom the city needs.
    """
    _require_known(account)
    if code is not None and account.code_used == code:
        raise Refusal("code_wrong", "body.code")
    if _holds_office(account, now):
        raise Refusal("erasure_holds_role")
    if account.erasure is not None:
        return None
    erasure = Erasure(
        asked_at=now,
        due_at=now + policy.erasure_wait,
        by_role="city_desk" if code is None else "resident",
    )
    asked = account.with_(
        erasure=erasure, sessions=(), code_used=code if code else account.code_used
    )
    return asked, _sessions_ended(account)


def erase(account: Account, now: datetime) -> Decision[Account] | None:
    """What is due. None before, for who signed in since, and for who is erased already. Who was
    given a role meanwhile is not erased."""
    if account.erasure is None or now < account.erasure.due_at:
        return None
    if _holds_office(account, now):
        return account.with_(erasure=None), []
    volunteer = account.volunteer
    history = volunteer.history if volunteer else ()
    erased = Account(
        id=account.id,
        version=account.version,
        phone="",
        erased_at=now,
        standings=tuple(PastStanding(at=one.at, standing=one.standing) for one in history),
    )
    facts = [*_sessions_ended(account), events.grants_changed(account, erased, account.id, now)]
    if volunteer is not None:
        facts.append(events.standing_ended(account))
    return erased, [*facts, events.erased(erased)]


def keeps_number(erased: Account) -> bool:
    """Whether the keyed hash of their ID number outlives them: a suspended volunteer does not join
    anew as another."""
    return bool(erased.standings) and erased.standings[-1].standing == "suspended"


def _require_known(account: Account) -> None:
    if account.erased_at is not None:
        raise Refusal("not_found")


def _holds_office(account: Account, now: datetime) -> bool:
    return any(grant.source == "hand" for grant in account.grants_at(now))


def _sessions_ended(account: Account) -> list[Event]:
    return [events.session_revoked(account, one.id, "erasure") for one in account.sessions]
