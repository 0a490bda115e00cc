"""Sign in, go on, sign out. Whoever signs in for the first time has an account by that: one write
does it all."""

import secrets
from collections.abc import Sequence

from chassis.domain import Cause, Refusal, derived_id
from chassis.errors import AlreadyExists
from chassis.identity.guards import Principal
from contracts.envelope import Event
from services.registration.account.domain import Account, Session
from services.registration.account.personal import Personal, phone_form
from services.registration.account.store import Accounts
from services.registration.session import domain
from services.registration.session.tokens import RefreshToken, Tokens
from services.registration.sign_in_code.handlers import SignInCodeHandlers


class SessionHandlers:
    def __init__(
        self, accounts: Accounts, codes: SignInCodeHandlers, personal: Personal, tokens: Tokens
    ) -> None:
        self._accounts, self._codes, self._personal, self._tokens = (
            accounts,
            codes,
            personal,
            tokens,
        )

    async def open(self, phone_text: str, guess: str, cause: Cause) -> tuple[Account, Session, str]:
        """(account, session, phone). A repeat of `cause` gives the same session; the code opens no
        other."""
        phone = phone_form(phone_text)
        if phone is None:
            raise Refusal("phone_invalid", "body.phone")
        issued = await self._codes.check(phone, guess)
        session = domain.new_session(
            derived_id("ses", issued.code), secrets.token_hex(16), self._codes.now()
        )
        account = None
        if not issued.account_known:
            account = await self._sign_up(phone, session, issued.code, cause)
        if account is None:
            account = await self._sign_in(
                self._personal.account_id(phone), session, issued.code, cause
            )
        opened = account.session(session.id)
        if opened is None:  # a repeat, and the session has ended since
            raise Refusal("code_wrong", "body.code")
        return account, opened, phone

    async def _sign_up(
        self, phone: str, session: Session, code: str, cause: Cause
    ) -> Account | None:
        """None if the phone has an account by now."""
        id = self._personal.account_id(phone)
        account, events = domain.sign_up(id, self._personal.seal(phone, "phone", id), session, code)
        try:
            return await self._accounts.add(account, events, cause)
        except AlreadyExists:
            return None

    async def _sign_in(self, id: str, session: Session, code: str, cause: Cause) -> Account:
        now = self._codes.now()
        return await self._accounts.change(
            id, lambda account: domain.sign_in(account, session, code, now), cause
        )

    async def refresh(self, text: str, cause: Cause) -> tuple[Account, Session]:
        """The session with its next turn. A repeat of `cause` gives that turn again, as long as it
        was not used."""
        token = self._tokens.read(text)
        if token is None or not await self._accounts.exists(token.account):
            raise Refusal("session_ended")
        now = self._codes.now()

        def decide(account: Account) -> tuple[Account, Sequence[Event]]:
            self._check(token, account)
            try:
                return domain.refresh(account, token.session, token.turn, now)
            except Refusal as refusal:
                raise Refusal(refusal.code) from None

        account = await self._accounts.change(token.account, decide, cause)
        session = account.session(token.session)
        if session is None:
            raise Refusal("session_ended")
        if (
            session.turn != token.turn + 1
        ):  # a repeat of a cause, but others went on since: a used token after all
            await self._accounts.change(
                account.id,
                lambda a: domain.end(a, session.id, "token_reused"),
                Cause(secrets.token_hex(16)),
            )
            raise Refusal("session_ended")
        self._check(token, account)
        return account, session

    def _check(self, token: RefreshToken, account: Account) -> None:
        session = account.session(token.session)
        if session is None or not self._tokens.is_ours(token, session):
            raise Refusal("session_ended")

    async def mine(self, who: Principal) -> tuple[Session, ...]:
        return (await self._accounts.require(who.subject)).sessions

    async def end(self, who: Principal, session: str, cause: Cause) -> None:
        """One of one's own; nothing where it has ended already."""
        await self._accounts.change(
            who.subject, lambda a: domain.end(a, session, "signed_out"), cause
        )
