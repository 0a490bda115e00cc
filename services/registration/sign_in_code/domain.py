"""One-time codes: six digits, good for ten minutes and five tries; one a minute and ten a day for a
phone."""

from datetime import datetime, timedelta, timezone
from hmac import compare_digest
from typing import Literal

from pydantic import BaseModel, ConfigDict

LIFE = timedelta(minutes=10)
PAUSE = timedelta(seconds=60)
DELIVERY = timedelta(seconds=8)
"""After so long a code that is not known to have left did not: a repeat of its request sends
another one."""
TRIES = 5
PER_DAY = 10
_JINAN = timezone(timedelta(hours=8))
Verdict = Literal["right", "wrong", "tries_used"]


class IssuedCode(BaseModel):
    """The last code of a phone. `hash` is keyed; `tries` counts the one at hand already. Real time,
    UTC."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    hash: str
    sent_at: datetime
    expires_at: datetime
    tries: int = 0
    day: str
    sent_today: int
    mark: str = ""
    """The request that asked for it: a repeat sends no second one."""
    delivered: bool = True
    """Whether it is known to have left. Nobody is told "sent" before."""
    account_known: bool = False
    """Whether the phone had an account when the code was asked for: a hint at what to try first."""


def verdict(issued: IssuedCode | None, guess_hash: str, now: datetime) -> Verdict:
    """A lapsed code, and a phone that asked for none, are answered like a wrong code: nothing is
    told about a phone."""
    if issued is None or now >= issued.expires_at:
        return "wrong"
    if issued.tries > TRIES:
        return "tries_used"
    return "right" if compare_digest(issued.hash, guess_hash) else "wrong"


def day_of(now: datetime) -> str:
    """The day in Jinan that counts."""
    return now.astimezone(_JINAN).date().isoformat()


def refusal(
    issued: IssuedCode, now: datetime
) -> tuple[Literal["code_too_soon", "code_too_many"], int] | None:
    """Why no code is sent now, and after how many seconds one would be; nothing if one may be
    sent."""
    if issued.day == day_of(now) and issued.sent_today >= PER_DAY:
        local = now.astimezone(_JINAN)
        midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return "code_too_many", max(1, int((midnight - local).total_seconds()))
    wait = issued.sent_at + PAUSE - now
    return ("code_too_soon", max(1, int(wait.total_seconds()))) if wait > timedelta(0) else None
