"""Send a one-time code, and check a guess."""

import asyncio
import secrets
from datetime import UTC, datetime

import structlog

from chassis.clock import Clock
from chassis.domain import Cause, Refusal
from services.registration.account.personal import Personal, is_assigned, phone_form
from services.registration.account.store import Accounts
from services.registration.sign_in_code import domain
from services.registration.sign_in_code.domain import IssuedCode
from services.registration.sign_in_code.store import SignInCodes
from services.registration.sms.sender import NotSent, SmsSender

log = structlog.get_logger()
_SEND_WITHIN = 5.0  # seconds


class SignInCodeHandlers:
    def __init__(
        self,
        codes: SignInCodes,
        accounts: Accounts,
        personal: Personal,
        sender: SmsSender,
        clock: Clock,
        also_unassigned: bool,
    ) -> None:
        self._codes, self._accounts, self._personal = codes, accounts, personal
        self._sender, self._clock, self._also_unassigned = sender, clock, also_unassigned

    def now(self) -> datetime:
        """Real time, by the store's clock: codes are in people's hands."""
        return datetime.fromtimestamp(self._clock.real(), UTC)

    async def send(self, phone_text: str, cause: Cause) -> int:
        """Gives the seconds that the code is good for."""
        phone = phone_form(phone_text)
        if phone is None or not is_assigned(phone, self._also_unassigned):
            raise Refusal("phone_invalid", "body.phone")
        key, code_id = self._personal.phone_key(phone), secrets.token_hex(8)
        code = f"{secrets.randbelow(1_000_000):06d}"
        known, now = await self._accounts.exists(self._personal.account_id(phone)), self.now()
        last = await self._codes.issue(
            key, code_id, self._personal.code_hash(code_id, code), cause.mark, known, now
        )
        if last is None:
            await self._deliver(phone, key, code_id, code)
            await self._codes.sent(key, code_id)
        elif last.mark != cause.mark:
            reason, seconds = domain.refusal(last, now) or ("code_too_soon", 1)
            raise Refusal(reason, retry_after=seconds, seconds=seconds)
        elif not last.delivered:
            raise Refusal("message_not_sent", retry_after=2)
        return int(domain.LIFE.total_seconds())

    async def _deliver(self, phone: str, key: str, code_id: str, code: str) -> None:
        try:
            async with asyncio.timeout(_SEND_WITHIN):
                await self._sender.send_code(phone, code)
        except (NotSent, TimeoutError) as error:
            log.warning("code not sent", reason=getattr(error, "reason", "timeout"))
            await self._codes.not_sent(key, code_id)
            if isinstance(error, NotSent) and error.phone_refused:
                raise Refusal("phone_invalid", "body.phone") from None
            raise Refusal("message_not_sent", retry_after=10) from None

    async def check(self, phone: str, guess: str) -> IssuedCode:
        """The code that the guess is right for. Raises a 422 problem, or 429 once its tries are
        used up."""
        issued = await self._codes.tried(self._personal.phone_key(phone))
        hashed = self._personal.code_hash(issued.code if issued else "", guess)
        found = domain.verdict(issued, hashed, self.now())
        if found == "tries_used":
            raise Refusal("code_tries_used", "body.code")
        if found == "wrong" or issued is None:
            raise Refusal("code_wrong", "body.code")
        return issued
