"""Changes the phone that an account signs in with. The old number is told first: its owner hears of
each change."""

from chassis.domain import Cause, Refusal
from chassis.errors import DuplicateKey
from chassis.identity.guards import Principal
from services.registration.account.domain import Account
from services.registration.account.personal import PersonalData
from services.registration.account.store import Accounts
from services.registration.phone_change import domain
from services.registration.sign_in.handlers import CodeHandlers, phone_of


class PhoneChangeHandlers:
    def __init__(self, accounts: Accounts, codes: CodeHandlers, personal: PersonalData) -> None:
        self._accounts, self._codes, self._personal = accounts, codes, personal

    async def change(
        self, who: Principal, phone_text: str, guess: str, address: str, cause: Cause
    ) -> Account:
        """Confirmed by a code that was sent to the new phone and has opened no session. Of two
        accounts that want one phone the unique index lets one have it."""
        phone = phone_of(phone_text, "body.phone")
        account = await self._accounts.require(who.subject)
        before = self._personal.phone_of(account)
        if phone == before:
            return account
        key = self._personal.phone_key(phone)
        code = (await self._codes.check(key, guess, address)).code
        encrypted = self._personal.encrypt(phone, "phone", account.id)
        domain.change(account, encrypted, code, who.session)
        holder = await self._codes.account_of(key)
        if holder not in (None, account.id):
            raise Refusal("phone_taken", "body.phone")
        await self._codes.tell_changed(before)
        await self._codes.expire(before)
        try:
            await self._accounts.move(account.id, key)
        except DuplicateKey:
            raise Refusal("phone_taken", "body.phone") from None
        return await self._accounts.change(
            account.id, lambda a: domain.change(a, encrypted, code, who.session), cause
        )
