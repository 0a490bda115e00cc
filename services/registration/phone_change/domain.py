"""An account gets another phone: whoever has the code sent to it has it."""

from chassis.domain import Decision, Refusal
from services.registration.account import events
from services.registration.account.domain import Account


def change(account: Account, phone: str, code: str, session: str) -> Decision[Account]:
    """`phone` is encrypted. All other sessions end: whoever holds the old phone signs in no more.

    Raises Refusal if the code was used before, or the account is erased or about to be.
    """
    if account.code_used == code:
        raise Refusal("code_wrong", "body.code")
    if account.erased_at is not None or account.erasure is not None:
        raise Refusal("not_found")
    kept = tuple(one for one in account.sessions if one.id == session)
    ended = [one for one in account.sessions if one.id != session]
    changed = account.with_(phone=phone, code_used=code, sessions=kept)
    return changed, [events.session_revoked(account, one.id, "phone_changed") for one in ended]
