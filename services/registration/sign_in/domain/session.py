"""Sessions: a code opens one, each refresh token is valid once, and a used one that comes back ends
its session, unless it comes at once: two tabs of a browser do that."""

from datetime import datetime

from chassis.domain import Decision, Refusal
from services.registration.account import events
from services.registration.account.domain import Account, Session, new_account
from services.registration.policy import RegistrationPolicy


def new_session(id: str, salt: str, now: datetime, policy: RegistrationPolicy) -> Session:
    expires_at = now + policy.session_lifetime
    return Session(id=id, salt=salt, opened_at=now, refreshed_at=now, expires_at=expires_at)


def sign_up(id: str, phone: str, phone_key: str, session: Session, code: str) -> Decision[Account]:
    """A new account with its first session. `phone` is encrypted."""
    account = new_account(id, phone, phone_key).with_(sessions=(session,), code_used=code)
    return account, [events.account_opened(account)]


def sign_in(
    account: Account, session: Session, code: str, now: datetime, policy: RegistrationPolicy
) -> Decision[Account]:
    """One more session; beyond the limit, the one refreshed longest ago ends. Who signs in does not
    want to be erased any more.

    Raises Refusal if the code opened a session before, and for an account that is erased.
    """
    if account.code_used == code or account.erased_at is not None:
        raise Refusal("code_wrong", "body.code")
    live = sorted((s for s in account.sessions if now < s.expires_at), key=lambda s: s.refreshed_at)
    surplus = max(0, len(live) + 1 - policy.max_sessions)
    sessions = (*live[surplus:], session)
    changed = account.with_(sessions=sessions, code_used=code, erasure=None)
    return changed, [events.session_revoked(account, s.id, "replaced") for s in live[:surplus]]


def refresh(
    account: Account, session_id: str, turn: int, now: datetime, policy: RegistrationPolicy
) -> Decision[Account] | None:
    """The next turn. None where the token before the present one comes within seconds of being
    used: who sent it gets the present pair. Later, or for a token of a turn before, it was stolen,
    or its successor was: the session ends.

    Raises Refusal if the session has ended.
    """
    session = account.session(session_id)
    if session is None or now >= session.expires_at or turn > session.turn:
        raise Refusal("session_ended")
    if turn == session.turn - 1 and is_fresh(session, now, policy):
        return None
    if turn < session.turn:
        return end(account, session_id, "token_reused") or (account, [])
    following = session.with_(
        turn=session.turn + 1, refreshed_at=now, expires_at=now + policy.session_lifetime
    )
    sessions = tuple(following if s.id == session_id else s for s in account.sessions)
    return account.with_(sessions=sessions), []


def is_fresh(session: Session, now: datetime, policy: RegistrationPolicy) -> bool:
    """Whether the present tokens were given seconds ago."""
    return now < session.refreshed_at + policy.refresh_grace


def end(account: Account, session_id: str, reason: str) -> Decision[Account] | None:
    """None if it has ended already."""
    if account.session(session_id) is None:
        return None
    left = tuple(session for session in account.sessions if session.id != session_id)
    revoked = events.session_revoked(account, session_id, reason)
    return account.with_(sessions=left), [revoked]
