"""How often one address, or everybody together, may ask for codes and guess at them.

A file of its own because `handlers.py` would exceed 300 lines with it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from chassis.domain import Refusal, Window
from chassis.limits.quota import Quota, duration
from chassis.mongo.store import Store
from services.registration.account.personal import PersonalData
from services.registration.policy import POLICIES, RegistrationPolicy
from services.registration.sign_in.store import FamiliarAddresses

log = structlog.get_logger()
_EVERYBODY = "everybody"


class SignInLimits:
    """`unlimited`: addresses that are not counted; guesses at one code are, from all. `free_texts`:
    no message is really sent, so none is counted.

    An address is familiar to a phone from which its owner signed in before: what strangers have
    used up, is not used up for it.
    """

    def __init__(
        self,
        store: Store,
        personal: PersonalData,
        secret: str,
        unlimited: Callable[[str], bool],
        *,
        free_texts: bool,
    ) -> None:
        def quota(
            name: str,
            windows: Callable[[RegistrationPolicy], Sequence[Window]],
            exempt: Callable[[str], bool],
        ) -> Quota:
            return Quota(store, name, lambda now: windows(POLICIES.at(now)), secret, exempt)

        def of_unlimited(key: str) -> bool:
            return unlimited(key.partition(" ")[0])

        def free(_: str) -> bool:
            return free_texts

        self._personal, self._clock, self._unlimited = personal, store.clock, unlimited
        self._familiar = FamiliarAddresses(store)
        self._codes = quota("codes", lambda p: p.codes_per_address, unlimited)
        self._pairs = quota("codes-of-phone", lambda p: p.codes_per_phone_and_address, of_unlimited)
        self._sign_ins = quota("sign-ins", lambda p: p.sign_ins_per_address, unlimited)
        self._own_guesses = quota("own-guesses", _one_code_s_guesses, lambda _: False)
        self._strangers = quota("texts-strangers", lambda p: p.texts_to_strangers, free)
        self._accounts = quota("texts-accounts", lambda p: p.texts_to_accounts, free)

    async def count_code_request(self, phone_key: str, address: str) -> bool:
        """Whether the address is familiar. Raises Refusal where it asked too often."""
        await self._codes.take(address)
        familiar = await self.is_familiar(phone_key, address)
        if not familiar:
            await self._pairs.take(f"{address} {phone_key}")
        return familiar

    async def count_sign_in(self, address: str) -> None:
        """Raises Refusal where the address tried too often, for whichever phones."""
        await self._sign_ins.take(address)

    async def count_text(self, known: bool) -> None:
        """`known`: to a phone with an account. Raises Refusal where the budget is used up."""
        quota, to = (self._accounts, "accounts") if known else (self._strangers, "strangers")
        if wait := await quota.wait(_EVERYBODY):
            log.warning("budget of text messages used up", to=to, seconds=wait)
            raise Refusal("texts_used_up", retry_after=wait, wait=duration(wait))

    async def has_own_guess(self, phone_key: str, address: str, code: str) -> bool:
        """Whether the address may guess at a code whose guesses strangers have used up; counted."""
        if not await self.is_familiar(phone_key, address):
            return False
        return await self._own_guesses.wait(f"{address} {code}") == 0

    async def is_familiar(self, phone_key: str, address: str) -> bool:
        return await self._familiar.has(self._personal.address_key(phone_key, address))

    async def remember(self, phone_key: str, address: str) -> None:
        """The owner has signed in from here."""
        if not self._unlimited(address):
            now = datetime.fromtimestamp(self._clock.real(), UTC)
            await self._familiar.add(self._personal.address_key(phone_key, address), now)


def _one_code_s_guesses(policy: RegistrationPolicy) -> Sequence[Window]:
    return (Window(policy.code_max_guesses, policy.code_lifetime_s),)
