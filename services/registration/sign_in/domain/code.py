"""One-time codes: valid for a short time and a few guesses; limited for each phone."""

from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Literal

from chassis.domain import Frozen
from jinan.local_time import LOCAL, local_date
from services.registration.policy import RegistrationPolicy

Verdict = Literal["right", "wrong", "guesses_used"]


class IssuedCode(Frozen):
    """The last code of a phone. `hash` is keyed; `guesses` counts the present one too. Times are
    real, in UTC."""

    code: str
    hash: str
    sent_at: datetime
    expires_at: datetime
    guesses: int = 0
    day: str
    sent_today: int
    mark: str = ""
    """The cause of the request that asked for it: a repeat sends no second one."""
    delivered: bool = True
    """Whether the provider has accepted it. The answer is "sent" only then."""
    account_known: bool = False
    """Whether the phone had an account when the code was asked for: a hint what to try first."""


def verdict(
    issued: IssuedCode | None, guess_hash: str, now: datetime, policy: RegistrationPolicy
) -> Verdict:
    """An expired code, and a phone that asked for none, answer like a wrong code, so nothing is
    revealed about a phone."""
    if issued is None or now >= issued.expires_at:
        return "wrong"
    if issued.guesses > policy.code_max_guesses:
        return "guesses_used"
    return "right" if compare_digest(issued.hash, guess_hash) else "wrong"


def day_of(now: datetime) -> str:
    """The calendar day in Jinan, as in `2026-03-05`."""
    return local_date(now).isoformat()


def refusal(
    issued: IssuedCode, now: datetime, policy: RegistrationPolicy
) -> tuple[Literal["code_too_soon", "code_too_many"], int] | None:
    """Why no code is sent now, and the seconds until one would be; None if one may be sent."""
    if issued.day == day_of(now) and issued.sent_today >= policy.code_max_per_day:
        local = now.astimezone(LOCAL)
        midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return "code_too_many", max(1, int((midnight - local).total_seconds()))
    wait = issued.sent_at + policy.code_resend_wait - now
    return ("code_too_soon", max(1, int(wait.total_seconds()))) if wait > timedelta(0) else None
