"""Send one-time codes, and open, refresh and end sessions. The first sign-in opens the account: one
write does it all."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest

import structlog

from chassis.clock import Clock
from chassis.domain import Cause, Decision, Refusal, derived_id
from chassis.errors import AlreadyExists, DuplicateKey
from chassis.identity.guards import Principal
from services.registration.account.domain import Account, Session
from services.registration.account.personal import PersonalData, is_assigned, normalize_phone
from services.registration.account.store import Accounts
from services.registration.policy import POLICIES
from services.registration.sign_in.domain import code as codes
from services.registration.sign_in.domain import session as sessions
from services.registration.sign_in.domain.code import IssuedCode, NextCode
from services.registration.sign_in.limits import SignInLimits
from services.registration.sign_in.sms.sender import NotSent, SmsSender
from services.registration.sign_in.store import LocalMessage, LocalMessages, SignInCodes
from services.registration.sign_in.tokens import RefreshToken, Tokens

log = structlog.get_logger()
_SEND_TIMEOUT_S = 5.0
_MAX_MESSAGES = 10


def real_time(clock: Clock) -> datetime:
    """Codes and sessions are in people's hands: they expire by real time, never by a fast-forwarded
    clock."""
    return datetime.fromtimestamp(clock.real(), UTC)


def phone_of(text: str, field: str) -> str:
    """Raises Refusal where `field` holds no Chinese mobile number."""
    phone = normalize_phone(text)
    if phone is None:
        raise Refusal("phone_invalid", field)
    return phone


class CodeHandlers:
    """`allow_unassigned`: also send to unassigned numbers."""

    def __init__(
        self,
        codes: SignInCodes,
        accounts: Accounts,
        personal: PersonalData,
        sender: SmsSender,
        limits: SignInLimits,
        clock: Clock,
        allow_unassigned: bool,
    ) -> None:
        self._codes, self._accounts, self._personal = codes, accounts, personal
        self._limits = limits
        self._sender, self._clock, self._allow_unassigned = sender, clock, allow_unassigned

    async def send(self, phone_text: str, cause: Cause, address: str) -> int:
        """The code's lifetime in seconds."""
        phone = phone_of(phone_text, "body.phone")
        if not is_assigned(phone, self._allow_unassigned):
            raise Refusal("phone_invalid", "body.phone")
        key, now = self._personal.phone_key(phone), real_time(self._clock)
        policy = POLICIES.at(now)
        familiar = await self._limits.count_code_request(key, address)
        id = await self.account_of(key)
        account = None if id is None else await self._accounts.get(id)
        before, used = await self._codes.last(key), account and account.code_used
        code = codes.next_code(before, used, secrets.token_hex(8), now, policy)
        most = codes.max_today(familiar, policy)
        last = await self._codes.issue(key, code, cause.mark, account is not None, most, now)
        if last is None:
            await self._deliver(phone, key, code, known=account is not None)
            await self._codes.mark_delivered(key, code.id)
        elif last.mark != cause.mark:
            reason, seconds = codes.refusal(last, most, now, policy) or ("code_too_soon", 1)
            raise Refusal(reason, retry_after=seconds, seconds=seconds)
        elif not last.delivered:
            raise Refusal("message_not_sent", retry_after=2)
        return policy.code_lifetime_s

    async def _deliver(self, phone: str, key: str, code: NextCode, *, known: bool) -> None:
        try:
            await self._limits.count_text(known)
        except Refusal:
            await self._codes.mark_failed(key, code.id, tried=False)
            raise
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                digits = self._personal.sign_in_code(code.id, code.digits)
                await self._sender.send_code(phone, digits)
        except (NotSent, TimeoutError) as error:
            log.warning("code not sent", reason=getattr(error, "reason", "timeout"))
            await self._codes.mark_failed(key, code.id, tried=True)
            if isinstance(error, NotSent) and error.phone_refused:
                raise Refusal("phone_invalid", "body.phone") from None
            raise Refusal("message_not_sent", retry_after=10) from None

    async def expire(self, phone: str) -> None:
        """The phone's last code opened a session of an account that has another phone now: whoever
        asks for a code from now on gets another."""
        await self._codes.expire(self._personal.phone_key(phone))

    async def tell_changed(self, phone: str) -> None:
        """Tell a phone that its account is about to get another. A number that takes no messages
        any more is no reason to refuse. Raises Refusal where nothing can be sent now."""
        await self._limits.count_text(known=True)
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._sender.send_phone_changed(phone)
        except (NotSent, TimeoutError) as error:
            log.warning("notice not sent", reason=getattr(error, "reason", "timeout"))
            if not (isinstance(error, NotSent) and error.phone_refused):
                raise Refusal("message_not_sent", retry_after=10) from None

    async def account_of(self, phone_key: str) -> str | None:
        first = self._personal.first_account_of(phone_key)
        return await self._accounts.of_phone(phone_key, first)

    async def check(self, phone_key: str, guess: str, address: str) -> IssuedCode:
        """The code that was guessed. Raises Refusal for a wrong guess, and once the guesses are
        used up. What no code can be is refused and costs no guess."""
        now = real_time(self._clock)
        policy = POLICIES.at(now)
        if len(guess) not in (policy.code_digits, policy.code_long_digits):
            raise Refusal("code_form", "body.code", digits=policy.code_digits)
        await self._limits.count_sign_in(address)
        own = self._personal.address_key(phone_key, address)
        issued = await self._codes.count_guess(phone_key, own)
        right = issued is not None and compare_digest(
            guess, self._personal.sign_in_code(issued.code, issued.digits)
        )
        verdict = codes.verdict(issued, own, right, now, policy)
        if verdict == "all_used_up" and issued is not None:
            allowed = await self._limits.has_own_guess(phone_key, address, issued.code)
            verdict = "address_used_up" if not allowed else "right" if right else "wrong"
        if verdict == "address_used_up":
            raise Refusal("code_tries_used", "body.code")
        if verdict != "right" or issued is None:
            raise Refusal("code_wrong", "body.code")
        return issued


@dataclass(frozen=True)
class SignedIn:
    """A session with the tokens of its present turn. `phone`: where it was given by the request."""

    account: Account
    session: Session
    access_token: str
    expires_in_s: int
    refresh_token: str
    phone: str | None = None


class SessionHandlers:
    def __init__(
        self,
        accounts: Accounts,
        codes: CodeHandlers,
        limits: SignInLimits,
        personal: PersonalData,
        tokens: Tokens,
        clock: Clock,
    ) -> None:
        self._accounts, self._codes, self._personal = accounts, codes, personal
        self._tokens, self._clock, self._limits = tokens, clock, limits

    async def open(self, phone_text: str, guess: str, cause: Cause, address: str) -> SignedIn:
        """A repeat of `cause` gives the same session; the code opens no other."""
        phone = phone_of(phone_text, "body.phone")
        key = self._personal.phone_key(phone)
        issued = await self._codes.check(key, guess, address)
        now = real_time(self._clock)
        policy = POLICIES.at(now)
        session = sessions.new_session(
            derived_id("ses", issued.code), secrets.token_hex(16), now, policy
        )
        known = await self._codes.account_of(key) if issued.account_known else None
        account = None
        if known is None:
            # From the code's id, not the phone: whoever signs up again is somebody new.
            id = derived_id("acc", issued.code)
            encrypted = self._personal.encrypt(phone, "phone", id)
            new = sessions.sign_up(id, encrypted, key, session, issued.code)
            account = await self._add(new, cause)
        if account is None:
            known = known or await self._codes.account_of(key)
            if known is None:
                raise Refusal("code_wrong", "body.code")
            account = await self._accounts.change(
                known,
                lambda a: sessions.sign_in(a, session, issued.code, now, policy),
                cause,
            )
        opened = account.session(session.id)
        if opened is None:  # a repeat, and the session has ended since
            raise Refusal("code_wrong", "body.code")
        await self._limits.remember(key, address)
        return self._signed_in(account, opened, phone)

    async def _add(self, new: Decision[Account], cause: Cause) -> Account | None:
        """None if the phone has an account by now."""
        try:
            return await self._accounts.add(*new, cause)
        except (AlreadyExists, DuplicateKey):
            return None

    async def refresh(self, text: str, cause: Cause) -> SignedIn:
        """The session with its next turn. A repeat of `cause`, and the same token within seconds,
        give that turn again, until it is used."""
        token = self._tokens.parse(text)
        if token is None or not await self._accounts.exists(token.account):
            raise Refusal("session_ended")
        now = real_time(self._clock)

        def decide(account: Account) -> Decision[Account] | None:
            self._require_genuine(token, account)
            return sessions.refresh(account, token.session, token.turn, now, POLICIES.at(now))

        account = await self._accounts.change(token.account, decide, cause)
        session = account.session(token.session)
        if session is None:
            raise Refusal("session_ended")
        if session.turn != token.turn + 1:
            # A repeat, but its token was used since: a used token came back after all.
            await self._end(account.id, session.id, "token_reused", Cause(secrets.token_hex(16)))
            raise Refusal("session_ended")
        self._require_genuine(token, account)
        return self._signed_in(account, session)

    def _require_genuine(self, token: RefreshToken, account: Account) -> None:
        session = account.session(token.session)
        if session is None or not self._tokens.is_genuine(token, session):
            raise Refusal("session_ended")

    def _signed_in(self, account: Account, session: Session, phone: str | None = None) -> SignedIn:
        access, lifetime = self._tokens.access(account, session)
        refresh = self._tokens.refresh(account, session)
        return SignedIn(account, session, access, lifetime, refresh, phone)

    async def own(self, who: Principal) -> tuple[Session, ...]:
        return (await self._accounts.require(who.subject)).sessions

    async def end(self, who: Principal, session: str, cause: Cause) -> None:
        """One of one's own; nothing happens if it has ended already."""
        await self._end(who.subject, session, "signed_out", cause)

    async def _end(self, account: str, session: str, reason: str, cause: Cause) -> None:
        await self._accounts.change(account, lambda a: sessions.end(a, session, reason), cause)


class LocalMessageHandlers:
    """`messages` is None where messages are really sent. Without a `key` none can be read."""

    def __init__(self, messages: LocalMessages | None, personal: PersonalData, key: str) -> None:
        self._messages, self._personal, self._key = messages, personal, key

    async def latest(self, phone_text: str, key: str) -> list[LocalMessage]:
        """The latest first."""
        if self._messages is None:
            raise Refusal("not_found")
        if not self._key or not compare_digest(self._key.encode(), key.encode()):
            raise Refusal("not_allowed", fields={"header.X-Dev-Key": "problem.not_allowed"})
        phone = phone_of(phone_text, "query.phone")
        return await self._messages.latest(self._personal.phone_key(phone), _MAX_MESSAGES)
