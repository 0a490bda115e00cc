"""Sessions: one code opens one, each refresh token is good once, and a used one that comes back
ends its session."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chassis.domain import Refusal
from contracts.envelope import Event
from services.registration.account import events
from services.registration.account.domain import Account, Session, resident

LIFE = timedelta(days=30)
"""A session ends when it was not refreshed for so long."""
MOST = 10
"""Sessions of one account at a time; one more ends the one that was refreshed longest ago."""
Decision = tuple[Account, Sequence[Event]]


def new_session(id: str, salt: str, now: datetime) -> Session:
    return Session(id=id, salt=salt, opened_at=now, refreshed_at=now, expires_at=now + LIFE)


def sign_up(id: str, phone: str, session: Session, code: str) -> Decision:
    """A new account with its first session. `phone` is sealed."""
    account = Account(id=id, phone=phone, grants=(resident(),), sessions=(session,), code_used=code)
    return account, [events.opened(account)]


def sign_in(account: Account, session: Session, code: str, now: datetime) -> Decision:
    """One more session. Refused if the code opened one before."""
    if account.code_used == code:
        raise Refusal("code_wrong", "body.code")
    live = sorted((s for s in account.sessions if now < s.expires_at), key=lambda s: s.refreshed_at)
    ended, kept = live[: max(0, len(live) + 1 - MOST)], live[max(0, len(live) + 1 - MOST) :]
    changed = account.model_copy(update={"sessions": (*kept, session), "code_used": code})
    return changed, [events.session_revoked(account, s.id, "replaced") for s in ended]


def refresh(account: Account, session_id: str, turn: int, now: datetime) -> Decision:
    """The next turn; where the token of an earlier turn comes back, somebody else has it: the
    session ends.

    Refused where the session has ended.
    """
    session = account.session(session_id)
    if session is None or now >= session.expires_at or turn > session.turn:
        raise Refusal("session_ended")
    if turn < session.turn:
        return end(account, session_id, "token_reused") or (account, [])
    following = session.model_copy(
        update={"turn": session.turn + 1, "refreshed_at": now, "expires_at": now + LIFE}
    )
    sessions = tuple(following if s.id == session_id else s for s in account.sessions)
    return account.model_copy(update={"sessions": sessions}), []


def end(account: Account, session_id: str, reason: str) -> Decision | None:
    """Nothing where it has ended already."""
    if account.session(session_id) is None:
        return None
    left = tuple(session for session in account.sessions if session.id != session_id)
    return account.model_copy(update={"sessions": left}), [
        events.session_revoked(account, session_id, reason)
    ]
