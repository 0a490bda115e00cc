"""One's own account, and how refusals of the domain become answers."""

from chassis.domain import Cause
from chassis.identity.guards import Principal
from services.registration.account import domain
from services.registration.account.domain import Account
from services.registration.account.personal import Personal
from services.registration.account.store import Accounts, Look, Looks


class AccountHandlers:
    def __init__(self, accounts: Accounts, looks: Looks, personal: Personal) -> None:
        self._accounts, self._looks, self._personal = accounts, looks, personal

    async def mine(self, who: Principal) -> Account:
        return await self._accounts.require(who.subject)

    async def describe(
        self, who: Principal, name: str | None, birth_year: int | None, cause: Cause
    ) -> Account:
        sealed = None if name is None else self._personal.seal(name, "name", who.subject)
        return await self._accounts.change(
            who.subject,
            lambda account: (domain.described(account, sealed, birth_year), []),
            cause,
        )

    async def looks_at_me(self, who: Principal) -> list[Look]:
        return await self._looks.at(who.subject)
