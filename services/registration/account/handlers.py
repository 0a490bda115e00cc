"""One's own account, and how refusals of the domain become answers."""

from collections.abc import Callable, Sequence

from chassis.edge.auth import Principal
from chassis.idempotency import Cause
from chassis.problem import Problem, not_found
from contracts.event import Event
from services.registration.account import domain
from services.registration.account.domain import Account, Refusal
from services.registration.account.personal import Personal
from services.registration.account.store import Accounts, Look, Looks

Decision = tuple[Account, Sequence[Event]]


def problem_of(refusal: Refusal) -> Problem:
    """422 where a field was wrong, else 409: not in this state."""
    if refusal.code == "not_found":
        return not_found()
    if refusal.field is None:
        return Problem(409, refusal.code, state=refusal.state)
    return refused_by_field(422, refusal.code, refusal.field)


def refused_by_field(status: int, code: str, field: str) -> Problem:
    return Problem(status, code, fields={field: f"problem.{code}"})


def deciding(decide: Callable[[Account], Decision | None]) -> Callable[[Account], Decision | None]:
    """The decision as the store takes it: its refusals are problems."""

    def decided(account: Account) -> Decision | None:
        try:
            return decide(account)
        except Refusal as refusal:
            raise problem_of(refusal) from None

    return decided


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
            deciding(lambda account: (domain.described(account, sealed, birth_year), [])),
            cause,
        )

    async def looks_at_me(self, who: Principal) -> list[Look]:
        return await self._looks.at(who.subject)
