"""One-time codes: valid for a short time and a few guesses; limited for each phone.

Guesses are counted for each address and for all of them, so that a stranger's wrong ones leave the
owner theirs; see docs/decisions/0032 for the odds.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from chassis.domain import Frozen
from jinan.local_time import LOCAL, local_date
from services.registration.policy import RegistrationPolicy

Verdict = Literal["right", "wrong", "address_used_up", "all_used_up"]


class IssuedCode(Frozen):
    """The last code of a phone. Times are real, in UTC."""

    code: str
    """Its id; the digits follow from it and a key."""
    digits: int = 6
    sent_at: datetime
    expires_at: datetime
    guesses: int = 0
    """Compared ones of all addresses; the present one counts too."""
    by: Mapping[str, int] = {}
    """The same of each address, by its keyed hash; one more than may be compared is counted."""
    day: str
    sent_today: int
    guesses_today: int = 0
    mark: str = ""
    """The cause of the request that asked for it: a repeat sends no second one."""
    delivered: bool = True
    """Whether the provider has accepted it. The answer is "sent" only then."""
    account_known: bool = False
    """Whether the phone had an account when the code was asked for: a hint what to try first."""


class NextCode(NamedTuple):
    id: str
    digits: int
    is_new: bool


def next_code(
    last: IssuedCode | None, used: str | None, id: str, now: datetime, policy: RegistrationPolicy
) -> NextCode:
    """What a phone gets that asks for a code: the last one again while it is good, so that nobody
    can make a code worthless by asking for another; else a new one with this id. Longer once many
    were guessed at on that day. `used`: the last code that opened a session."""
    today = last is not None and last.day == day_of(now)
    guessed = last.guesses_today if last is not None and today else 0
    long = guessed >= policy.code_guesses_per_day
    digits = policy.code_long_digits if long else policy.code_digits
    if (
        last is not None
        and last.code != used
        and last.digits == digits
        and now < last.expires_at
        and last.guesses <= policy.code_guesses_of_all
    ):
        return NextCode(last.code, digits, is_new=False)
    return NextCode(id, digits, is_new=True)


def verdict(
    issued: IssuedCode | None, address: str, right: bool, now: datetime, policy: RegistrationPolicy
) -> Verdict:
    """An expired code, and a phone that asked for none, answer like a wrong code, so nothing is
    revealed about a phone. `address`: the keyed hash of the guess's."""
    if issued is None or now >= issued.expires_at:
        return "wrong"
    if issued.by.get(address, 0) > policy.code_max_guesses:
        return "address_used_up"
    if issued.guesses > policy.code_guesses_of_all:
        return "all_used_up"
    return "right" if right else "wrong"


def day_of(now: datetime) -> str:
    """The calendar day in Jinan, as in `2026-03-05`."""
    return local_date(now).isoformat()


def max_today(familiar: bool, policy: RegistrationPolicy) -> int:
    """How many codes a phone gets in a day. Strangers cannot use up those that are kept for
    addresses from which its owner signed in before."""
    return policy.code_max_per_day + (policy.code_reserve_per_day if familiar else 0)


def refusal(
    issued: IssuedCode, most: int, now: datetime, policy: RegistrationPolicy
) -> tuple[Literal["code_too_soon", "code_too_many"], int] | None:
    """Why no code is sent now, and the seconds until one would be; None if one may be sent. `most`:
    in one day."""
    if issued.day == day_of(now) and issued.sent_today >= most:
        local = now.astimezone(LOCAL)
        midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return "code_too_many", max(1, int((midnight - local).total_seconds()))
    wait = issued.sent_at + policy.code_resend_wait - now
    return ("code_too_soon", max(1, int(wait.total_seconds()))) if wait > timedelta(0) else None
